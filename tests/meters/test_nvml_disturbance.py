"""How little the NVML meter disturbs: its thread, its calls, and the power at rest."""

from __future__ import annotations

import threading
import time

import pynvml
import pytest

from pytest_inferenergy.meters.base import Reading
from tests.meters.nvml_windows import (
    HONEST,
    REAL,
    TURNS,
    OpenMeter,
    compare,
    recorded,
    rms,
)
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice


class TestDisturbance:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The names of the NVML calls made, in order."""
        calls: list[str] = []

        def counted(name: str) -> None:
            real = getattr(pynvml, name)

            def call(*args: object) -> object:
                calls.append(name)
                return real(*args)

            call.__name__ = name
            monkeypatch.setattr(pynvml, name, call)

        for name in [n for n in dir(pynvml) if n.startswith("nvmlDeviceGet")]:
            counted(name)
        return calls

    def test_the_counter_is_seldom_asked(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter, asked: list[str]
    ) -> None:
        fake_nvml(REAL(), in_process=True)
        meter = open_meter()
        recorded(meter, 1.0)
        asked.clear()
        time.sleep(3.0)
        assert asked.count("nvmlDeviceGetTotalEnergyConsumption") <= 3 * 15
        assert asked.count("nvmlDeviceGetSamples") <= 3 * 3
        assert len(asked) <= 3 * 45

    def test_nothing_is_asked_between_measurements(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter, asked: list[str]
    ) -> None:
        fake = fake_nvml(FakeDevice(curve=TURNS), in_process=True)
        meter = open_meter()
        recorded(meter, 0.6)
        meter.rest()
        time.sleep(0.1)
        asked.clear()
        time.sleep(1.0)
        assert asked == []
        start, end = recorded(meter, 1.6)
        relative, scores = compare(meter, fake, start, end, count=10)
        assert rms(relative) <= 0.02
        assert rms(scores) <= HONEST

    @pytest.mark.parametrize("numbers", [100, 300_000], ids=["short_steps", "long_steps"])
    def test_a_host_that_is_busy_all_the_time_is_measured_right(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter, numbers: int
    ) -> None:
        fake = fake_nvml(REAL(curve=TURNS), in_process=True)
        some = list(range(numbers))

        def work(seconds: float) -> tuple[float, float]:
            """Python that lets go of the interpreter only when asked to."""
            start = time.perf_counter()
            while time.perf_counter() < start + seconds:
                sum(some)
            return start, time.perf_counter()

        meter = open_meter()
        meter.attach()
        work(0.5)
        start, end = work(2.5)
        meter.wait_until_covered(end)
        relative, scores = compare(meter, fake, start, end)
        assert rms(relative) <= 0.02
        assert rms(scores) <= HONEST

    def test_an_edge_costs_next_to_nothing(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter
    ) -> None:
        fake_nvml(REAL(), in_process=True)
        meter = open_meter()
        meter.attach()
        start = time.perf_counter()
        for _ in range(1000):
            meter.edge()
        assert time.perf_counter() - start < 0.1

    def test_the_thread_is_gone_after_close(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter
    ) -> None:
        fake_nvml(in_process=True)
        before = threading.active_count()
        meter = open_meter()
        assert threading.active_count() == before  # none before it is needed
        meter.attach()
        assert threading.active_count() == before + 1
        meter.close()
        meter.close()
        assert threading.active_count() == before

    def test_memory_stays_bounded(self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter) -> None:
        fake_nvml(FakeDevice(watts=300.0), in_process=True)
        meter = open_meter()
        _, end = recorded(meter, 0.8)
        meter.forget(end - 0.4)
        (reading,) = meter.read(end - 0.4, end)
        assert reading.joules == pytest.approx(300.0 * 0.4, rel=0.01)


class TestIdle:
    def test_power_at_rest_is_measured_once(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter
    ) -> None:
        fake = fake_nvml(FakeDevice(watts=121.0), FakeDevice(watts=80.0), in_process=True)
        meter = open_meter()
        recorded(meter, 0.3)
        meter.rest()
        assert meter.profile().idle_watts == pytest.approx(201.0, rel=0.005)
        fake.scale(2.0)
        recorded(meter, 0.3)
        start = time.perf_counter()
        meter.rest()
        assert time.perf_counter() - start < 0.1
        assert meter.profile().idle_watts == pytest.approx(201.0, rel=0.005)

    def test_what_goes_wrong_with_it_voids_nothing(
        self, fake_nvml: MakeFakeNvml, open_meter: OpenMeter
    ) -> None:
        fake = fake_nvml(FakeDevice(watts=121.0), in_process=True)
        meter = open_meter()
        window = recorded(meter, 0.5)
        fake.lose()
        meter.rest()
        assert meter.profile().idle_watts is None
        (reading,) = meter.read(*window)
        assert isinstance(reading, Reading)
        assert reading.joules == pytest.approx(121.0 * (window[1] - window[0]), rel=0.01)
