"""What the two markers say, once read: loaded where a test has one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EnergyMarker:
    """What ``@pytest.mark.energy`` says; percentages as written, ``None`` where it is silent."""

    inferences: int = 1
    name: str | None = None
    tolerance: float | None = None
    must_detect: float | None = None
    max_seconds: float | None = None
    gate: str | None = None
    task: str | None = None
    """One of the ten tasks of the study, for the report."""
    pace: str | None = None
    """``ignore``: gate host-bound work by its energy at the baseline's pace alone."""
    counted: bool = False
    """Whether ``inferences`` was written down, and not the default."""


@dataclass(frozen=True)
class Budget:
    """An absolute limit for a test."""

    joules_per_inference: float
    text: str
    """As the author wrote it, e.g. ``2.3 Wh per 1000``."""
