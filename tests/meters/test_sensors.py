"""Counter and power samples check each other: what both tell must be the same power."""

from __future__ import annotations

import time

import pytest

from pytest_inferenergy.meters.replay import ReplayMeter
from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.meters.trace import Trace
from tests.meters.nvml_windows import REAL, TURNS, OpenMeter, recorded
from tests.meters.recordings import COLD, HOST_BOUND, SQUARE, STEADY, make, trace
from tests.nvml.curve import trace_curve
from tests.nvml.fixture import MakeFakeNvml

STOCK = (STEADY, HOST_BOUND, COLD, SQUARE)
SUPERCHIP = 150.0
"""Watts of the rest of a module."""


def altered(recording: Trace, *, beside: float = 0.0, gain: float = 1.0) -> Trace:
    """The recording, with a counter that holds more than the samples."""
    ticks = tuple((t, gain * joules + beside * t) for t, joules in recording.ticks)
    return Trace(recording.device, ticks, recording.samples)


def part(recording: Trace, first: int, count: int) -> Timeline:
    """A short recording of the same device."""
    ticks = recording.ticks[first : first + count]
    begin, end = ticks[0][0] - 0.5, ticks[-1][0] + 0.05
    return Timeline(ticks, [s for s in recording.samples if begin < s[0] < end])


@pytest.mark.parametrize("name", STOCK)
def test_recordings_of_a_healthy_device_agree_whole_and_in_every_part(name: str) -> None:
    healthy = trace(name)
    assert not Timeline(healthy.ticks, healthy.samples).sensors_disagree
    for count in (4, 6, 9, 14, 30, 100):
        for first in range(0, len(healthy.ticks) - count, 7):
            assert not part(healthy, first, count).sensors_disagree, (first, count)


@pytest.mark.parametrize("name", STOCK)
@pytest.mark.parametrize("change", [{"beside": SUPERCHIP}, {"gain": 1.25}, {"gain": 0.8}])
def test_a_counter_of_something_else_is_told(name: str, change: dict[str, float]) -> None:
    other = altered(trace(name), **change)
    assert Timeline(other.ticks, other.samples).sensors_disagree
    assert part(other, 20, 40).sensors_disagree


@pytest.mark.parametrize(("gain", "told"), [(1.02, False), (0.98, False), (1.1, True), (0.9, True)])
def test_a_steady_load_shows_a_few_percent(gain: float, told: bool) -> None:
    other = altered(trace(HOST_BOUND), gain=gain)
    assert Timeline(other.ticks, other.samples).sensors_disagree is told


def test_so_does_a_recording_of_half_a_second_where_it_is_gross() -> None:
    other = altered(trace(HOST_BOUND), beside=SUPERCHIP)
    assert all(part(other, first, 6).sensors_disagree for first in range(0, 100, 9))


def test_a_pause_of_the_recording_is_no_disagreement() -> None:
    made = make([300.0, 120.0], 0.4)
    ticks = [t for t in made.ticks if not 3.0 < t[0] < 5.0]
    samples = [s for s in made.samples if not 3.0 < s[0] < 5.0]
    assert not Timeline(ticks, samples).sensors_disagree


def test_without_samples_nothing_is_said() -> None:
    assert not Timeline(trace(STEADY).ticks).sensors_disagree
    assert not Timeline(samples=trace(STEADY).samples).sensors_disagree


@pytest.mark.parametrize("beside", [0.0, SUPERCHIP])
def test_the_meter_flags_its_readings(
    fake_nvml: MakeFakeNvml, open_meter: OpenMeter, beside: float
) -> None:
    fake = fake_nvml(
        REAL(curve=trace_curve(HOST_BOUND, 2, 12), beside_watts=beside), in_process=True
    )
    meter = open_meter()
    start, end = recorded(meter, 1.6)
    (reading,) = meter.read(start, end)
    assert ("sensors_disagree" in reading.flags) == (beside > 0)
    drawn = fake.joules(start, end) + beside * (end - start)
    assert reading.joules == pytest.approx(drawn, rel=0.01)  # the counter's figure stands


def test_where_the_scope_is_told_the_component_is_the_module(
    fake_nvml: MakeFakeNvml, open_meter: OpenMeter
) -> None:
    superchip = REAL(
        curve=trace_curve(HOST_BOUND, 2, 12), beside_watts=SUPERCHIP, module_scope=True
    )
    alone = REAL(watts=300, module_scope=True)  # its counter is the GPU's all the same
    fake_nvml(superchip, alone, in_process=True)
    meter = open_meter()
    start, end = recorded(meter, 1.2)
    module, gpu = meter.read(start, end)
    assert (module.component, gpu.component) == ("module", "gpu")
    assert not {*module.flags, *gpu.flags}
    course = meter.course([start, end])
    assert course["module"][-1] == pytest.approx(module.joules)
    assert course["gpu"][-1] == pytest.approx(gpu.joules)


@pytest.mark.parametrize("curve", [TURNS, trace_curve(SQUARE, 1, 9), trace_curve(COLD, 0, 8)])
def test_work_in_bursts_raises_no_flag(
    fake_nvml: MakeFakeNvml, open_meter: OpenMeter, curve: tuple[tuple[float, float], ...]
) -> None:
    fake_nvml(REAL(curve=curve, drop_every=7, duplicate_every=5), in_process=True)
    meter = open_meter()
    for _ in range(3):  # windows with pauses between them, as measurements have
        (reading,) = meter.read(*recorded(meter, 0.5))
        assert "sensors_disagree" not in reading.flags
        meter.rest()


def test_a_replayed_recording_is_checked_alike() -> None:
    for recording, told in (
        (trace(HOST_BOUND), False),
        (altered(trace(HOST_BOUND), beside=SUPERCHIP), True),
    ):
        meter = ReplayMeter(recording)
        start = meter.edge()
        time.sleep(0.8)
        end = meter.edge()
        meter.wait_until_covered(end)
        (reading,) = meter.read(start, end)
        assert ("sensors_disagree" in reading.flags) is told
