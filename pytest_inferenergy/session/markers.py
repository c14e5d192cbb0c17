"""The two markers. Their signatures and docstrings are what ``pytest --markers`` prints."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import InferenergyError, MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

    from pytest_inferenergy.marker_values import Budget, EnergyMarker
    from pytest_inferenergy.settings import Settings


def energy(
    inferences: int = 1,
    *,
    name: str | None = None,
    tolerance: float | None = None,
    must_detect: float | None = None,
    max_seconds: float | None = None,
    gate: str | None = None,
    task: str | None = None,
    pace: str | None = None,
) -> EnergyMarker:
    """Measure the energy of this test. tolerance and must_detect are percentages, gate is one of fail, warn and off, task one of the ten tasks of the study; pace='ignore' gates host-bound work by its energy at the baseline's pace alone. On a test that does not ask for the fixture `energy` the whole call of the test function is measured, answering so many inferences."""  # noqa: E501
    _check("inferences", inferences, int, least=1)
    _check_given("name", name, str)
    _check_given("tolerance", tolerance, (int, float), least=0)
    _check_given("must_detect", must_detect, (int, float), least=0)
    _check_given("max_seconds", max_seconds, (int, float), least=0)
    _check_given("gate", gate, str)
    if gate not in (None, "fail", "warn", "off"):
        raise MisuseError(f"gate={gate!r}: give 'fail', 'warn' or 'off'")
    if pace not in (None, "ignore"):
        raise MisuseError(f"pace={pace!r:.80}: give 'ignore', or leave it out")
    if task is not None:
        from pytest_inferenergy.names import unknown_task

        problem = unknown_task(task)
        if problem is not None:
            raise MisuseError(problem)
    if name is not None:
        from pytest_inferenergy.baselines.fields import line_problem

        problem = line_problem(name)
        if problem is not None:
            raise MisuseError(f"name={name!r:.80}: {problem}")
    if max_seconds == 0:
        raise MisuseError("max_seconds=0: must be positive")
    if must_detect is not None and tolerance is not None and must_detect <= tolerance:
        raise MisuseError(f"must_detect={must_detect} has to be greater than {tolerance=}")
    from pytest_inferenergy.marker_values import EnergyMarker

    return EnergyMarker(inferences, name, tolerance, must_detect, max_seconds, gate, task, pace)


def energy_budget(limit: str, per: int = 1000) -> Budget:
    """Fail the test when it needs more than this energy (J, Wh or kWh, with SI prefixes) per so many inferences."""  # noqa: E501
    from pytest_inferenergy.marker_values import Budget
    from pytest_inferenergy.units import parse_energy

    _check("per", per, int, least=1)
    return Budget(parse_energy(limit) / per, f"{limit.strip()} per {per}")


MARKERS: dict[str, Callable[..., object]] = {"energy": energy, "energy_budget": energy_budget}


def marker_lines() -> list[str]:
    """One line for each marker, for the ini key ``markers``."""
    return [
        f"{name}{_readable_signature(function)}: {inspect.getdoc(function)}"
        for name, function in MARKERS.items()
    ]


def _readable_signature(function: Callable[..., object]) -> str:
    parameters = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in inspect.signature(function).parameters.values()
    ]
    return str(inspect.Signature(parameters))


def marked(item: pytest.Item, name: str) -> bool:
    """Whether a test has a marker; most have none, so the cheap look comes first."""
    return name in item.keywords and item.get_closest_marker(name) is not None


def has_ours(marks: Iterable[pytest.Mark]) -> bool:
    """Whether one of the two markers is among these."""
    return any(mark.name in MARKERS for mark in marks)


def energy_marker(item: pytest.Item) -> EnergyMarker:
    """The settings of a test; the closest marker wins, keyword by keyword."""
    given: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("energy"))):
        given.update(_bind(energy, mark))
    return replace(energy(**given), counted="inferences" in given)


def budget_marker(item: pytest.Item) -> Budget | None:
    """The closest budget of a test."""
    mark = item.get_closest_marker("energy_budget")
    return None if mark is None else energy_budget(**_bind(energy_budget, mark))


def problem(item: pytest.Item, settings: Settings) -> str | None:
    """What is wrong with the markers of a test, in one line; ``None`` where nothing is.

    ``settings``: what a marker is silent about, with which it has to make sense.
    """
    name = "energy"
    try:
        if marked(item, name):
            settings.for_test(energy_marker(item))
        name = "energy_budget"
        if marked(item, name):
            budget_marker(item)
    except InferenergyError as error:
        return f"{item.nodeid}: @pytest.mark.{name}: {error}"
    return None


def _bind(function: Callable[..., object], mark: pytest.Mark) -> dict[str, Any]:
    if function is energy and "n" in mark.kwargs:
        raise MisuseError(
            f"unknown keyword 'n': did you mean inferences={mark.kwargs['n']!r} (the inferences "
            "one call answers)? Repetition needs no number: it ends when the estimate is precise"
        )
    signature = inspect.signature(function)
    try:
        return dict(signature.bind(*mark.args, **mark.kwargs).arguments)
    except TypeError as error:
        known = ", ".join(signature.parameters)
        raise MisuseError(f"{error}; known arguments: {known}") from None


MOST = 1e15
"""No number in a marker is larger."""


def _check(
    name: str, value: object, kinds: type | tuple[type, ...], least: float | None = None
) -> None:
    if not isinstance(value, kinds) or isinstance(value, bool):
        wanted = {int: "an int", str: "a text"}.get(kinds, "a number")  # type: ignore[arg-type]
        raise MisuseError(f"{name}={value!r:.80}: must be {wanted}")
    if least is None or not isinstance(value, int | float):
        return
    if not value >= least:
        raise MisuseError(f"{name}={value!r}: must be at least {least:g}")
    if value > MOST:
        raise MisuseError(f"{name}={value!r:.80}: is too large")


def _check_given(
    name: str, value: object, kinds: type | tuple[type, ...], least: float | None = None
) -> None:
    """The same for a value that may be left out."""
    if value is not None:
        _check(name, value, kinds, least)
