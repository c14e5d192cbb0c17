"""What comes of a request where nothing was measured, or not by the meter that was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import BaselineError, MeterError
from pytest_inferenergy.measure.request import Measured, Request
from pytest_inferenergy.measurement import Measurement

if TYPE_CHECKING:
    from pytest_inferenergy.meters.meter_set import Absent


def unmeasured(request: Request, result: Any, reason: str) -> Measured:
    """There was nothing to measure with; ``result``: of the call that was made all the same."""
    from pytest_inferenergy.measure.outcome import blank

    return Measured(result, Measurement(request.name, reason=reason), blank(request, reason))


def missing_meter(
    absent: Iterable[Absent], measured_before: Callable[[str], bool]
) -> dict[str, str] | None:
    """The first meter that did not answer though it was expected to: which, by what, and why.

    ``measured_before``: whether a baseline of this test was measured by the meter of a name.
    """
    for each in absent:
        expected_by = "baseline" if measured_before(each.meter) else "gpu" if each.listed else None
        if expected_by is not None:
            return {"meter": each.meter, "expected_by": expected_by, "reason": each.reason}
    return None


PASSED_OVER = "not_measurable"
"""The flag of a test that was to be measured, and is of no kind that can be."""


def passed_over(request: Request, reason: str) -> Measured:
    """Nobody measured a test that has the marker; its name is told, however the run ends."""
    measured = unmeasured(request, None, reason)
    measured.measurement = replace(measured.measurement, flags=(PASSED_OVER,))
    measured.outcome["flags"] = [PASSED_OVER]
    return measured


def lost(request: Request, result: Any, error: MeterError | BaselineError) -> Measured:
    """An error ended the measurement under way."""
    measured = unmeasured(request, result, str(error))
    flags = (error.flag,) if isinstance(error, MeterError) and error.flag else ()
    measured.measurement = replace(measured.measurement, flags=flags)
    measured.outcome["flags"] = list(flags)
    if isinstance(error, BaselineError):
        measured.outcome["broken_baseline"] = str(error)
    return measured
