"""What comes of a request where nothing was measured: the reason, and no figure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_inferenergy.errors import BaselineError, MeterError
from pytest_inferenergy.judging.request import Measured, Request
from pytest_inferenergy.measurement import Measurement


def unmeasured(request: Request, result: Any, reason: str) -> Measured:
    """There was nothing to measure with; ``result``: of the call that was made all the same."""
    from pytest_inferenergy.judging.outcome import blank

    return Measured(result, Measurement(request.name, reason=reason), blank(request, reason))


def lost(request: Request, result: Any, error: MeterError | BaselineError) -> Measured:
    """An error ended the measurement under way."""
    measured = unmeasured(request, result, str(error))
    flags = (error.flag,) if isinstance(error, MeterError) and error.flag else ()
    measured.measurement = replace(measured.measurement, flags=flags)
    measured.outcome["flags"] = list(flags)
    if isinstance(error, BaselineError):
        measured.outcome["broken_baseline"] = str(error)
    return measured
