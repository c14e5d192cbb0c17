"""The stand-in for NVML, asked through the real pynvml: does it answer as documented?"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pynvml
import pytest

from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import (
    TRACES,
    FakeDevice,
    FakeNvml,
    compile_library,
    default_uuid,
    trace_curve,
)

RECORDED = sorted(path.name.split(".")[0] for path in TRACES.glob("*.gz"))

Device = Any
"""pynvml is untyped, its handles too."""


def opened(index: int = 0) -> Device:
    pynvml.nvmlInit()
    return pynvml.nvmlDeviceGetHandleByIndex(index)


def samples(device: Device, seen: int = 0) -> list[tuple[int, int]]:
    kind, found = pynvml.nvmlDeviceGetSamples(device, pynvml.NVML_TOTAL_POWER_SAMPLES, seen)
    assert kind == pynvml.NVML_VALUE_TYPE_UNSIGNED_INT
    return [(sample.timeStamp, sample.sampleValue.uiVal) for sample in found]


def next_tick(device: Device) -> tuple[int, float]:
    """The counter just after it changed, and when that was seen."""
    before = pynvml.nvmlDeviceGetTotalEnergyConsumption(device)
    for _ in range(20_000):
        now = pynvml.nvmlDeviceGetTotalEnergyConsumption(device)
        if now != before:
            return now, time.perf_counter()
        time.sleep(0.0002)
    pytest.fail("the counter stands still")


def in_subprocess(code: str, fake: FakeNvml) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **fake.env()},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_compiles_without_a_warning(tmp_path: Any) -> None:
    assert compile_library(tmp_path, "-Werror").exists()


def test_a_subprocess_runs_on_the_machine(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(FakeDevice(name="NVIDIA Fake"))
    code = """
import json, pynvml as n
n.nvmlInit()
d = n.nvmlDeviceGetHandleByIndex(0)
print(json.dumps([n.nvmlDeviceGetName(d), n.nvmlDeviceGetTotalEnergyConsumption(d)]))
"""
    name, millijoules = in_subprocess(code, fake)
    assert name == "NVIDIA Fake"
    assert millijoules >= 1_000_000_000


def test_a_pytester_run_steers_the_machine_from_inside(
    fake_nvml: MakeFakeNvml, pytester: pytest.Pytester
) -> None:
    fake_nvml()
    pytester.makepyfile("""
        import time
        import pynvml
        from tests.nvml.library import FakeNvml

        def test_power_rises():
            pynvml.nvmlInit()
            device = pynvml.nvmlDeviceGetHandleByIndex(0)
            def newest():
                return pynvml.nvmlDeviceGetSamples(device, 0, 0)[1][-1].sampleValue.uiVal
            assert newest() == 300_000
            FakeNvml.current().scale(1.3)
            time.sleep(0.06)
            assert newest() == 390_000
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_the_system_and_the_device_are_described(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(temperature_c=61, throttle_reasons=4), FakeDevice(), in_process=True)
    device = opened(1)
    assert pynvml.nvmlSystemGetDriverVersion() == "580.159.04"
    assert pynvml.nvmlSystemGetNVMLVersion() == "13.580.159.04"
    assert pynvml.nvmlDeviceGetCount() == 2
    assert pynvml.nvmlDeviceGetName(device) == "NVIDIA H200"
    assert pynvml.nvmlDeviceGetUUID(device) == default_uuid(1)
    assert pynvml.nvmlDeviceGetIndex(device) == 1
    pci = pynvml.nvmlDeviceGetPciInfo(device)
    assert (pci.busId, pci.busIdLegacy, pci.bus) == ("00000000:1A:00.0", "0000:1A:00.0", 0x1A)
    assert (pci.domain, pci.device) == (0, 0)
    assert pynvml.nvmlDeviceGetArchitecture(device) == pynvml.NVML_DEVICE_ARCH_HOPPER
    assert pynvml.nvmlDeviceGetCudaComputeCapability(device) == (9, 0)
    assert pynvml.nvmlDeviceGetEnforcedPowerLimit(device) == 700_000
    assert pynvml.nvmlDeviceGetPowerManagementLimit(device) == 700_000
    assert pynvml.nvmlDeviceGetPowerManagementDefaultLimit(device) == 700_000
    assert pynvml.nvmlDeviceGetPowerManagementLimitConstraints(device) == [200_000, 700_000]
    assert pynvml.nvmlDeviceGetClockInfo(device, pynvml.NVML_CLOCK_SM) == 1980
    assert pynvml.nvmlDeviceGetClockInfo(device, pynvml.NVML_CLOCK_MEM) == 3201
    assert pynvml.nvmlDeviceGetMaxClockInfo(device, pynvml.NVML_CLOCK_GRAPHICS) == 1980
    assert pynvml.nvmlDeviceGetApplicationsClock(device, pynvml.NVML_CLOCK_SM) == 1980
    hot = pynvml.nvmlDeviceGetHandleByIndex(0)
    assert pynvml.nvmlDeviceGetTemperature(hot, pynvml.NVML_TEMPERATURE_GPU) == 61
    assert pynvml.nvmlDeviceGetTemperatureV(hot, pynvml.NVML_TEMPERATURE_GPU) == 61
    assert pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(hot) == 4
    assert pynvml.nvmlDeviceGetCurrentClocksEventReasons(hot) == 4
    assert pynvml.nvmlDeviceGetPersistenceMode(device) == 1
    assert pynvml.nvmlDeviceGetComputeMode(device) == 0
    assert pynvml.nvmlDeviceGetPerformanceState(device) == 0
    utilisation = pynvml.nvmlDeviceGetUtilizationRates(device)
    assert (utilisation.gpu, utilisation.memory) == (90, 45)


def test_memory_adds_up_in_both_forms(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(in_process=True)
    device = opened()
    old = pynvml.nvmlDeviceGetMemoryInfo(device)
    new = pynvml.nvmlDeviceGetMemoryInfo(device, version=pynvml.nvmlMemory_v2)
    assert new.used == 1 << 30
    assert old.used == new.used + new.reserved
    assert old.total == new.total == new.used + new.reserved + new.free
    assert old.free == new.free
    with pytest.raises(pynvml.NVMLError) as wrong:
        pynvml.nvmlDeviceGetMemoryInfo(device, version=3)
    assert wrong.value.value == pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH


def test_a_device_is_found_by_its_uuid(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(), FakeDevice(uuid="GPU-b"), in_process=True)
    pynvml.nvmlInit()
    assert pynvml.nvmlDeviceGetIndex(pynvml.nvmlDeviceGetHandleByUUID("GPU-b")) == 1
    with pytest.raises(pynvml.NVMLError_NotFound):
        pynvml.nvmlDeviceGetHandleByUUID("b")
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        pynvml.nvmlDeviceGetHandleByIndex(2)


def test_mig_is_off_or_unknown(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(), FakeDevice(mig=None), FakeDevice(mig=True), in_process=True)
    off, unknown, on = opened(), opened(1), opened(2)
    assert pynvml.nvmlDeviceGetMigMode(off) == [0, 0]
    assert pynvml.nvmlDeviceGetMigMode(on) == [1, 1]
    assert pynvml.nvmlDeviceIsMigDeviceHandle(on).value == 0
    assert pynvml.nvmlDeviceGetMaxMigDeviceCount(off) == 7
    assert pynvml.nvmlDeviceGetMaxMigDeviceCount(unknown) == 0
    with pytest.raises(pynvml.NVMLError_NotSupported):
        pynvml.nvmlDeviceGetMigMode(unknown)


def test_what_is_not_offered_is_not_found(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(in_process=True)
    with pytest.raises(pynvml.NVMLError_FunctionNotFound):
        pynvml.nvmlDeviceGetFanSpeed(opened())


def test_nothing_works_before_init_or_after_shutdown(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(in_process=True)
    device = opened()
    pynvml.nvmlInit()
    pynvml.nvmlShutdown()
    pynvml.nvmlDeviceGetName(device)
    pynvml.nvmlShutdown()
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        pynvml.nvmlDeviceGetName(device)
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        pynvml.nvmlShutdown()


def test_without_a_control_file_there_is_no_driver(
    fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_nvml(in_process=True)
    monkeypatch.delenv("FAKE_NVML_CONFIG")
    with pytest.raises(pynvml.NVMLError_DriverNotLoaded):
        pynvml.nvmlInit()


def test_a_line_that_is_not_understood_is_not_passed_over(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(in_process=True)
    device = opened()
    with fake.control.open("a") as file:
        file.write("1 0 tempreature 45\n")
    with pytest.raises(pynvml.NVMLError_Unknown):
        pynvml.nvmlDeviceGetName(device)


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


def test_a_device_without_counter_or_samples(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(counter=False), FakeDevice(samples=False), in_process=True)
    bare, coarse = opened(), opened(1)
    with pytest.raises(pynvml.NVMLError_NotSupported):
        pynvml.nvmlDeviceGetTotalEnergyConsumption(bare)
    (field,) = pynvml.nvmlDeviceGetFieldValues(bare, [83])
    assert field.nvmlReturn == pynvml.NVML_ERROR_NOT_SUPPORTED
    with pytest.raises(pynvml.NVMLError_NotSupported):
        samples(coarse)
    assert samples(bare)
    assert pynvml.nvmlDeviceGetTotalEnergyConsumption(coarse) > 0


def test_errors_come_by_function_count_and_device(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(FakeDevice(), FakeDevice(), in_process=True)
    first, second = opened(), opened(1)
    fake.fail("nvmlDeviceGetName", pynvml.NVML_ERROR_GPU_IS_LOST, after=2, times=1, device=0)
    fake.fail("nvmlDeviceGetComputeRunningProcesses", pynvml.NVML_ERROR_NO_PERMISSION)
    for _ in range(2):
        pynvml.nvmlDeviceGetName(first)
        pynvml.nvmlDeviceGetName(second)
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        pynvml.nvmlDeviceGetName(first)
    assert pynvml.nvmlDeviceGetName(second) == pynvml.nvmlDeviceGetName(first)
    with pytest.raises(pynvml.NVMLError_NoPermission):
        pynvml.nvmlDeviceGetComputeRunningProcesses(second)
    fake.recover("nvmlDeviceGetComputeRunningProcesses")
    assert pynvml.nvmlDeviceGetComputeRunningProcesses(second) == []
    fake.lose(1)
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        pynvml.nvmlDeviceGetPowerUsage(second)
    assert pynvml.nvmlDeviceGetPowerUsage(first) == 300_000
    fake.fail("nvmlInitWithFlags", pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    with pytest.raises(pynvml.NVMLError_DriverNotLoaded):
        pynvml.nvmlInit()
    assert pynvml.nvmlErrorString(15) == "GPU is lost"


def test_processes_come_work_and_go(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(FakeDevice(hosts_caller=True), FakeDevice(), in_process=True)
    device, other = opened(), opened(1)
    (caller,) = pynvml.nvmlDeviceGetComputeRunningProcesses(device)
    assert (caller.pid, caller.usedGpuMemory) == (os.getpid(), 1 << 30)
    assert caller.gpuInstanceId == 0xFFFFFFFF
    assert pynvml.nvmlDeviceGetGraphicsRunningProcesses(device) == []
    with pytest.raises(pynvml.NVMLError_NotFound):
        pynvml.nvmlDeviceGetProcessUtilization(other, 0)
    seen = int(time.time() * 1e6)
    fake.foreign(4242, device=1)
    fake.process(4343, sm_percent=0, device=1)
    time.sleep(0.45)
    found = pynvml.nvmlDeviceGetComputeRunningProcesses(other)
    assert {process.pid for process in found} == {4242, 4343}
    (working,) = pynvml.nvmlDeviceGetProcessUtilization(other, seen)
    assert (working.pid, working.smUtil) == (4242, 50)
    assert seen < working.timeStamp <= time.time() * 1e6 + 1000
    fake.gone(4242, device=1)
    (idle,) = pynvml.nvmlDeviceGetComputeRunningProcesses(other)
    assert idle.pid == 4343
    (worked,) = pynvml.nvmlDeviceGetProcessUtilization(other, seen)
    assert worked.pid == 4242
    with pytest.raises(pynvml.NVMLError_NotFound):
        pynvml.nvmlDeviceGetProcessUtilization(other, int(time.time() * 1e6))


def test_facts_change_while_it_runs(fake_nvml: MakeFakeNvml) -> None:
    fake = fake_nvml(in_process=True)
    device = opened()
    fake.set(temperature_c=88, throttle_reasons=0x40, sm_clock_mhz=1440, power_limit_watts=500)
    assert pynvml.nvmlDeviceGetTemperature(device, pynvml.NVML_TEMPERATURE_GPU) == 88
    assert pynvml.nvmlDeviceGetCurrentClocksEventReasons(device) == 0x40
    assert pynvml.nvmlDeviceGetClockInfo(device, pynvml.NVML_CLOCK_SM) == 1440
    assert pynvml.nvmlDeviceGetEnforcedPowerLimit(device) == 500_000


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
