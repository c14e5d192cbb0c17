"""The measuring loop in a thread, its calls on the event loop of an async test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from pytest_inferenergy.ab.clock_meter import ClockMeter
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.on_loop import LoopCaller, on_loop
from pytest_inferenergy.measure.side_by_side import calls_together
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


class Service:
    """Answers after a while; knows who is waiting."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds
        self.asked: list[object] = []
        self.waiting = 0
        self.levels: list[int] = []
        self.cancelled = 0

    async def ask(self, prompt: object = "?") -> str:
        self.asked.append(prompt)
        self.waiting += 1
        self.levels.append(self.waiting)
        try:
            await anyio.sleep(self.seconds)
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        finally:
            self.waiting -= 1
        return f"<{prompt}>"


def meters() -> MeterSet:
    return MeterSet([ClockMeter()])


async def stretch_of(calls: int, keep_first: bool = False, **workload: Any) -> CallSpan:
    """A stretch as the measuring thread orders it."""

    def measure(caller: LoopCaller) -> CallSpan:
        made = Workload(caller=caller, **workload)
        return run_calls(made, calls, meters(), keep_first=keep_first)

    return await on_loop(measure, lambda: None)


def measuring_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "inferenergy-measuring"]


async def test_one_call_is_one_await() -> None:
    service = Service()
    call_span = await stretch_of(3, True, call=service.ask, args=("a",), tokens=7)
    assert service.asked == ["a", "a", "a"]
    assert service.levels == [1, 1, 1]
    assert call_span.first_result == "<a>"
    assert call_span.tokens == 21
    assert call_span.seconds >= 0.03


async def test_requests_are_in_flight_all_through_the_span() -> None:
    service = Service(0.02)
    call_span = await stretch_of(12, call=service.ask, concurrency=4, tokens=len)
    assert max(service.levels) == 4
    assert service.waiting == 0
    # four before the span, twelve in it, and what was in flight at its end
    assert 16 <= len(service.asked) <= 19
    assert call_span.tokens == 12 * len("<?>")
    assert call_span.calls == 12
    assert 0.03 < call_span.seconds < 12 * 0.02  # three rounds, not twelve


async def test_a_deck_is_gone_through_in_order() -> None:
    service = Service(0.001)
    await stretch_of(4, call=service.ask, inputs=["a", "b"])
    assert service.asked == ["a", "b", "a", "b"]
    assert Workload(service.ask, inputs=["a"] * 6, concurrency=4).cycle == 12


async def test_what_a_request_raises_comes_out_when_all_others_have_ended() -> None:
    service = Service(5)

    async def ask() -> str:
        if len(service.asked) == 3:
            raise KeyError("no such model")
        return await service.ask()

    with pytest.raises(KeyError, match="no such model"):
        await stretch_of(8, call=ask, concurrency=4)
    assert service.cancelled == 3
    assert service.waiting == 0
    assert not measuring_threads()


async def test_a_skip_in_a_request_skips() -> None:
    async def ask() -> None:
        pytest.skip("the service sleeps")

    for concurrency in (1, 2):
        with pytest.raises(pytest.skip.Exception, match="sleeps"):
            await stretch_of(2, call=ask, concurrency=concurrency)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_timeout_leaves_nothing_behind(concurrency: int) -> None:
    service = Service(30)
    with anyio.move_on_after(0.2) as scope:
        await stretch_of(9, call=service.ask, concurrency=concurrency)
    assert scope.cancelled_caught
    assert service.cancelled == concurrency
    assert service.waiting == 0
    assert not measuring_threads()


async def test_a_timeout_while_the_thread_waits_for_a_meter_wakes_it() -> None:
    woken = threading.Event()

    def measure(caller: LoopCaller) -> None:
        assert woken.wait(30)

    with anyio.move_on_after(0.1):
        await on_loop(measure, woken.set)
    assert woken.is_set()
    assert not measuring_threads()


async def test_a_thread_that_orders_after_the_cancellation_gets_nothing() -> None:
    service, woken, left = Service(), threading.Event(), []

    def measure(caller: LoopCaller) -> None:
        woken.wait(30)
        try:
            caller.once(Workload(service.ask, caller=caller))
        finally:
            left.append("unwound")

    with anyio.move_on_after(0.1):
        await on_loop(measure, woken.set)
    assert left == ["unwound"]
    assert service.asked == []


async def test_the_event_loop_is_free_while_the_thread_waits() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await anyio.sleep(0.01)
            beats += 1

    async with anyio.create_task_group() as group:
        group.start_soon(beat)
        await on_loop(lambda caller: time.sleep(0.5), lambda: None)
        group.cancel_scope.cancel()
    assert beats >= 5


async def test_what_the_thread_raises_comes_out() -> None:
    def measure(caller: LoopCaller) -> None:
        raise MisuseError("a name twice")

    with pytest.raises(MisuseError, match="a name twice"):
        await on_loop(measure, lambda: None)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_request_that_cancels_itself_is_no_shorter_window() -> None:
    import asyncio

    service = Service()

    async def ask() -> str:
        if len(service.asked) == 5:
            raise asyncio.CancelledError
        return await service.ask()

    with pytest.raises(MisuseError, match="cancelled by the workload"):
        await stretch_of(8, call=ask, concurrency=2)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_native_timeout_leaves_nothing_behind() -> None:
    import asyncio

    service, tasks = Service(30), len(asyncio.all_tasks())
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        await asyncio.wait_for(stretch_of(9, call=service.ask, concurrency=3), 0.2)
    assert service.cancelled == 3
    assert not measuring_threads()
    assert len(asyncio.all_tasks()) == tasks


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"concurrency": 0}, "concurrency=0: must be an int of at least 1"),
        ({"concurrency": True}, "concurrency=True: must be an int"),
        ({"setup": lambda: None}, "setup= cannot go with energy.arun"),
    ],
)
def test_what_cannot_be(wrong: dict[str, Callable[[], None]], message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        Workload(print, caller=LoopCaller(), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("keep_first", [True, False])
async def test_devices_are_waited_for_at_both_edges(
    monkeypatch: pytest.MonkeyPatch, concurrency: int, keep_first: bool
) -> None:
    order: list[str] = []

    class Marks(ClockMeter):
        def edge(self) -> float:
            order.append("edge")
            return super().edge()

    waits = "pytest_inferenergy.measure.side_by_side.synchronise"
    monkeypatch.setattr(waits, lambda result=None: order.append("wait"))
    workload = Workload(Service().ask, concurrency=concurrency)
    call_span = CallSpan()
    await calls_together(workload, 6, MeterSet([Marks()]), call_span, keep_first)
    edges = [number for number, word in enumerate(order) if word == "edge"]
    assert len(edges) == 2
    assert all(order[number - 1] == "wait" for number in edges)
