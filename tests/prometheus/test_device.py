"""One device through its series: restarts of pods, resets, gaps, slow exporters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.prometheus.answer import Series
from pytest_inferenergy.meters.prometheus.device import ScrapedDevice, by_device, since_reset
from pytest_inferenergy.meters.prometheus.source import DCGM, ENERGY_METRIC, Source

COUNTER, POWER = DCGM
JOULES = Source("board_joules_total", 1.0)


def series(
    begin: float,
    end: float,
    *,
    watts: float = 100.0,
    step: float = 5.0,
    scale: float = 1e3,
    **labels: str,
) -> Series:
    """A counter of so many watts, in millijoules, from ``begin`` to before ``end``."""
    count = math.ceil((end - begin) / step)
    times = [begin + step * n for n in range(count)]
    named = {"__name__": ENERGY_METRIC, "UUID": "GPU-a", "Hostname": "node-1"} | labels
    return Series(named, tuple((t, scale * watts * t) for t in times))


def followed(*found: Series, source: Source = COUNTER) -> ScrapedDevice:
    device = ScrapedDevice("GPU-a", source)
    device.follow(list(found), 0.0)
    return device


def test_the_energy_is_the_counters_increase() -> None:
    device = followed(series(0, 100))
    assert device.sampling_interval == 5.0
    assert device.told == 95
    energy = device.energy(13.0, 73.0)
    assert energy.joules == pytest.approx(6000)
    assert energy.stderr < 1e-6 * energy.joules
    assert len(device.identity) == 12
    assert "GPU-a" not in device.identity


def test_a_counter_of_unknown_range_began_anew() -> None:
    source = Source("node_rapl_package_joules_total", 1.0, component="cpu")
    rows = tuple((5.0 * n, (262_000.0 + 300 * n) % 262_143.32885) for n in range(40))
    device = followed(Series({"instance": "a"}, rows), source=source)
    with pytest.raises(MeterError, match="at a began anew during the measurement") as caught:
        device.check(0.0, 200.0)
    assert caught.value.flag == "counter_back"
    assert "driver" not in str(caught.value)


def test_what_comes_twice_counts_once() -> None:
    device = followed(series(0, 100))
    device.follow([series(50, 200)], 0.0)
    assert device.energy(20, 180).joules == pytest.approx(16000)


def test_an_edge_beside_a_change_of_load_is_doubted() -> None:
    idle, busy = series(0, 50, watts=100), series(50, 100, watts=100)
    rows = [(t, v + 4e5 * max(t - 50, 0)) for t, v in (*idle.samples, *busy.samples)]
    device = followed(Series(idle.labels, tuple(rows)))
    assert device.energy(52, 80).stderr > 100
    assert device.energy(62, 90).stderr < device.energy(52, 80).stderr


def test_a_pod_restarts_and_its_labels_change() -> None:
    device = followed(series(0, 52, pod="vllm-1"))
    device.follow([series(0, 52, pod="vllm-1"), series(55, 120, pod="vllm-2")], 0.0)
    assert device.energy(13, 93).joules == pytest.approx(8000)


def test_two_servers_that_scrape_one_card_count_once() -> None:
    ours, theirs = series(0, 100, job="a"), series(2, 100, job="b")
    device = followed(ours, theirs)
    device.follow([series(50, 150, job="a"), series(52, 152, job="b")], 0.0)
    assert device.energy(10, 130).joules == pytest.approx(12000)
    assert device.sampling_interval == 5.0


def test_series_without_a_card_are_devices_by_their_labels() -> None:
    cards = by_device([series(0, 9, UUID="GPU-a"), series(0, 9, UUID="GPU-b"), series(9, 9)])
    assert set(cards) == {"GPU-a", "GPU-b"}
    assert len(by_device([series(0, 9, UUID="", x=x) for x in "ab"])) == 2


def test_a_counter_that_goes_back_is_an_error_from_there_on() -> None:
    device = followed(series(0, 100))
    device.follow([Series(series(0, 1).labels, ((105.0, 5e3), (110.0, 5e5)))], 0.0)
    assert device.energy(10, 90).joules == pytest.approx(8000)
    with pytest.raises(MeterError, match=r"at node-1 went back .* restarted") as caught:
        device.energy(10, 100)
    assert caught.value.flag == "counter_back"
    assert device.told == 95


def test_what_was_before_the_devices_were_chosen_may_have_gone_back() -> None:
    rows = ((0.0, 5e6), (5.0, 6e6), (10.0, 1e3), (15.0, 5e5))
    assert since_reset(Series({}, rows)).samples == rows[2:]
    assert since_reset(Series({}, rows[:2])).samples == rows[:2]


def test_a_counter_that_jumps() -> None:
    device = followed(series(0, 100))
    device.follow([Series(series(0, 1).labels, ((100.0, 1e12),))], 0.0)
    assert isinstance(device.fault, MeterError)
    assert device.fault.flag == "counter_jump"
    absurd = followed(Series({}, ((0.0, 1.0), (5.0, 1e300))), source=JOULES)
    assert "no device can reach" in str(absurd.fault)


def test_an_exporter_slower_than_the_scrapes() -> None:
    """DCGM exporter looks each 30 s unless it is told otherwise."""
    rows = [(float(t), 1e5 * (t // 30 * 30)) for t in range(0, 600, 5)]
    device = followed(Series({"UUID": "GPU-a"}, tuple(rows)))
    assert device.sampling_interval == 30.0
    energy = device.energy(100, 500)
    assert energy.joules == pytest.approx(40000, rel=0.01)
    assert energy.stderr > 100 * 5 / math.sqrt(12)


def test_a_window_shorter_than_two_scrapes_is_refused() -> None:
    with pytest.raises(MeterError, match=r"a window of 8.0 s is too short .* each 5.0 s") as caught:
        followed(series(0, 100)).energy(41, 49)
    assert caught.value.flag == "too_short"


def test_missing_scrapes() -> None:
    device = followed(series(0, 100))
    device.follow([series(150, 250)], 0.0)
    assert device.energy(20, 200).joules == pytest.approx(18000)
    assert device.has_gap(20, 120)
    assert not device.has_gap(20, 200)
    with pytest.raises(MeterError, match="was not scraped during a window") as caught:
        device.energy(105, 145)
    assert caught.value.flag == "scrape_gap"
    with pytest.raises(MeterError, match="not scraped all through"):
        device.energy(-50, 90)


def test_power_alone() -> None:
    device = followed(
        Series({"UUID": "GPU-a"}, tuple((5.0 * n, 250.0) for n in range(40))), source=POWER
    )
    energy = device.energy(50, 110)
    assert energy.joules == pytest.approx(15000)
    assert energy.stderr >= 0.01 * energy.joules
    device.follow([Series({"UUID": "GPU-a"}, ((200.0, -1.0),))], 0.0)
    assert "negative power" in str(device.fault)


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e20, 1e20)), min_size=1, max_size=40).map(
        sorted
    ),
    st.sampled_from([COUNTER, POWER, JOULES]),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_whatever_was_scraped_it_is_a_figure_or_a_meter_error(
    rows: list[tuple[float, float]], source: Source, start: float, length: float
) -> None:
    device = followed(Series({"UUID": "GPU-a"}, tuple(rows)), source=source)
    try:
        energy = device.energy(start, start + length)
    except MeterError:
        return
    assert math.isfinite(energy.joules)
    assert energy.stderr >= 0
    if device.fault is None and not source.is_power:
        values = [value for _, value in rows]
        assert energy.joules <= source.scale * (max(values) - min(values)) * (1 + 1e-9) + 1e-6
