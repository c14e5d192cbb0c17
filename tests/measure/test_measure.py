"""The measuring loop on a clock moved by hand: windows, their order, and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_inferenergy.errors import MeterError, MisuseError
from pytest_inferenergy.measure import recorder as measure_module
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.flags import flags_of, mostly_rejected
from pytest_inferenergy.measure.recorder import CALLS_WHEN_SLOW, Recording, WindowRecorder
from pytest_inferenergy.measure.warmup import WINDOW_SECONDS
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from tests.measure.fakes import Clock, HandMeter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.patch(monkeypatch)
    return clock


def windows(count: int) -> Callable[[Recording, float], bool]:
    """Enough when so many windows were taken."""
    return lambda recording, seconds: recording.taken >= count


def measured(workload: Workload, meter: HandMeter, count: int = 4) -> Recording:
    measuring = WindowRecorder(workload, MeterSet([meter]), None)
    first = measuring.first_call()
    measuring.attach()
    measuring.measure(first, windows(count))
    return measuring.recording


class TestWindows:
    def test_last_half_a_second_and_hold_the_energy_of_their_calls(self, clock: Clock) -> None:
        recording = measured(Workload(lambda: clock.work(0.03), inferences=8), HandMeter(clock))
        assert len(recording.clean) == 4
        for window in recording.windows:
            assert window.seconds >= WINDOW_SECONDS
            assert window.inferences == 8 * window.calls
            assert window.joules_per_inference == pytest.approx(100.0 * 0.03 / 8)
            assert window.seconds_per_inference == pytest.approx(0.03 / 8)
            assert window.watts == pytest.approx(100.0)
            assert window.stderr == 0.5

    @pytest.mark.parametrize("late", [0.0, 0.3, 3.0])
    def test_come_in_order_however_late_the_meter(self, clock: Clock, late: float) -> None:
        meter = HandMeter(clock, late=late)
        recording = measured(Workload(lambda: clock.work(0.1)), meter, count=3)
        starts = [window.start for window in recording.windows]
        assert starts == sorted(starts)
        assert len(starts) >= 3
        assert meter.log.count("settle") == len(starts) - 3 or late > 0.0

    def test_follow_each_other_at_once(self, clock: Clock) -> None:
        recording = measured(Workload(lambda: clock.work(0.1)), HandMeter(clock))
        ends = [w.start + w.seconds for w in recording.windows]
        assert [w.start for w in recording.windows[1:]] == pytest.approx(ends[:-1])

    def test_in_company_are_rejected_and_counted(self, clock: Clock) -> None:
        meter = HandMeter(clock)
        meter.foreign[103.0, 103.2] = (4242,)
        recording = measured(Workload(lambda: clock.work(0.1)), meter, count=12)
        assert 1 <= len(recording.rejected) <= 2
        assert not mostly_rejected(recording)
        assert "contended" in flags_of(recording, host_bound=False)

    def test_all_in_company_are_kept_and_doubted(self, clock: Clock) -> None:
        meter = HandMeter(clock)
        meter.foreign[0.0, 1e9] = (4242,)
        recording = measured(Workload(lambda: clock.work(0.1)), meter)
        assert recording.clean == []
        assert recording.windows == recording.rejected
        assert mostly_rejected(recording)


class TestCalls:
    def test_the_first_result_is_kept_and_others_are_dropped(self, clock: Clock) -> None:
        alive: list[int] = []

        class Result:
            def __init__(self) -> None:
                clock.work(0.2)
                alive.append(1)

            def __del__(self) -> None:
                alive.pop()

        recording = measured(Workload(Result), HandMeter(clock))
        assert isinstance(recording.first_result, Result)
        assert len(alive) == 1

    def test_setup_makes_arguments_and_is_left_out(self, clock: Clock) -> None:
        seen: list[object] = []

        def prepare() -> dict[str, object]:
            clock.work(1.0)
            return {"image": len(seen)}

        def call(image: object) -> None:
            seen.append(image)
            clock.work(0.1)

        recording = measured(Workload(call, setup=prepare), HandMeter(clock))
        assert seen == list(range(len(seen)))
        for window in recording.windows:
            assert window.seconds == pytest.approx(0.1 * window.calls)
            assert window.joules == pytest.approx(10.0 * window.calls)
            assert window.stderr == pytest.approx(0.5 * window.calls**0.5)

    @pytest.mark.parametrize(
        ("prepared", "expected"),
        [
            (None, ((), {})),
            ((1, 2), ((1, 2), {})),
            ({"a": 1}, ((), {"a": 1})),
            ([1, 2], (([1, 2],), {})),
            ("text", (("text",), {})),
        ],
    )
    def test_what_setup_returns_becomes_arguments(
        self, clock: Clock, prepared: object, expected: tuple[Any, Any]
    ) -> None:
        def call(*args: object, **kwargs: object) -> tuple[object, object]:
            clock.work(0.01)
            return args, kwargs

        workload = Workload(call, setup=lambda: prepared)
        call_span = run_calls(workload, 1, MeterSet([HandMeter(clock)]), keep_first=True)
        assert call_span.first_result == expected
        assert workload() == expected

    def test_a_deck_is_gone_through_a_whole_number_of_times(self, clock: Clock) -> None:
        seen: list[str] = []

        def call(prefix: str, card: str, *, end: str) -> str:
            seen.append(card)
            clock.work(0.04)
            return prefix + card + end

        workload = Workload(call, args=("<",), kwargs={"end": ">"}, inputs=["a", "b", "c"])
        recording = measured(workload, HandMeter(clock))
        assert recording.first_result == "<a>"
        assert all(window.calls % 3 == 0 for window in recording.windows)
        assert seen == list("abc") * (len(seen) // 3)
        assert workload() == "<a>"

    def test_tokens_are_a_number_or_counted(self, clock: Clock) -> None:
        def call() -> str:
            clock.work(0.25)
            return "abcd"

        for tokens in (4, len):
            recording = measured(Workload(call, tokens=tokens), HandMeter(clock))
            assert all(w.tokens == 4.0 * w.calls for w in recording.windows)
        assert measured(Workload(call), HandMeter(clock)).windows[0].tokens is None

    def test_an_exception_of_the_workload_passes_through(self, clock: Clock) -> None:
        def broken() -> None:
            raise KeyError("weights")

        with pytest.raises(KeyError, match="weights"):
            measured(Workload(broken), HandMeter(clock))

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"call": 3}, "must be callable, got int"),
            ({"call": len, "inferences": 0}, "must be at least 1"),
            ({"call": len, "inferences": True}, "must be an int"),
            ({"call": len, "inferences": 1.5}, "must be an int"),
            ({"call": len, "inputs": []}, "inputs= is empty"),
            ({"call": len, "inputs": [1], "setup": len}, "not both"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, wrong: dict[str, Any], message: str) -> None:
        with pytest.raises(MisuseError, match=message):
            Workload(**wrong)


class TestLength:
    def test_a_call_beyond_the_limit_runs_three_times(self, clock: Clock) -> None:
        calls: list[float] = []

        def slow() -> int:
            calls.append(clock.now)
            clock.work(40.0)
            return len(calls)

        measuring = WindowRecorder(Workload(slow), MeterSet([HandMeter(clock)]), None)
        assert measuring.first_call() == pytest.approx(40.0)
        measuring.attach()
        measuring.measure_slow(CALLS_WHEN_SLOW - 1)
        assert len(calls) == 3
        assert len(measuring.recording.windows) == 2
        assert measuring.recording.first_result == 1

    @pytest.mark.parametrize(
        ("cost", "pace"),
        [
            (lambda number: 20.0 if number < 2 else 0.01, 0.01),  # compiled twice
            (lambda number: 0.05 if number < 30 else 0.02, 0.02),  # tuned in the midst
        ],
    )
    def test_a_warm_up_that_ended_too_soon_is_made_again(
        self, clock: Clock, cost: Callable[[int], float], pace: float
    ) -> None:
        calls: list[int] = []

        def call() -> None:
            clock.work(cost(len(calls)))
            calls.append(1)

        recording = measured(Workload(call), HandMeter(clock))
        assert recording.levelled
        assert len(recording.memory) == recording.taken
        for window in recording.windows:
            assert window.seconds_per_inference == pytest.approx(pace)
            assert window.seconds >= WINDOW_SECONDS

    def test_once_is_once(self, clock: Clock) -> None:
        calls: list[int] = []

        def call() -> None:
            calls.append(1)
            clock.work(0.2)

        measuring = WindowRecorder(Workload(call, once=True), MeterSet([HandMeter(clock)]), None)
        measuring.attach()
        measuring.first_call()
        measuring.finish()
        assert calls == [1]
        (window,) = measuring.recording.windows
        assert window.joules == pytest.approx(20.0)
        assert "too_short" in flags_of(measuring.recording, host_bound=False)

    def test_windows_go_on_until_it_is_enough(self, clock: Clock) -> None:
        spent: list[float] = []

        def enough(recording: Recording, seconds: float) -> bool:
            spent.append(seconds)
            return seconds >= 5.0

        measuring = WindowRecorder(
            Workload(lambda: clock.work(0.1)), MeterSet([HandMeter(clock)]), None
        )
        measuring.measure(measuring.first_call(), enough)
        assert spent == sorted(spent)
        assert 5.0 <= spent[-1] < 5.7


class TestMeters:
    def test_that_fail_half_way_end_the_measurement(self, clock: Clock) -> None:
        meter = HandMeter(clock)
        meter.fails_at = 104.0
        measuring = WindowRecorder(Workload(lambda: clock.work(0.1)), MeterSet([meter]), None)
        first = measuring.first_call()
        with pytest.raises(MeterError, match="fell off") as caught:
            measuring.measure(first, windows(20))
        assert caught.value.flag == "meter_lost"
        assert measuring.recording.taken > 0

    def test_that_answer_nothing_give_no_figure(self, clock: Clock) -> None:
        with pytest.raises(MeterError, match="answered 0 J") as caught:
            measured(Workload(lambda: clock.work(0.1)), HandMeter(clock, watts=0.0))
        assert caught.value.flag == "no_energy"

    def test_forget_what_is_over(self, clock: Clock) -> None:
        meter = HandMeter(clock)
        recording = measured(Workload(lambda: clock.work(0.1)), meter)
        assert meter.forgotten == recording.windows[-1].start

    def test_stand_around_the_work_in_order(self, clock: Clock) -> None:
        order: list[str] = []

        class Named(HandMeter):
            def edge(self) -> float:
                order.append(self.reading["component"])
                return self.clock.now

        meters = MeterSet([Named(clock), Named(clock, component="cpu")])
        run_calls(Workload(lambda: order.append("work")), 1, meters, keep_first=False)
        assert order == ["cpu", "gpu", "work", "gpu", "cpu"]

    def test_only_what_is_gated_makes_the_figure(self, clock: Clock) -> None:
        meters = [HandMeter(clock), HandMeter(clock, watts=50.0, component="cpu")]

        def figure(*wanted: str) -> float:
            measuring = WindowRecorder(
                Workload(lambda: clock.work(0.5)), MeterSet(meters), wanted or None
            )
            measuring.measure(measuring.first_call(), windows(1))
            return measuring.recording.windows[0].watts

        assert figure() == pytest.approx(100.0)
        assert figure("gpu", "cpu") == pytest.approx(150.0)
        assert figure("cpu") == pytest.approx(50.0)
        with pytest.raises(MeterError, match="ram is not measured here"):
            figure("ram")

    def test_memory_is_noted_after_each_window(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        levels = iter(range(0, 100 << 20, 1 << 20))
        monkeypatch.setattr(measure_module, "device_memory", lambda: next(levels))
        recording = measured(Workload(lambda: clock.work(0.1)), HandMeter(clock), count=6)
        assert len(recording.memory) == 6
        assert "memory_growth" in flags_of(recording, host_bound=False)


def test_an_empty_stretch_lasts_no_time() -> None:
    assert CallSpan().seconds == 0.0
