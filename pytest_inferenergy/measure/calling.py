"""Consecutive calls of a workload, timed and synchronised at both rims."""

from __future__ import annotations

from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.exhausted import FirstCall
from pytest_inferenergy.measure.lazy import refuse_lazy
from pytest_inferenergy.measure.leftover import rest
from pytest_inferenergy.measure.synchronise import synchronise
from pytest_inferenergy.measure.workload import Workload, arguments_of
from pytest_inferenergy.meters.meter_set import MeterSet

DRAIN_SECONDS = 10.0
"""So long a closing edge waits at most for work that calls leave behind."""


def run_calls(
    workload: Workload, calls: int, meters: MeterSet, *, keep_first: bool, drain: bool = False
) -> CallSpan:
    """Call so often, synchronised at both rims; results after the first are dropped at once.

    With ``setup`` each call is a span of its own, so that what lies between is left out.
    ``drain``: the calls leave work behind, so that the closing edge waits until nothing runs.
    ``keep_first``: these are the very first calls. Raises `MisuseError` where what they return is
    not computed yet, or where they used up an input of the later ones.
    """
    call_span = CallSpan(calls=calls, tokens=None if workload.tokens is None else 0.0)
    if workload.caller is not None:
        workload.caller.together(workload, calls, meters, call_span, keep_first)
        return call_span
    first = FirstCall.of(workload) if keep_first else None
    try:
        if workload.setup is None:
            _run_together(workload, calls, meters, call_span, first, drain)
        else:
            for number in range(calls):
                prepared = arguments_of(workload.setup())
                one = Workload(workload.call, *prepared, tokens=workload.tokens)
                _run_together(one, 1, meters, call_span, first if number == 0 else None, drain)
    finally:
        if first is not None:
            first.close()
    return call_span


def _run_together(
    workload: Workload,
    calls: int,
    meters: MeterSet,
    call_span: CallSpan,
    first: FirstCall | None,
    drain: bool,
) -> None:
    call, args, kwargs = workload.call, workload.args, workload.kwargs
    inputs, tokens = workload.inputs, workload.tokens
    counted, result = 0.0, None
    synchronise((args, kwargs))  # what setup has begun is not to be counted
    opening = meters.opening()
    for number in range(calls):
        result = None  # let go of before the next call needs the room
        if inputs is None:
            result = call(*args, **kwargs)
        else:
            result = call(*args, inputs[number % len(inputs)], **kwargs)
        if tokens is not None:
            counted += float(tokens(result)) if callable(tokens) else tokens
        if first is not None:
            refuse_lazy(result)
            if number == 0:
                call_span.first_result = result
    if first is not None:
        first.check()
    synchronise(result)
    if drain:
        rest(DRAIN_SECONDS)
    call_span.spans.append((opening, meters.closing()))
    if call_span.tokens is not None:
        call_span.tokens += counted
