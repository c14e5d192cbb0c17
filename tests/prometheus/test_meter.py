"""The meter against a real Prometheus server that scrapes replayed cards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.gpu import hashed
from pytest_inferenergy.meters.prometheus import meter as meter_module
from pytest_inferenergy.meters.prometheus.meter import PrometheusMeter
from pytest_inferenergy.meters.prometheus.source import POWER_METRIC, parse_source
from tests.meters.recordings import STEADY, trace
from tests.prometheus.exporter import Card, Exporter
from tests.prometheus.server import RealPrometheus


@pytest.fixture
def meter(prometheus: RealPrometheus, selector: str) -> Iterator[PrometheusMeter]:
    meter = PrometheusMeter(prometheus.url, parse_source(selector))
    meter.attach()
    yield meter
    meter.close()


def window(meter: PrometheusMeter, seconds: float) -> tuple[float, float]:
    """A settled window."""
    start = meter.edge()
    time.sleep(seconds)
    end = meter.edge()
    meter.wait_until_covered(end)
    return start, end


def test_windows_tell_what_the_cards_used(meter: PrometheusMeter, exporter: Exporter) -> None:
    """Twelve scrapes a window, as 60 s have at one each 5 s."""
    profile = meter.profile()
    assert (profile.meter, profile.device, profile.count) == ("prometheus", "NVIDIA H200", 2)
    assert meter.sampling_interval == pytest.approx(0.5, abs=0.05)
    start, end = window(meter, 12 * 0.5)
    readings = {reading.device: reading for reading in meter.read(start, end)}
    for card in exporter.cards:
        reading = readings[hashed(card.uuid)]
        used = card.truth(end) - card.truth(start)
        assert reading.joules == pytest.approx(used, rel=0.04)  # the counter's own grain is 2 %
        assert abs(reading.joules - used) < 4 * reading.stderr
        assert (reading.component, reading.source) == ("gpu", "measured")
        assert reading.state is not None
        assert reading.state.foreign_processes is None  # contention_unknown
    meter.forget(end)
    with pytest.raises(MeterError, match="not scraped all through"):
        meter.read(start - 300, start - 290)
    meter.close()


def test_power_alone_where_there_is_no_counter(
    exporter: Exporter, prometheus: RealPrometheus
) -> None:
    source = parse_source(f'{POWER_METRIC}{{UUID="{exporter.cards[0].uuid}"}} W')
    meter = PrometheusMeter(prometheus.url, source)
    meter.attach()
    start, end = window(meter, 5)
    (reading,) = meter.read(start, end)
    used = exporter.cards[0].truth(end) - exporter.cards[0].truth(start)
    assert reading.joules == pytest.approx(used, rel=0.1)
    assert reading.stderr > 0.01 * used


def test_a_card_that_joins_ends_the_measurement_and_is_in_the_next(
    meter: PrometheusMeter, exporter: Exporter
) -> None:
    start = meter.edge()
    exporter.cards.append(
        Card(trace(STEADY), "GPU-c", exporter.cards[0].labels | {"Hostname": "node-2"})
    )
    with pytest.raises(MeterError, match=r"another device joined .* node-2") as caught:
        meter.wait_until_covered(start + 60)
    assert caught.value.flag == "device_joined"
    meter.attach()
    assert meter.profile().count == 3


@pytest.mark.parametrize(
    ("fault", "flag", "message"),
    [
        ("hidden", "series_lost", "is not scraped any more"),
        ("frozen", "counter_frozen", "counter stands still"),
        ("reset", "counter_back", "went back during the measurement"),
    ],
)
def test_a_card_that_is_lost(
    meter: PrometheusMeter,
    exporter: Exporter,
    fault: str,
    flag: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meter_module, "LEAST_PATIENCE", 2.0)
    card = exporter.cards[0]
    if fault == "hidden":
        card.hidden = True
    elif fault == "frozen":
        card.frozen_at = time.perf_counter()
    else:
        card.offset = -card.truth(time.perf_counter())
    with pytest.raises(MeterError, match=message) as caught:
        meter.wait_until_covered(meter.edge() + 60)
    assert caught.value.flag == flag


def test_a_server_that_is_away_for_a_moment_does_no_harm(
    meter: PrometheusMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = meter.edge()
    with monkeypatch.context() as patch:
        patch.setattr(meter._server, "_url", "http://127.0.0.1:9")
        time.sleep(0.1)
        before = meter.covered()
        time.sleep(1.5)
        assert meter.covered() == before
    time.sleep(1.5)
    meter.wait_until_covered(start + 3)
    assert sum(reading.joules for reading in meter.read(start, start + 3)) > 1000


def test_a_server_that_stays_away_is_named(
    meter: PrometheusMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_module, "LEAST_PATIENCE", 1.0)
    monkeypatch.setattr(meter._server, "_url", "http://127.0.0.1:9")
    with pytest.raises(MeterError, match=r"cannot reach 127.0.0.1:.*: Connection refused"):
        meter.wait_until_covered(meter.edge() + 60)


def test_who_waits_can_be_woken(meter: PrometheusMeter) -> None:
    meter.interrupt()
    with pytest.raises(MeterError, match="cancelled"):
        meter.wait_until_covered(meter.edge() + 60)
    meter.attach()
    meter.wait_until_covered(meter.edge())


def test_energy_that_never_comes_is_not_waited_for_for_ever(
    meter: PrometheusMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_module, "LEAST_PATIENCE", 0.2)
    monkeypatch.setattr(meter_module, "PATIENCE", 0.2)
    monkeypatch.setattr(meter, "covered", lambda: -1.0)
    with pytest.raises(MeterError, match="told no energy up to the end") as caught:
        meter.wait_until_covered(meter.edge())
    assert caught.value.flag == "meter_silent"
