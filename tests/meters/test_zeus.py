"""The meter over Zeus's device layer, on Zeus's own abstractions with recorded curves."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.zeus import meter as zeus
from pytest_inferenergy.meters.zeus.meter import Track, ZeusMeter
from pytest_inferenergy.meters.zeus.taps import Source, Tap, find_sources, gpu_sources, soc_sources
from tests.meters.recordings import HOST_BOUND, STEADY, trace
from tests.prometheus.exporter import Card

COUNTER = Tap("gpu", "zeus-gpu-0", "counter")


@pytest.fixture
def devices() -> Any:
    from tests.meters import zeus_devices  # takes two seconds

    return zeus_devices


@pytest.fixture
def card() -> Card:
    return Card(trace(STEADY), "GPU-a")


@pytest.fixture
def opened() -> Iterator[list[ZeusMeter]]:
    meters: list[ZeusMeter] = []
    yield meters
    for meter in meters:
        meter.close()
    assert not [t for t in threading.enumerate() if t.name == "inferenergy-zeus"]


def window(meter: ZeusMeter, seconds: float = 2.0) -> tuple[float, float]:
    time.sleep(0.5)
    meter.attach()
    start = meter.edge()
    time.sleep(seconds)
    end = meter.edge()
    meter.wait_until_covered(end)
    return start, end


def test_gpus_by_their_counters(devices: Any, card: Card, opened: list[ZeusMeter]) -> None:
    other = Card(trace(HOST_BOUND), "GPU-b")
    gpus = [devices.replayed_gpu(card), devices.replayed_gpu(other)]
    opened.append(meter := ZeusMeter(gpu_sources(gpus)))
    start, end = window(meter)
    profile = meter.profile()
    assert (profile.meter, profile.device, profile.count) == ("zeus", "AMD Instinct MI300X", 2)
    assert 0.04 < meter.sampling_interval < 0.3
    for reading, played in zip(meter.read(start, end), (card, other), strict=True):
        used = played.truth(end) - played.truth(start)
        assert abs(reading.joules - used) < 4 * reading.stderr
        assert reading.joules == pytest.approx(used, rel=0.1)
        assert (reading.component, reading.source) == ("gpu", "measured")
        assert reading.state is not None
        assert reading.state.foreign_processes is None


def test_a_gpu_without_a_counter_by_its_power(
    devices: Any, card: Card, opened: list[ZeusMeter]
) -> None:
    opened.append(meter := ZeusMeter(gpu_sources([devices.replayed_gpu(card, counter=False)])))
    start, end = window(meter)
    (reading,) = meter.read(start, end)
    used = card.truth(end) - card.truth(start)
    assert reading.joules == pytest.approx(used, rel=0.1)
    assert reading.stderr >= 0.01 * reading.joules


@pytest.mark.parametrize(("name", "kind"), [("AppleSilicon", "counter"), ("Jetson", "sum")])
def test_a_chip_by_its_components(
    devices: Any, card: Card, opened: list[ZeusMeter], name: str, kind: str
) -> None:
    sources = soc_sources(devices.replayed_soc(card, name))
    assert {tap.kind for tap in sources[0].taps} == {kind}
    opened.append(meter := ZeusMeter(sources))
    start, end = window(meter)
    told = {reading.component: reading for reading in meter.read(start, end)}
    assert told["gpu"].joules == pytest.approx(card.truth(end) - card.truth(start), rel=0.05)
    assert told["cpu"].joules == pytest.approx(5 * (end - start), rel=0.05)
    assert told["ram"].joules == pytest.approx(1 * (end - start), rel=0.05)
    if kind == "sum":
        assert told["cpu"].stderr >= 0.01 * told["cpu"].joules


def test_what_answers_nothing_is_left_out_and_named(devices: Any, card: Card) -> None:
    silent = devices.replayed_gpu(card, counter=False, power=False)
    assert len(gpu_sources([silent, devices.replayed_gpu(card)])) == 1
    with pytest.raises(MeterError, match=r"no GPU that Zeus finds tells its energy: .*no power"):
        gpu_sources([silent])
    with pytest.raises(MeterError, match="tells no energy of this"):
        soc_sources(devices.NO_ENERGY)


def test_a_counter_that_stands_still(devices: Any, card: Card, opened: list[ZeusMeter]) -> None:
    opened.append(meter := ZeusMeter(gpu_sources([devices.replayed_gpu(card)])))
    time.sleep(0.5)
    card.frozen_at = time.perf_counter()
    with pytest.raises(MeterError, match="zeus-gpu-0 for 1 s, its counter stands still") as caught:
        meter.wait_until_covered(meter.edge() + 0.5, timeout=1.0)
    assert caught.value.flag == "meter_silent"


def test_a_device_that_is_lost(devices: Any, card: Card, opened: list[ZeusMeter]) -> None:
    gpu = devices.replayed_gpu(card)
    opened.append(meter := ZeusMeter(gpu_sources([gpu])))
    time.sleep(0.3)
    card.offset = float("nan")
    with pytest.raises(MeterError, match="zeus-gpu-0 for 1 s: cannot convert float NaN"):
        meter.wait_until_covered(meter.edge() + 0.5, timeout=1.0)


def test_a_counter_that_goes_back(devices: Any, card: Card, opened: list[ZeusMeter]) -> None:
    opened.append(meter := ZeusMeter(gpu_sources([devices.replayed_gpu(card)])))
    time.sleep(0.5)
    card.offset = 0.0
    with pytest.raises(MeterError, match="zeus-gpu-0: the counter went back") as caught:
        meter.wait_until_covered(meter.edge() + 1)
    assert caught.value.flag == "counter_back"


def test_a_value_that_repeats_is_told_less_well() -> None:
    smooth, slow = Track(COUNTER), Track(COUNTER)
    for n in range(200):
        smooth.add(0.05 * n, 10.0 * n, 0.0)
        slow.add(0.05 * n, 10.0 * (n // 4 * 4), 0.0)
    assert slow.sampling_interval == pytest.approx(0.2)
    ours, theirs = (track.timeline.energy_between(2.03, 8.07) for track in (smooth, slow))
    assert ours.joules == pytest.approx(theirs.joules, rel=0.02)
    assert theirs.stderr > ours.stderr + 1


def test_zeus_finds_what_is_there(
    devices: Any, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zeus.device.gpu
    import zeus.device.soc

    gpus = devices.replayed_gpus(devices.replayed_gpu(card))
    monkeypatch.setattr(zeus.device.gpu, "_gpus", gpus)
    assert find_sources()[0].model == "AMD Instinct MI300X"
    monkeypatch.setattr(zeus.device.soc, "_soc", devices.replayed_soc(card))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    assert find_sources()[0].model == "AppleSilicon"
    monkeypatch.setattr(zeus.device.soc, "_soc", None)
    monkeypatch.setattr(zeus.device.gpu, "_gpus", devices.replayed_gpus())
    with pytest.raises(MeterError, match="Zeus finds no device here: no system on a chip"):
        find_sources()


def test_no_zeus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeus", None)
    monkeypatch.setitem(sys.modules, "zeus.device", None)
    with pytest.raises(MeterError, match=r"pip install .pytest-inferenergy.zeus.."):
        find_sources()


def test_zeus_is_imported_only_when_it_is_asked_for() -> None:
    code = "import sys, pytest_inferenergy.meters.zeus.meter; sys.exit('zeus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_errors_that_pass_cost_nothing_and_those_that_stay_end_it(
    opened: list[ZeusMeter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zeus, "SETTLE_SECONDS", 1.0)
    began, fails = time.perf_counter(), threading.Event()

    def read() -> tuple[float, ...]:
        if fails.is_set():
            raise RuntimeError("device busy")
        return (100.0 * (time.perf_counter() - began),)

    opened.append(meter := ZeusMeter((Source("Card", (COUNTER,), read),)))
    start = meter.edge()
    time.sleep(0.5)
    fails.set()
    time.sleep(0.3)
    meter.check(meter.edge())  # too early to say
    fails.clear()
    end = meter.edge()
    meter.wait_until_covered(end)
    (reading,) = meter.read(start + 0.2, end)
    assert reading.joules == pytest.approx(100.0 * (end - start - 0.2), rel=0.1)
    fails.set()
    time.sleep(0.1)  # a look may be under way
    late = meter.edge()
    time.sleep(1.2)
    with pytest.raises(MeterError, match="device busy") as caught:
        meter.check(late)
    assert caught.value.flag == "meter_silent"
