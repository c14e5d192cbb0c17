"""Consecutive calls as they were made: a window whose energy is still to come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_inferenergy.meters.meter_set import Span


@dataclass
class CallSpan:
    """What consecutive calls left: when they ran, and what they answered."""

    spans: list[Span] = field(default_factory=list)
    calls: int = 0
    tokens: float | None = None
    first_result: Any = None

    @property
    def seconds(self) -> float:
        """Time inside the spans, seconds."""
        return sum(closing.time - opening.time for opening, closing in self.spans)
