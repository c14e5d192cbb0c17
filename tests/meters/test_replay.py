"""The meter that plays a recording: in real time, in a loop, and as the device was."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters import replay
from pytest_inferenergy.meters.replay import ReplayMeter
from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.meters.trace import Trace
from tests.meters.recordings import COLD, HOST_BOUND, SQUARE, STEADY, trace


class Player:
    """A meter whose real time is moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, recording: Trace) -> None:
        self.now = 5000.0
        clock = SimpleNamespace(perf_counter=lambda: self.now, sleep=self.sleep)
        monkeypatch.setattr(replay, "time", clock)
        self.trace = recording
        self.meter = ReplayMeter(recording)
        self.opened = self.now
        self.length = recording.ticks[-1][0] - recording.ticks[0][0]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def joules(self, start: float, end: float) -> float:
        """The energy between two times since the opening."""
        self.now = max(self.now, self.opened + end)
        self.meter.wait_until_covered(self.opened + end)
        (reading,) = self.meter.read(self.opened + start, self.opened + end)
        return reading.joules


@pytest.mark.parametrize("name", [STEADY, HOST_BOUND, COLD, SQUARE])
def test_plays_the_power_of_the_recording(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    player = Player(monkeypatch, trace(name))
    recorded = Timeline(player.trace.ticks, player.trace.samples)
    begin = player.trace.ticks[0][0]
    for start in (0.0, 1.03, 3.5, 6.77):
        shift = recorded.delay
        expected = recorded.energy_between(begin + start + shift, begin + start + 1.0 + shift)
        assert player.joules(start, start + 1.0) == pytest.approx(expected.joules, rel=0.02)


def test_goes_on_in_a_loop_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    player = Player(monkeypatch, trace(STEADY))
    whole = player.trace.ticks[-1][1] - player.trace.ticks[0][1]
    assert player.joules(0.5, 0.5 + player.length) == pytest.approx(whole, rel=0.01)
    assert player.joules(1.0, 1.0 + 3 * player.length) == pytest.approx(3 * whole, rel=0.01)
    apart = player.joules(0.0, 0.6) + player.joules(player.length - 0.6, player.length)
    for lap in (1, 2, 3, 4):
        seam = lap * player.length
        assert player.joules(seam - 0.6, seam + 0.6) == pytest.approx(apart, rel=0.02)


def test_stays_small_in_a_long_session(monkeypatch: pytest.MonkeyPatch) -> None:
    player = Player(monkeypatch, trace(SQUARE))
    for start in range(0, 600, 2):
        player.joules(float(start), start + 1.5)
        player.meter.forget(player.opened + start)
    assert player.meter._timeline.recorded < 5000


def test_knows_no_more_than_was_played(monkeypatch: pytest.MonkeyPatch) -> None:
    player = Player(monkeypatch, trace(STEADY))
    player.now += 3.0
    assert player.now - 0.35 <= player.meter.covered() <= player.now
    with pytest.raises(MeterError, match="cannot tell"):
        player.meter.read(player.now - 1.0, player.now + 1.0)
    with pytest.raises(MeterError, match="cannot tell"):
        player.meter.read(player.opened - 3.0, player.now - 1.0)


def test_a_recording_with_a_hole_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    holed = Trace("NVIDIA H200", ((0.0, 0.0), (0.1, 30.0), (60.0, 9000.0)), ())
    player = Player(monkeypatch, holed)
    with pytest.raises(MeterError, match="no counter tick for 5 s") as caught:
        player.joules(0.05, 1.0)
    assert caught.value.flag == "replay_gap"


def test_a_recording_of_ticks_alone_is_played_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = tuple((0.1 * i, 30.0 * i) for i in range(20))
    player = Player(monkeypatch, Trace("NVIDIA H200", ticks, ()))
    assert player.joules(0.33, 7.1) == pytest.approx(300 * (7.1 - 0.33), rel=1e-6)


def test_a_window_from_the_very_opening_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (STEADY, HOST_BOUND, COLD, SQUARE):
        player = Player(monkeypatch, trace(name))
        first = player.trace.ticks[0][1]
        expected = np.interp(
            1.0, *np.array(player.trace.ticks).T - [[player.trace.ticks[0][0]], [0.0]]
        )
        assert player.joules(0.0, 1.0) == pytest.approx(float(expected) - first, rel=0.2)


def test_its_profile_never_meets_a_real_baseline() -> None:
    profile = ReplayMeter(trace(STEADY)).profile()
    assert profile.meter == "replay"
    assert profile.device == "NVIDIA H200 (replay)"
    assert profile.count == 1
    assert profile.idle_watts is None


def test_in_real_time() -> None:
    meter = ReplayMeter(trace(STEADY))
    meter.attach()
    start = meter.edge()
    time.sleep(0.5)
    end = meter.edge()
    meter.wait_until_covered(end)
    assert time.perf_counter() - end < 0.4
    (reading,) = meter.read(start, end)
    assert 20.0 < reading.joules < 500.0
    assert (reading.component, reading.source, reading.device) == ("gpu", "measured", "replay")
    meter.close()
    meter.close()
