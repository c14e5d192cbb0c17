"""Measuring in an async test: the loop of windows in a thread, its calls on the event loop.

So there is one measuring loop for both worlds, and the event loop is free while it waits for
energy, judges, or waits its turn. The thread orders calls; the task that awaits the measurement
makes them, one order at a time. Works on asyncio and trio.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.side_by_side import awaited_call, calls_together
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet

T = TypeVar("T")
Order = Callable[[], Awaitable[Any]]


class Cancelled(BaseException):
    """Unwinds the measuring thread when the task that awaits it was cancelled."""


class LoopCaller:
    """Has the calls of a workload made on the event loop; a `Caller` for the measuring thread."""

    awaits = True

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._is_cancelled = False

    # -- in the measuring thread ---------------------------------------------------------------

    def once(self, workload: Workload) -> Any:
        """One call: its result."""

        return self._have(lambda: awaited_call(workload, 0))

    def together(
        self,
        workload: Workload,
        calls: int,
        meters: MeterSet,
        call_span: CallSpan,
        keep_first: bool,
    ) -> None:
        """So many calls in one span, ``workload.concurrency`` of them at any time."""
        self._have(lambda: calls_together(workload, calls, meters, call_span, keep_first))

    def finish(self) -> None:
        """No more orders come."""
        self._orders.put(None)

    def _have(self, order: Order) -> Any:
        if self._is_cancelled:
            raise Cancelled
        self._orders.put(order)
        result, error = self._answers.get()
        if error is not None:
            raise error
        return result

    # -- on the event loop ---------------------------------------------------------------------

    async def obey(self) -> None:
        """Make the calls that are ordered, until no more orders come."""
        limiter = anyio.CapacityLimiter(1)
        while True:
            order = await anyio.to_thread.run_sync(
                self._orders.get, abandon_on_cancel=True, limiter=limiter
            )
            if order is None:
                return
            try:
                result = await order()
            except (GeneratorExit, anyio.get_cancelled_exc_class()):
                raise
            except BaseException as error:
                self._answers.put((None, error))
            else:
                self._answers.put((result, None))

    def cancel(self) -> None:
        """Unwind the measuring thread, whether it waits for calls now or orders some later."""
        self._is_cancelled = True
        self._answers.put((None, Cancelled()))


async def on_loop(measure: Callable[[LoopCaller], T], interrupt: Callable[[], None]) -> T:
    """Run ``measure`` in a thread, its calls in this task; its result, or what it raised.

    Whatever ends this early, the requests under way are cancelled and the thread has ended before
    this returns; ``interrupt`` wakes the thread where it waits for a meter.
    """
    caller = LoopCaller()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(measure(caller))
        except BaseException as error:
            errors.append(error)
        finally:
            caller.finish()

    context = contextvars.copy_context()
    thread = threading.Thread(
        target=context.run, args=(work,), name="inferenergy-measuring", daemon=True
    )
    thread.start()
    try:
        await caller.obey()
    except BaseException as error:
        caller.cancel()
        interrupt()
        if not isinstance(error, GeneratorExit):
            with anyio.CancelScope(shield=True), contextlib.suppress(RuntimeError):
                await anyio.to_thread.run_sync(thread.join, limiter=anyio.CapacityLimiter(1))
        raise
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
