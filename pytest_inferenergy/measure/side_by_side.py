"""Async calls in one span: one after the other, or several kept in flight all through it."""

from __future__ import annotations

import inspect
import itertools
from typing import Any

import anyio

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.exhausted import FirstCall
from pytest_inferenergy.measure.lazy import refuse_lazy
from pytest_inferenergy.measure.synchronise import synchronise
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import Edge, MeterSet


async def awaited_call(workload: Workload, number: int) -> Any:
    """One call, with the card of the deck that its number stands for: its result."""
    args = workload.args
    if workload.inputs is not None:
        args = (*args, workload.inputs[number % len(workload.inputs)])
    result = workload.call(*args, **workload.kwargs)
    if not inspect.isawaitable(result):
        refuse_lazy(result)
        raise MisuseError(
            f"energy.arun: fn must be async: {getattr(workload.call, '__name__', 'it')} returned "
            f"an {type(result).__name__}: use energy.run"
        )
    return await result


async def calls_together(
    workload: Workload, calls: int, meters: MeterSet, call_span: CallSpan, keep_first: bool
) -> None:
    """So many calls; the span, their tokens and the first result go into ``stretch``.

    With ``concurrency`` 1 they are made in this very task. With more, that many requests are in
    flight all through the span: it opens when as many have been answered and closes when ``calls``
    more have been. What is in flight then is answered and left out, as what was in flight at the
    opening is counted in. An exception cancels all other requests and is raised when they have
    ended.
    """
    first = FirstCall.of(workload) if keep_first else None
    flight = _Flight(workload, calls, meters, call_span, first)
    synchronise((workload.args, workload.kwargs))
    try:
        if workload.concurrency == 1:
            await flight.one_after_another()
        else:
            await flight.side_by_side()
    finally:
        if first is not None:
            first.close()


class _Flight:
    def __init__(
        self,
        workload: Workload,
        calls: int,
        meters: MeterSet,
        call_span: CallSpan,
        first: FirstCall | None,
    ) -> None:
        self._workload = workload
        self._meters = meters
        self._stretch = call_span
        self._first = first
        # the very first calls are nobody's figure but where nothing is repeated
        alone = first is not None or workload.concurrency == 1
        self._lead = 0 if alone else workload.concurrency
        self._last = self._lead + calls
        self._numbers = itertools.count()
        self._answered = 0
        self._opening: Edge | None = None
        self._failures: list[BaseException] = []

    async def one_after_another(self) -> None:
        opening = self._meters.opening()
        result = None
        while self._answered < self._last:
            result = None  # let go of before the next call needs the room
            result = await self._call()
        if self._first is not None:
            self._first.check()
        synchronise(result)
        self._stretch.spans.append((opening, self._meters.closing()))

    async def side_by_side(self) -> None:
        if not self._lead:
            self._opening = self._meters.opening()
        async with anyio.create_task_group() as group:
            for _ in range(self._workload.concurrency):
                group.start_soon(self._keep_calling, group.cancel_scope)
        if self._failures:
            raise self._failures[0]
        if self._answered < self._last:
            raise MisuseError("a request of the workload was cancelled by the workload itself")
        if self._first is not None:
            self._first.check()

    async def _keep_calling(self, scope: anyio.CancelScope) -> None:
        try:
            while self._answered < self._last:
                await self._call()
        except (GeneratorExit, anyio.get_cancelled_exc_class()):
            raise
        except BaseException as error:
            self._failures.append(error)
            scope.cancel()

    async def _call(self) -> Any:
        number = next(self._numbers)
        result = await awaited_call(self._workload, number)
        self._answer(number, result)
        return result

    def _answer(self, number: int, result: Any) -> None:
        """Count an answer; edges of the span fall on answers."""
        if self._first is not None:
            refuse_lazy(result)
            if number == 0:
                self._stretch.first_result = result
        self._answered += 1
        if self._lead < self._answered <= self._last:
            self._count_tokens(result)
        if self._workload.concurrency > 1:
            if self._answered == self._lead:
                synchronise(result)
                self._opening = self._meters.opening()
            if self._answered == self._last and self._opening is not None:
                synchronise(result)
                self._stretch.spans.append((self._opening, self._meters.closing()))

    def _count_tokens(self, result: Any) -> None:
        tokens, call_span = self._workload.tokens, self._stretch
        if tokens is not None and call_span.tokens is not None:
            call_span.tokens += tokens(result) if callable(tokens) else tokens
