"""What is asked of the measuring side, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.baselines.fields import line_problem
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.marker_values import Budget, EnergyMarker
from pytest_inferenergy.measure.description import described
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.measurement import Measurement
from pytest_inferenergy.settings import Settings
from pytest_inferenergy.units import parse_energy

if TYPE_CHECKING:
    from pytest_inferenergy.stats.sequential import SequentialTest


@dataclass(frozen=True)
class Request:
    """What to measure, for which test, under which settings."""

    nodeid: str
    name: str | None
    workload: Workload
    settings: Settings
    budget: Budget | None = None
    task: str | None = None
    """The task that the test's marker names."""

    def __post_init__(self) -> None:
        own = self.workload.description.get("task")
        if self.task is not None and own is not None and self.task != own:
            raise MisuseError(
                f"the workload is of the task {own!r}, the test's marker says task={self.task!r}: "
                "leave one of them out"
            )

    @property
    def description(self) -> dict[str, Any]:
        """What is stored and shown of the workload, the test's task with it."""
        return described(self.workload.description, self.task)


@dataclass(frozen=True)
class ComparisonRequest:
    """Two workloads to compare by turns, and the sequential test that says when it is enough."""

    name: str | None
    candidate: Workload
    reference: Workload
    turns: SequentialTest
    settings: Settings
    seed: int


@dataclass
class Measured:
    """What came of a request: the first call's result, the figures, and plain data for reports."""

    first_result: Any
    measurement: Measurement
    outcome: dict[str, Any]


def workload_of(fn: Callable[..., Any], marker: EnergyMarker, asked: dict[str, Any]) -> Workload:
    """The workload that a test gives: ready, or a callable with what is asked of it.

    ``asked``: the fields of a `Workload` by name, ``None`` where nothing was said.
    """
    given = {field: value for field, value in asked.items() if value is not None}
    if not isinstance(fn, Workload):
        return Workload(fn, **{"inferences": marker.inferences, **given})
    if given:
        raise MisuseError(
            f"{', '.join(given)} given beside a Workload, which brings its own: "
            f"dataclasses.replace(workload, {next(iter(given))}=...) changes it"
        )
    if marker.counted and marker.inferences != fn.inferences:
        raise MisuseError(
            f"the workload answers inferences={fn.inferences} a call, the test's marker says "
            f"inferences={marker.inferences}: leave it out of the marker"
        )
    return fn


def sequential_test(at_most: float | None, tolerance: float, must_detect: float) -> SequentialTest:
    """The test that ends a comparison: two margins in percent, or a ratio that it may be at most.

    Raises `MisuseError` for what cannot be tested.
    """
    from pytest_inferenergy.stats.margins import Margins
    from pytest_inferenergy.stats.sequential import SequentialTest

    try:
        if at_most is None:
            return SequentialTest.between(Margins(tolerance / 100, must_detect / 100))
        return SequentialTest.at_most(at_most)
    except ValueError as error:
        raise MisuseError(f"energy.compare: {error}") from None


def check_name(name: object) -> None:
    """Raise `MisuseError` for what cannot name a measurement."""
    if name is not None:
        problem = line_problem(name) if isinstance(name, str) else "must be a text"
        if problem is not None:
            raise MisuseError(f"name={name!r}: {problem}")


def budget_of(text: str) -> Budget:
    """A budget for 1,000 inferences."""
    return Budget(parse_energy(text) / 1000, f"{text.strip()} per 1000")
