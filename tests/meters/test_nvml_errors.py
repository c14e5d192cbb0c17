"""What goes wrong: every error of every call ends in a reason, never in a wrong figure."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Literal

import pynvml
import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.gpu import Gpu, all_gpus, open_library
from pytest_inferenergy.meters.nvml.meter import NvmlMeter
from pytest_inferenergy.meters.nvml.processes import Family
from pytest_inferenergy.meters.nvml.track import Track
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, FakeNvml

CODES = sorted(
    value
    for name, value in vars(pynvml).items()
    if name.startswith("NVML_ERROR_") and isinstance(value, int)
)
NEEDED = ("nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetSamples")
NICE = (
    "nvmlDeviceGetClockInfo",
    "nvmlDeviceGetTemperature",
    "nvmlDeviceGetCurrentClocksThrottleReasons",
    "nvmlDeviceGetCurrentClocksEventReasons",
    "nvmlDeviceGetMemoryInfo",
    "nvmlDeviceGetEnforcedPowerLimit",
    "nvmlDeviceGetComputeRunningProcesses",
    "nvmlDeviceGetProcessUtilization",
    "nvmlDeviceGetMigMode",
    "nvmlDeviceGetName",
)


@pytest.fixture
def meter(fake_nvml: MakeFakeNvml) -> Iterator[tuple[FakeNvml, NvmlMeter]]:
    fake = fake_nvml(FakeDevice(watts=300.0, tick=0.02), in_process=True)
    meter = NvmlMeter()
    yield fake, meter
    meter.close()


Mode = Literal["frozen", "zero", "back"]
Machine = tuple[FakeNvml, NvmlMeter]


class TestEveryCode:
    def test_of_what_a_figure_needs_is_a_meter_error(self, fake_nvml: MakeFakeNvml) -> None:
        fake = fake_nvml(in_process=True)
        (gpu,) = all_gpus(open_library())
        for code in CODES:
            for name, ask in zip(NEEDED, (gpu.joules, gpu.watts, gpu.samples), strict=True):
                fake.fail(name, code)
                if name == "nvmlDeviceGetSamples" and code == pynvml.NVML_ERROR_NOT_FOUND:
                    assert gpu.samples() == []
                else:
                    with pytest.raises(MeterError, match=f"GPU 0: {name}: "):
                        ask()
                fake.recover(name)

    def test_of_what_is_nice_to_know_is_nothing_known(self, fake_nvml: MakeFakeNvml) -> None:
        fake = fake_nvml(in_process=True)
        (gpu,) = all_gpus(open_library())
        for code in CODES:
            for name in NICE:
                fake.fail(name, code)
            state = gpu.state()
            assert {state.sm_clock_mhz, state.temperature_c, state.throttle_reasons} == {None}
            assert {state.power_limit_watts, state.memory_used_bytes} == {None}
            assert gpu.processes() is None
            nobody = frozenset[int]() if code == pynvml.NVML_ERROR_NOT_FOUND else None
            assert gpu.working_processes(0) == nobody
            assert gpu.mig() is False
            for name in NICE:
                fake.recover(name)

    @pytest.mark.parametrize(
        "name",
        ["nvmlInit*", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUUID"],
    )
    def test_at_the_opening_is_a_meter_error(self, fake_nvml: MakeFakeNvml, name: str) -> None:
        fake = fake_nvml(in_process=True)
        for code in CODES:
            fake.fail(name, code)
            with pytest.raises(MeterError):
                NvmlMeter()
            fake.recover(name)
        NvmlMeter().close()

    @pytest.mark.parametrize("name", [*NEEDED, *NICE, "nvmlDevice*"])
    def test_in_the_midst_of_a_recording(self, fake_nvml: MakeFakeNvml, name: str) -> None:
        fake = fake_nvml(FakeDevice(watts=300.0, tick=0.02, latency=1e-4), in_process=True)
        (gpu,) = all_gpus(open_library())
        for code in CODES[::7]:
            track = Track(gpu, Family())
            poll_until(track, time.perf_counter() + 0.04)
            before = time.perf_counter()
            poll_until(track, before)
            # where a busy machine woke us late, that is after what was before
            start = min(track.covered() - 0.05, before - 0.02)
            fake.fail(name, code)
            poll_until(track, time.perf_counter() + 0.03)
            fake.recover(name)
            check(track, start, before - 0.001)


def poll_until(track: Track, instant: float) -> None:
    """What the recorder thread does, until an instant is covered or nothing more comes."""
    deadline = time.perf_counter() + 2.0
    while track.covered() < instant and track.fault is None:
        assert time.perf_counter() < deadline
        time.sleep(max(0.0, track.due - time.perf_counter()))
        track.poll(urgent=True)


def check(track: Track, start: float, before: float) -> None:
    """Either the figure goes on and is right, or there is a reason; what was, stays known."""
    assert_right(track, max(start, before - 0.02), before)
    now = track.covered()
    if track.fault is None:
        assert_right(track, before, now)
    else:
        assert track.fault.flag
        with pytest.raises(MeterError, match=track.gpu.name):
            track.read(before, now + 1.0)


def assert_right(track: Track, start: float, end: float) -> None:
    told = track.read(start, end)
    assert abs(told.joules - 300.0 * (end - start)) <= 3 * told.stderr + 1.0


class TestTheCounter:
    @pytest.mark.parametrize(
        ("mode", "flag", "message"),
        [
            ("frozen", "counter_frozen", "not moved for"),
            ("zero", "counter_back", "went back"),
            ("back", "counter_back", "went back"),
        ],
    )
    def test_that_fails_on_the_way_gives_no_figure(
        self, meter: Machine, mode: Mode, flag: str, message: str
    ) -> None:
        fake, nvml = meter
        nvml.attach()
        good = time.perf_counter()
        time.sleep(0.6)
        good_end = time.perf_counter()
        nvml.wait_until_covered(good_end)
        fake.counter(mode)
        start = time.perf_counter()
        time.sleep(0.1)
        end = time.perf_counter()
        with pytest.raises(MeterError, match=message) as caught:
            nvml.wait_until_covered(end)
        assert caught.value.flag == flag
        with pytest.raises(MeterError, match=message):
            nvml.read(start, end)
        (before,) = nvml.read(good, good_end)
        assert before.joules == pytest.approx(300.0 * (good_end - good), rel=0.01)

    def test_that_answers_nothing_is_not_trusted(self, meter: Machine) -> None:
        fake, nvml = meter
        fake.counter("zero")
        with pytest.raises(MeterError, match="answers 0") as caught:
            nvml.attach()
        assert caught.value.flag == "counter_zero"

    def test_that_never_moves_is_not_trusted(self, meter: Machine) -> None:
        fake, nvml = meter
        fake.counter("frozen")
        with pytest.raises(MeterError, match="not moved") as caught:
            nvml.attach()
        assert caught.value.flag == "counter_frozen"

    def test_that_pauses_shortly_loses_nothing(self, meter: Machine) -> None:
        fake, nvml = meter
        nvml.attach()
        start = time.perf_counter()
        time.sleep(0.3)
        fake.counter("frozen")
        time.sleep(0.5)
        fake.counter("normal")
        time.sleep(0.3)
        end = time.perf_counter()
        nvml.wait_until_covered(end)
        (reading,) = nvml.read(start, end)
        assert reading.joules == pytest.approx(300.0 * (end - start), rel=0.01)


class TestTheSamples:
    def test_that_fail_on_the_way_leave_the_counter(self, meter: Machine) -> None:
        fake, nvml = meter
        nvml.attach()
        time.sleep(0.3)
        fake.fail("nvmlDeviceGetSamples", pynvml.NVML_ERROR_UNKNOWN)
        start = time.perf_counter()
        time.sleep(0.8)
        end = time.perf_counter()
        nvml.wait_until_covered(end)
        (reading,) = nvml.read(start, end)
        assert reading.joules == pytest.approx(300.0 * (end - start), rel=0.01)
        assert reading.flags == {"no_samples"}

    def test_with_a_gap_keep_the_counter(self, meter: Machine) -> None:
        fake, nvml = meter
        nvml.attach()
        start = time.perf_counter()
        time.sleep(0.3)
        fake.gap(0.4)
        time.sleep(0.8)
        end = time.perf_counter()
        nvml.wait_until_covered(end)
        (reading,) = nvml.read(start, end)
        assert reading.joules == pytest.approx(300.0 * (end - start), rel=0.01)
        assert reading.flags == frozenset()

    def test_that_stop_for_good_leave_the_counter(self, meter: Machine) -> None:
        fake, nvml = meter
        nvml.attach()
        fake.gap(60.0)
        start = time.perf_counter()
        time.sleep(0.5)
        end = time.perf_counter()
        nvml.wait_until_covered(end)
        (reading,) = nvml.read(start, end)
        assert reading.joules == pytest.approx(300.0 * (end - start), rel=0.01)
        assert reading.flags == {"no_samples"}


class TestTheWholeGpu:
    def test_lost_on_the_way(self, meter: Machine) -> None:
        fake, nvml = meter
        nvml.attach()
        time.sleep(0.2)
        fake.lose()
        with pytest.raises(MeterError, match=r"NVIDIA H200: .*GPU is lost") as caught:
            nvml.wait_until_covered(time.perf_counter())
        assert caught.value.flag == "gpu_lost"
        with pytest.raises(MeterError, match="GPU is lost"):
            nvml.attach()

    def test_that_comes_back_is_measured_again(self, meter: Machine) -> None:
        fake, nvml = meter
        nvml.attach()
        fake.fail("nvmlDeviceGetTotalEnergyConsumption", pynvml.NVML_ERROR_UNKNOWN)
        with pytest.raises(MeterError, match="Unknown Error"):
            nvml.wait_until_covered(time.perf_counter())
        fake.recover("nvmlDeviceGetTotalEnergyConsumption")
        nvml.attach()
        start = time.perf_counter()
        time.sleep(0.5)
        end = time.perf_counter()
        nvml.wait_until_covered(end)
        (reading,) = nvml.read(start, end)
        assert reading.joules == pytest.approx(300.0 * (end - start), rel=0.01)

    def test_that_answers_no_power_at_all(self, meter: Machine) -> None:
        fake, nvml = meter
        for name in NEEDED:
            fake.fail(name, pynvml.NVML_ERROR_NOT_SUPPORTED)
        with pytest.raises(MeterError, match=r"neither its energy counter nor its power: .*Supp"):
            nvml.attach()

    def test_whatever_else_happens_the_thread_lives(
        self, meter: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, nvml = meter
        nvml.attach()
        escaped: list[object] = []
        monkeypatch.setattr(threading, "excepthook", escaped.append)

        def broken(self: Gpu) -> float:
            raise RuntimeError("out of cheese")

        with monkeypatch.context() as patch:
            patch.setattr(Gpu, "joules", broken)
            with pytest.raises(MeterError, match="out of cheese"):
                nvml.wait_until_covered(time.perf_counter())
        nvml.attach()
        assert escaped == []

    def test_one_of_two(self, fake_nvml: MakeFakeNvml) -> None:
        fake = fake_nvml(FakeDevice(watts=300.0), FakeDevice(watts=200.0), in_process=True)
        nvml = NvmlMeter()
        nvml.attach()
        fake.lose(1)
        with pytest.raises(MeterError, match="GPU is lost"):
            nvml.wait_until_covered(time.perf_counter())
        nvml.close()


def test_a_meter_that_was_closed_says_so(meter: Machine) -> None:
    _, nvml = meter
    nvml.attach()
    nvml.close()
    with pytest.raises(MeterError, match="did not arrive"):
        nvml.wait_until_covered(time.perf_counter())


def test_pynvml_that_is_missing_or_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(MeterError, match="pip install nvidia-ml-py"):
        NvmlMeter()
    foreign = type(pynvml)("pynvml")
    foreign.NVMLError = pynvml.NVMLError
    monkeypatch.setitem(sys.modules, "pynvml", foreign)
    with pytest.raises(MeterError, match="not NVIDIA's"):
        NvmlMeter()
