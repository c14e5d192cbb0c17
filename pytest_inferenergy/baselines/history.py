"""What is stored of the tests on one machine profile: plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pytest_inferenergy.baselines.layout import run_lines
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import from_line
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.stats.runs import Run

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
class StoredRuns:
    """The runs of one measurement as the text that a file holds of them."""

    text: str
    where: str
    """File, test and measurement, for messages."""
    advice: str
    """What to do about a line that is no run."""

    def read(self) -> tuple[Run, ...]:
        """The runs in the order of the file; `BaselineError` says what is wrong with which."""
        try:
            return tuple(
                from_line(line, f"{self.where}, run {n}")
                for n, line in enumerate(run_lines(self.text), 1)
            )
        except BaselineError as error:
            raise BaselineError(f"{error}. {self.advice}") from None


@dataclass(frozen=True, eq=False)
class History:
    """The stored runs of one measurement, at least one."""

    anchor: Anchor
    fresh: tuple[Run, ...]
    """Runs that no file holds yet."""
    stored: StoredRuns | None = None
    """Those of the file, which are not read before somebody asks for `runs`."""

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs that count, oldest first; `BaselineError` for a line that is no run."""
        return newest((*(self.stored.read() if self.stored else ()), *self.fresh))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return (self.anchor, self.runs) == (other.anchor, other.runs)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a new measurement finds stored: its history, or why that cannot be read."""

    history: History | None = None
    runs: tuple[Run, ...] = ()
    problem: str | None = None

    @classmethod
    def by(cls, look: Callable[[], History | None]) -> LookupResult:
        """What ``look`` finds, with its runs read; its `BaselineError` becomes the problem."""
        try:
            history = look()
            return cls(history, () if history is None else history.runs)
        except BaselineError as error:
            return cls(problem=str(error))


@dataclass(frozen=True, slots=True)
class Baselines:
    """Everything stored for one machine profile."""

    profile: MachineProfile
    tests: Mapping[str, Mapping[str, History]] = field(default_factory=dict)
    """By node id, then by the measurement's name (``""`` for the unnamed one)."""
    former: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By node id: those that a test had before it was renamed, oldest first."""

    def history(self, nodeid: str, name: str = "") -> History | None:
        """What is stored of one measurement; ``None``: nothing yet."""
        return self.tests.get(nodeid, {}).get(name)

    def ids(self, nodeid: str) -> tuple[str, ...]:
        """What a test is called and was called, newest first: to find it at an older commit."""
        return (nodeid, *reversed(self.former.get(nodeid, ())))


def newest(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The newest `MOST_RUNS` runs, oldest first, equal ones once.

    A merge that kept both sides, or an accept typed twice, can hold a run twice.
    """
    kept: list[Run] = []
    for run in sorted(runs, key=lambda run: run.time, reverse=True):
        if len(kept) < MOST_RUNS and run not in kept:
            kept.append(run)
    return tuple(reversed(kept))
