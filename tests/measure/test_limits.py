"""What ends the measuring loop where windows or set-ups do not play along."""

from __future__ import annotations

import math

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.measure.recorder import Recording, WindowRecorder
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from tests.measure.fakes import Clock, HandMeter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.patch(monkeypatch)
    return clock


def never(recording: Recording, spent: float) -> bool:
    return False


class Silent(HandMeter):
    """Tells no energy, and no reason."""

    def covered(self) -> float:
        return -math.inf

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        raise MeterError("nothing came", "meter_silent")


def test_the_limit_holds_while_no_window_has_an_energy(clock: Clock) -> None:
    meters = MeterSet([Silent(clock)])
    measuring = WindowRecorder(Workload(lambda: clock.work(0.1)), meters, None)
    first = measuring.first_call()
    with pytest.raises(MeterError, match="nothing came"):
        measuring.measure(first, never, limit=10.0)
    assert clock.now < 100.0 + 10.0 + 5.0  # the clock begins at 100


def test_a_meter_that_knows_that_nothing_will_come_ends_it_at_once(clock: Clock) -> None:
    class Gone(Silent):
        def check(self, instant: float) -> None:
            raise MeterError("it is gone", "gpu_lost")

    measuring = WindowRecorder(Workload(lambda: clock.work(0.1)), MeterSet([Gone(clock)]), None)
    with pytest.raises(MeterError, match="it is gone"):
        measuring.measure(measuring.first_call(), never, limit=1000.0)
    assert clock.now < 100.0 + 5.0


@pytest.mark.parametrize(("prepare", "call"), [(0.02, 0.001), (1.0, 0.1), (0.2, 0.2)])
@pytest.mark.parametrize("limit", [1.0, 10.0, 30.0])
def test_set_up_is_time_that_is_spent(
    clock: Clock, prepare: float, call: float, limit: float
) -> None:
    workload = Workload(lambda: clock.work(call), setup=lambda: clock.work(prepare))
    measuring = WindowRecorder(workload, MeterSet([HandMeter(clock)]), None)

    def enough(recording: Recording, spent: float) -> bool:
        return spent >= limit and recording.taken >= 3

    measuring.measure(measuring.first_call(), enough, limit)
    took = clock.now - 100.0
    assert took <= 2.5 * limit + 10 * (prepare + call) + 4
    assert measuring.recording.levelled
    assert measuring.recording.taken >= 3


def test_what_is_closed_measures_no_more(clock: Clock) -> None:
    meters = MeterSet([HandMeter(clock)])
    measuring = WindowRecorder(Workload(lambda: clock.work(0.1)), meters, None)
    first = measuring.first_call()
    meters.close()
    with pytest.raises(MeterError, match="the session ended"):
        measuring.measure(first, never)
