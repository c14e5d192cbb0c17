"""What is stored of the tests on one machine profile: plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.deciding.run import Run

MOST_RUNS: Final = 20
"""How many runs of one measurement are kept."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The level a list of runs began with, kept across accepted steps so slow creep is seen."""

    log_joules: float
    """ln(joules per inference) of the first run ever stored."""
    time: float
    """When that run ended, Unix seconds."""


@dataclass(frozen=True, slots=True)
class History:
    """The stored runs of one measurement, at least one, oldest first."""

    anchor: Anchor
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Baselines:
    """Everything stored for one machine profile."""

    profile: MachineProfile
    tests: Mapping[str, Mapping[str, History]] = field(default_factory=dict)
    """By node id, then by the measurement's name (``""`` for the unnamed one)."""

    def history(self, nodeid: str, name: str = "") -> History | None:
        """What is stored of one measurement; ``None``: nothing yet."""
        return self.tests.get(nodeid, {}).get(name)


def newest(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The newest `MOST_RUNS` runs, oldest first, equal ones once.

    A merge that kept both sides, or an accept typed twice, can hold a run twice.
    """
    kept: list[Run] = []
    for run in sorted(runs, key=lambda run: run.time, reverse=True):
        if len(kept) < MOST_RUNS and run not in kept:
            kept.append(run)
    return tuple(reversed(kept))
