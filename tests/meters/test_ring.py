"""Samples read once each and placed on the monotonic clock, through every kind of step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml import clock
from pytest_inferenergy.meters.nvml import ring as nvml_ring
from pytest_inferenergy.meters.nvml.ring import SILENT, SampleRing

EPOCH = 1.8e9
"""Distance of the wall clock at first, seconds."""
AGE = 0.004
"""Age of the newest stamp when it is read, seconds."""


class Device:
    """Stamps samples every 20 ms; both its wall clock and that of this process can be stepped.

    Each sample's power is the true instant it was taken, so that its placing can be checked.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.stamps_ahead = self.wall_ahead = 0.0
        self.ring: list[tuple[int, float]] = []
        self.placed: list[tuple[float, float]] = []
        monkeypatch.setattr(clock, "_wall_distance", lambda: EPOCH + self.wall_ahead)
        monkeypatch.setattr(nvml_ring, "time", SimpleNamespace(perf_counter=lambda: self.now))
        self.sample(1)
        self.reader = SampleRing(cast(Any, self))

    def samples(self) -> list[tuple[int, float]]:
        return self.ring

    def sample(self, count: int) -> None:
        for _ in range(count):
            self.now += 0.02
            taken = self.now - AGE
            self.ring.append((round(1e6 * (taken + EPOCH + self.stamps_ahead)), taken))
        self.ring = self.ring[-119:]

    def run(self, seconds: float) -> None:
        """Let time pass; the ring is read twice a second."""
        for _ in range(round(seconds / 0.5)):
            self.sample(25)
            self.placed += self.reader.fresh()

    def worst(self) -> float:
        return max(abs(instant - true) for instant, true in self.placed)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    return Device(monkeypatch)


def test_stamps_follow_the_wall_clock(device: Device) -> None:
    device.run(10)
    assert device.worst() < 2e-6
    assert len(device.placed) == 500


@pytest.mark.parametrize("step", [-5.0, -0.3, 0.1, 5.0, 3600.0])
def test_a_step_of_the_wall_clock(device: Device, step: float) -> None:
    device.run(3)
    device.stamps_ahead = device.wall_ahead = step
    device.run(3)
    assert device.worst() < 2e-6
    assert len(device.placed) >= 298


@pytest.mark.parametrize("step", [-86_400.0, -5.0, -2.0, 2.0, 5.0, 86_400.0])
def test_a_test_that_plays_with_the_time_of_this_process(device: Device, step: float) -> None:
    device.run(3)
    device.wall_ahead = step
    device.run(3)
    device.wall_ahead = 0.0
    device.run(3)
    assert device.worst() < 0.002
    assert len(device.placed) >= 440


@pytest.mark.parametrize("step", [-5.0, 5.0])
def test_stamps_stepped_with_nothing_to_tell_why(device: Device, step: float) -> None:
    device.run(3)
    device.stamps_ahead = step
    device.run(3)
    assert device.worst() < 0.002
    assert len(device.placed) >= 298


@given(steps=st.lists(st.sampled_from([-7.0, -1.0, -0.1, 0.1, 1.0, 7.0]), max_size=6))
def test_any_number_of_steps(steps: list[float]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        device = Device(monkeypatch)
        for step in [0.0, *steps]:
            device.stamps_ahead += step
            device.wall_ahead += step
            device.run(2)
        assert device.worst() < 0.002


def test_a_slow_slew_is_followed(device: Device) -> None:
    for _ in range(100):
        device.stamps_ahead += 0.00025  # 500 ppm
        device.wall_ahead = device.stamps_ahead
        device.run(0.5)
    assert device.worst() < 0.001


def test_a_gap_of_the_samples_is_no_step(device: Device) -> None:
    device.run(3)
    device.now += 0.9
    assert device.reader.fresh() == []
    device.run(3)
    assert device.worst() < 2e-6
    assert len(device.placed) == 300


def test_a_ring_that_rolled_over_is_taken_whole(device: Device) -> None:
    device.run(3)
    device.sample(500)
    assert len(device.reader.fresh()) == 119


def test_a_ring_that_stopped_has_failed(device: Device) -> None:
    device.run(3)
    device.now += SILENT + 0.01
    with pytest.raises(MeterError, match=r"no power sample for 1\.0 s"):
        device.reader.fresh()


def test_after_a_pause_a_ring_gets_time_again(device: Device) -> None:
    device.run(3)
    device.now += 600
    device.reader.resume()
    assert device.reader.fresh() == []
    device.run(1)
    assert len(device.placed) == 200


def test_what_was_in_the_ring_before_is_left_alone(device: Device) -> None:
    assert device.reader.fresh() == []


def test_an_empty_ring_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MeterError, match="empty"):
        SampleRing(cast(Any, SimpleNamespace(samples=list)))


def test_the_wall_clock_itself_is_read_well() -> None:
    assert abs(clock._wall_distance() - clock._wall_distance()) < 0.001
