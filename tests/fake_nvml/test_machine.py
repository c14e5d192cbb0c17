"""The stand-in for NVML: what it says of the system, its devices and processes, and its errors."""

from __future__ import annotations

import os
import time
from typing import Any

import pynvml
import pytest

from tests.fake_nvml.asking import in_subprocess, opened, samples
from tests.nvml.building import compile_library
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, default_uuid


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
