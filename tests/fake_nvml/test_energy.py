"""The stand-in for NVML: counter, samples and power, asked through the real pynvml."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import pynvml
import pytest

from tests.fake_nvml.asking import Device, next_tick, opened, samples
from tests.nvml.curve import TRACES, trace_curve
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

RECORDED = sorted(path.name.split(".")[0] for path in TRACES.glob("*.gz"))


def test_the_counter_is_the_integral_of_the_curve(fake_nvml: MakeFakeNvml) -> None:
    curve = ((0.013, 81.5), (0.15, 700.0), (0.0171, 1.0), (0.17, 126.25))
    fake = fake_nvml(FakeDevice(curve=curve, counter_start_joules=0), in_process=True)
    fake_start = time.perf_counter() - fake.since_epoch(time.perf_counter())
    device = opened()
    for _ in range(5):
        millijoules, seen = next_tick(device)
        ticks = int((fake.since_epoch(seen) - 0.01) / 0.1)
        expected = fake.joules(fake_start, fake_start + ticks * 0.1)
        # The counter is in whole millijoules.
        assert expected - millijoules / 1000 == pytest.approx(0, abs=1e-3 + 1e-6 * expected)


def test_a_large_count_is_exact_to_a_millionth(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(watts=1e6, counter_start_joules=0), in_process=True)
    device = opened()
    first, second = next_tick(device)[0], next_tick(device)[0]
    assert (first % 100_000_000, second - first) == (0, 100_000_000)


def test_the_counter_ticks_late_by_its_lag(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(FakeDevice(tick=0.2, tick_lag=0.05), in_process=True)
    device = opened()
    phases = [(fake.since_epoch(next_tick(device)[1]) - 0.05) % 0.2 for _ in range(3)]
    assert min(phases) < 0.005  # a busy machine may make us see one late


def test_the_counter_takes_its_time_and_lets_other_calls_pass(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(latency=0.05), in_process=True)
    device = opened()
    start = time.perf_counter()
    pynvml.nvmlDeviceGetTotalEnergyConsumption(device)
    assert 0.05 <= time.perf_counter() - start < 0.5


def test_counter_modes(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(FakeDevice(counter_start_joules=5000), in_process=True)
    device = opened()
    read: Callable[[Device], int] = pynvml.nvmlDeviceGetTotalEnergyConsumption
    start = read(device)
    fake.counter("frozen")
    frozen = read(device)
    time.sleep(0.25)
    assert read(device) == frozen
    fake.counter("zero")
    assert read(device) == 0
    fake.counter("back", joules=2000)
    assert read(device) < start - 1_800_000
    fake.counter("normal")
    assert read(device) >= start + 60_000


def test_samples_are_as_documented(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(in_process=True)
    device = opened()
    before = time.time()
    found = samples(device)
    stamps = [stamp for stamp, _ in found]
    assert len(found) == 119
    assert {value for _, value in found} == {300_000}
    assert {b - a for a, b in pairwise(stamps)} <= {19_999, 20_000, 20_001}
    assert 0 <= time.time() - stamps[-1] / 1e6 < 0.2
    assert stamps[-1] / 1e6 < before
    time.sleep(0.1)
    newer = samples(device, stamps[-1])
    assert newer[0][0] - stamps[-1] in {19_999, 20_000, 20_001}
    assert len(newer) >= 4
    with pytest.raises(pynvml.NVMLError_NotFound):
        samples(device, newer[-1][0] + 20_000_000)
    with pytest.raises(pynvml.NVMLError_NotSupported):
        pynvml.nvmlDeviceGetSamples(device, pynvml.NVML_GPU_UTILIZATION_SAMPLES, 0)


def test_a_caller_with_a_small_buffer_gets_the_oldest(fake_nvml: MakeFakeNvml) -> None:
    from ctypes import byref, c_uint, c_ulonglong

    fake_nvml(in_process=True)
    device = opened()
    call = pynvml._nvmlGetFunctionPointer("nvmlDeviceGetSamples")
    count, kind = c_uint(0), c_uint()
    assert call(device, 0, c_ulonglong(0), byref(kind), byref(count), None) == 0
    assert count.value == 119
    count, room = c_uint(5), (pynvml.c_nvmlSample_t * 5)()
    assert call(device, 0, c_ulonglong(0), byref(kind), byref(count), room) == 0
    assert count.value == 5
    assert room[0].timeStamp <= samples(device)[0][0]
    count = c_uint(0)
    code = call(device, 0, c_ulonglong(0), byref(kind), byref(count), room)
    assert code == pynvml.NVML_ERROR_INVALID_ARGUMENT


def test_samples_can_be_dropped_and_duplicated(fake_nvml: MakeFakeNvml) -> None:
    device = FakeDevice(drop_every=7, duplicate_every=10, sample_jitter=0.005)
    fake_nvml(device, in_process=True)
    found = samples(opened())
    stamps = [stamp for stamp, _ in found]
    steps = [b - a for a, b in pairwise(stamps)]
    assert len(found) == 119
    assert stamps == sorted(stamps)
    assert 8 <= steps.count(3) <= 12
    assert 12 <= sum(step > 30_000 for step in steps) <= 18
    assert min(step for step in steps if step > 3) < 17_000


def test_a_gap_leaves_the_counter_alone(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(in_process=True)
    device = opened()
    seen = samples(device)[-1][0]
    start = pynvml.nvmlDeviceGetTotalEnergyConsumption(device)
    fake.gap(0.3)
    time.sleep(0.45)
    stamps = [stamp for stamp, _ in samples(device, seen - 1)]
    gap = max(b - a for a, b in pairwise(stamps))
    assert 290_000 < gap < 350_000
    assert pynvml.nvmlDeviceGetTotalEnergyConsumption(device) >= start + 4 * 30_000


def test_a_step_of_the_wall_clock_moves_later_stamps(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(in_process=True)
    device = opened()
    fake.step_clock(3600)
    time.sleep(0.1)
    found = samples(device)
    assert found[-1][0] / 1e6 - time.time() == pytest.approx(3600, abs=0.3)
    assert found[0][0] / 1e6 - time.time() == pytest.approx(-2.4, abs=0.3)


def test_power_is_averaged_over_a_second(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(in_process=True)
    device = opened()
    assert pynvml.nvmlDeviceGetPowerUsage(device) == 300_000
    fake.scale(2)
    time.sleep(0.5)
    assert 340_000 < pynvml.nvmlDeviceGetPowerUsage(device) < 600_000
    time.sleep(0.8)
    assert pynvml.nvmlDeviceGetPowerUsage(device) == 600_000


def test_fields_agree_with_the_calls(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(tick=1000), in_process=True)
    device = opened()
    fields = {
        pynvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION: (
            "ullVal",
            pynvml.nvmlDeviceGetTotalEnergyConsumption(device),
        ),
        pynvml.NVML_FI_DEV_ENERGY: ("ullVal", pynvml.nvmlDeviceGetTotalEnergyConsumption(device)),
        pynvml.NVML_FI_DEV_POWER_AVERAGE: ("uiVal", 300_000),
        pynvml.NVML_FI_DEV_POWER_INSTANT: ("uiVal", 300_000),
        pynvml.NVML_FI_DEV_POWER_MIN_LIMIT: ("uiVal", 200_000),
        pynvml.NVML_FI_DEV_POWER_MAX_LIMIT: ("uiVal", 700_000),
        pynvml.NVML_FI_DEV_POWER_DEFAULT_LIMIT: ("uiVal", 700_000),
        pynvml.NVML_FI_DEV_POWER_CURRENT_LIMIT: ("uiVal", 700_000),
    }
    found = pynvml.nvmlDeviceGetFieldValues(device, [*fields, 1])
    for field, (member, expected) in zip(found, fields.values(), strict=False):
        assert field.nvmlReturn == pynvml.NVML_SUCCESS
        assert getattr(field.value, member) == expected
        assert field.timestamp / 1e6 == pytest.approx(time.time(), abs=1)
    assert found[0].valueType == pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
    assert found[len(fields)].nvmlReturn == pynvml.NVML_ERROR_NOT_SUPPORTED


def test_a_scale_leaves_the_past_alone(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(FakeDevice(watts=100), FakeDevice(watts=100), in_process=True)
    device, other = opened(), opened(1)
    start = next_tick(device)[0]
    began = time.perf_counter()
    time.sleep(0.15)
    fake.scale(3)
    time.sleep(0.15)
    truth = fake.joules(began, time.perf_counter())
    assert 100 * 0.15 + 300 * 0.15 < truth < 300 * (time.perf_counter() - began)
    assert next_tick(device)[0] - start > 100 * 400
    values = [value for _, value in samples(device)]
    assert (values[0], values[-1]) == (100_000, 300_000)
    assert {value for _, value in samples(other)} == {100_000}


def test_a_curve_is_cut_from_a_trace() -> None:
    whole, cut = trace_curve("square_wave"), trace_curve("square_wave", 2.0, 5.5)
    assert sum(seconds for seconds, _ in cut) == pytest.approx(3.5)
    assert len(cut) < len(whole)
    assert all(seconds > 0 for seconds, _ in whole)


@pytest.mark.parametrize("name", RECORDED)
def test_a_curve_holds_the_energy_that_was_recorded(name: str) -> None:
    with gzip.open(TRACES / f"{name}.json.gz", "rt") as file:
        ticks = json.load(file)["energy_counter"]
    curve = trace_curve(name, ticks[0][0], ticks[-1][0])
    recorded = (ticks[-1][1] - ticks[0][1]) / 1000
    assert sum(seconds * watts for seconds, watts in curve) == pytest.approx(recorded, rel=0.015)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_trace_plays_and_its_samples_agree(name: str, fake_nvml: MakeFakeNvml) -> None:
    # Tick and sample periods divide each other, so that steps and samples cover the same time.
    fake = fake_nvml(FakeDevice(curve=trace_curve(name), tick_lag=0.01), in_process=True)
    device = opened()
    time.sleep(0.5)
    first, seen = next_tick(device)
    start = round((fake.since_epoch(seen) - 0.01) / 0.1 - 0.45) * 0.1
    time.sleep(0.8)
    last, seen = next_tick(device)
    end = round((fake.since_epoch(seen) - 0.01) / 0.1 - 0.45) * 0.1
    epoch = time.time() - fake.since_epoch(time.perf_counter())
    inside = [
        value / 1000 * 0.02
        for stamp, value in samples(device)
        if start + 0.01 < stamp / 1e6 - epoch < end + 0.01
    ]
    assert len(inside) == round((end - start) / 0.02)
    assert sum(inside) == pytest.approx((last - first) / 1000, rel=5e-3)


def test_processes_see_the_same_counter_and_samples(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(
        FakeDevice(curve=((0.3, 500.0), (0.1, 90.0)), sample_jitter=0.005, tick_jitter=0.003)
    )
    code = """
import json, sys, time, pynvml as n
n.nvmlInit()
d = n.nvmlDeviceGetHandleByIndex(0)
deadline, seen = time.perf_counter() + 1.5, {}
while time.perf_counter() < deadline:
    seen.setdefault(n.nvmlDeviceGetTotalEnergyConsumption(d), time.perf_counter())
    time.sleep(0.001)
_, samples = n.nvmlDeviceGetSamples(d, 0, 0)
print(json.dumps([seen, {s.timeStamp: s.sampleValue.uiVal for s in samples}]))
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **fake.env()},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    (ticks, drawn), (other_ticks, other_drawn) = (
        json.loads(process.communicate()[0]) for process in running
    )
    both = sorted(ticks.keys() & other_ticks.keys(), key=int)[1:]
    assert len(both) >= 8
    assert max(abs(ticks[tick] - other_ticks[tick]) for tick in both) < 0.05
    common = drawn.keys() & other_drawn.keys()
    assert len(common) > 60
    assert all(drawn[stamp] == other_drawn[stamp] for stamp in common)
