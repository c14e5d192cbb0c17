"""What is asked of the measuring side, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.measurement import Measurement
from pytest_inferenergy.options import Settings

if TYPE_CHECKING:
    from pytest_inferenergy.deciding.sequential import Turns
    from pytest_inferenergy.marker_values import Budget
    from pytest_inferenergy.measuring.workload import Workload


@dataclass(frozen=True)
class Request:
    """What to measure, for which test, under which settings."""

    nodeid: str
    name: str | None
    workload: Workload
    settings: Settings
    budget: Budget | None = None


@dataclass(frozen=True)
class TurnsRequest:
    """Two workloads to compare by turns, and the sequential test that says when it is enough."""

    name: str | None
    candidate: Workload
    reference: Workload
    turns: Turns
    settings: Settings
    seed: int


@dataclass
class Measured:
    """What came of a request: the first call's result, the figures, and plain data for reports."""

    first_result: Any
    measurement: Measurement
    outcome: dict[str, Any]
