"""From what a user gave for an option to its value; what is wrong names the option.

Imported only where something was given. Every function takes the option in words and the value,
and raises ``pytest.UsageError``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_inferenergy.errors import CarbonError, TraceError, UnitError
from pytest_inferenergy.settings import METERS

if TYPE_CHECKING:
    from pytest_inferenergy.carbon.equivalents import Equivalent
    from pytest_inferenergy.carbon.grams import Carbon

GATES = ("fail", "warn", "off")
COMPONENTS = ("gpu", "cpu", "ram", "module")


def value_of(name: str, origin: str, given: Any) -> Any:
    """The value of an option; ``origin``: where it was given, for what is said of a wrong one."""
    return _VALIDATE.get(name, _as_is)(origin, given)


def _as_is(_origin: str, value: Any) -> Any:
    return value


def _gate(origin: str, value: str) -> str:
    if value not in GATES:
        raise pytest.UsageError(f"{origin}: unknown gate {value!r}: give fail, warn or off")
    return value


def _number(origin: str, value: Any) -> float:
    try:
        number = float(value)
    except ValueError:
        raise pytest.UsageError(f"{origin}: {value!r} is not a number") from None
    if not math.isfinite(number):
        raise pytest.UsageError(f"{origin}: {value!r} is not a finite number")
    return number


def _percent(origin: str, value: Any) -> float:
    number = _number(origin, value)
    if not 0 <= number <= 1000:
        raise pytest.UsageError(f"{origin}: {number:g} must be a percentage from 0 to 1000")
    return number / 100


def _positive_percent(origin: str, value: Any) -> float:
    fraction = _percent(origin, value)
    if fraction <= 0:
        raise pytest.UsageError(f"{origin}: must be greater than 0 percent")
    return fraction


def _seconds(origin: str, value: Any) -> float:
    number = _number(origin, value)
    if number <= 0:
        raise pytest.UsageError(f"{origin}: {number:g} must be a positive number of seconds")
    return number


def _meter(origin: str, value: str) -> str:
    name, _, argument = value.partition(":")
    if name == "replay":
        path = Path(argument)
        if not argument or not path.is_file():
            raise pytest.UsageError(
                f"{origin}: replay:FILE needs a recorded trace, there is no file {argument!r}"
            )
        from pytest_inferenergy.meters.trace import read_trace

        try:
            read_trace(path)
        except TraceError as error:
            raise pytest.UsageError(f"{origin}: {error}") from None
        return f"replay:{path.absolute()}"
    if name == "prometheus":
        from pytest_inferenergy.meters.prometheus.source import check_url

        try:
            return f"prometheus:{check_url(argument)}"
        except ValueError as error:
            raise pytest.UsageError(f"{origin}: {error}") from None
    if value not in METERS:
        # only the name, since what follows could be a URL with a password
        raise pytest.UsageError(
            f"{origin}: unknown meter {name!r}: give one of {', '.join(METERS)}"
        )
    return value


def _carbon(origin: str, value: str) -> Carbon:
    from pytest_inferenergy.carbon.grams import parse_carbon

    try:
        return parse_carbon(value)
    except CarbonError as error:
        raise pytest.UsageError(f"{origin}: {error}") from None


def _prometheus(origin: str, value: str) -> str:
    from pytest_inferenergy.meters.prometheus.source import parse_source

    try:
        parse_source(value)
    except ValueError as error:
        raise pytest.UsageError(f"{origin}: {error}") from None
    return value


def _equivalents(origin: str, value: Sequence[str]) -> tuple[Equivalent, ...]:
    from pytest_inferenergy.carbon.equivalents import parse_equivalents

    try:
        return parse_equivalents(value)
    except UnitError as error:
        raise pytest.UsageError(f"{origin}: {error}") from None


def _text(origin: str, value: str) -> str:
    if not value:
        raise pytest.UsageError(f"{origin}: must not be empty")
    return value


def _html(origin: str, value: str) -> str:
    from pytest_inferenergy.report.html.extra import missing_extra

    missing = missing_extra()
    if missing is not None:
        raise pytest.UsageError(f"{origin} {missing}")
    return _text(origin, value)


def _components(origin: str, value: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part for item in value for part in item.split(",") if part))
    unknown = [name for name in chosen if name not in COMPONENTS]
    if unknown or not chosen:
        problem = f"unknown component {unknown[0]!r}" if unknown else "names no component"
        raise pytest.UsageError(f"{origin}: {problem}: give some of {', '.join(COMPONENTS)}")
    return chosen


_VALIDATE: dict[str, Callable[[str, Any], Any]] = {
    "gate": _gate,
    "tolerance": _percent,
    "must_detect": _positive_percent,
    "max_seconds": _seconds,
    "session_seconds": _seconds,
    "meter": _meter,
    "carbon": _carbon,
    "baselines": _text,
    "json": _text,
    "csv": _text,
    "markdown": _text,
    "html": _html,
    "components": _components,
    "prometheus": _prometheus,
    "equivalents": _equivalents,
}
