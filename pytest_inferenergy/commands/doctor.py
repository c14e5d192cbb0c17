"""``inferenergy doctor``: what can be measured on this machine, why not, and how well."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, Any, Final

from pytest_inferenergy.clock import time
from pytest_inferenergy.commands.doctor_cpu import examine_codecarbon, examine_rapl, surroundings
from pytest_inferenergy.commands.doctor_gpu import examine_gpus
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.report.document import software

if TYPE_CHECKING:
    from pytest_inferenergy.meters.meter_set import MeterSet

SCHEMA: Final = 1
GLANCE_SECONDS: Final = 0.3
NO_METER: Final[dict[str, Any]] = {"meters": [], "notes": [], "components": [], "source": None}


def examine(test_seconds: float | None) -> dict[str, Any]:
    """Everything as builtins; ``test_seconds``: length of the self-test, ``None`` for none.

    Whatever fails becomes a ``problem``: the doctor is for machines on which something is wrong.
    """
    from pytest_inferenergy.meters import select

    found: dict[str, Any] = {
        "schema": SCHEMA,
        "software": _versions(),
        "surroundings": surroundings(),
        "gpus": _guarded(examine_gpus, devices=[], advice=None),
        "rapl": _guarded(examine_rapl),
        "self_test": None,
    }
    try:
        meters = select.open_meters("auto")
    except Exception as error:
        problem = str(error) if isinstance(error, MeterError) else repr(error)
        found["auto"] = {"problem": problem, **NO_METER}
        return found | {"codecarbon": _guarded(examine_codecarbon, cpu=None)}
    try:
        return found | _of_meters(meters, test_seconds)
    finally:
        meters.close()


def _of_meters(meters: MeterSet, test_seconds: float | None) -> dict[str, Any]:
    running = next((meter for meter in meters.meters if meter.name == "codecarbon"), None)
    found = {
        "codecarbon": _guarded(lambda: examine_codecarbon(running), cpu=None),
        "auto": _guarded(lambda: glance(meters), **NO_METER),
    }
    if test_seconds is not None and found["auto"]["problem"] is None:
        from pytest_inferenergy.commands.self_test import self_test

        components = tuple(found["auto"]["components"])
        found["self_test"] = _guarded(lambda: self_test(meters, components, test_seconds))
    return found


def is_measured(found: Mapping[str, Any]) -> bool:
    """Whether ``auto`` really measures here."""
    test = found["self_test"]
    return found["auto"]["source"] == "measured" and (test is None or test.get("problem") is None)


def _versions() -> dict[str, str]:
    try:
        return software()
    except PackageNotFoundError:  # a checkout on the path, not installed
        unknown = dict.fromkeys(("pytest-inferenergy", "python", "platform"), "unknown")
        return unknown | {"python": platform.python_version()}


def _guarded(step: Callable[[], dict[str, Any]], **blank: Any) -> dict[str, Any]:
    try:
        return step()
    except Exception as error:
        return {"problem": f"could not be asked: {error!r}", **blank}


def glance(meters: MeterSet) -> dict[str, Any]:
    """Which meters are at work, and what the figure would add up, from a short reading."""
    from pytest_inferenergy.meters.meter_set import gated_components

    opening = meters.opening()
    time.sleep(GLANCE_SECONDS)
    closing = meters.closing()
    meters.wait_until_covered(closing)
    readings = meters.read([(opening, closing)])
    components, source = gated_components(readings, None)
    return {
        "problem": None,
        "meters": [meter.name for meter in meters.meters],
        "notes": list(meters.notes),
        "components": list(components),
        "source": source,
    }
