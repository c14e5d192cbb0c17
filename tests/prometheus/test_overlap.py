"""Series that hold the same energy count once, or are refused by name."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.prometheus.answer import Series
from pytest_inferenergy.meters.prometheus.device import by_device, same_devices
from pytest_inferenergy.meters.prometheus.meter import PrometheusMeter
from pytest_inferenergy.meters.prometheus.source import parse_source
from tests.prometheus.conftest import Scripted, as_json

PACKAGE = "node_rapl_package_joules_total"
MSR = "/host/sys/class/powercap/intel-rapl:0"
MMIO = "/host/sys/class/powercap/intel-rapl-mmio:0"


def counter(
    metric: str = PACKAGE,
    *,
    watts: float = 60.0,
    at: float = 5000.0,
    phase: float = 0.0,
    count: int = 20,
    **labels: str,
) -> Series:
    """A counter scraped each 5 s; ``phase``: when, within these."""
    named = {"__name__": metric, "instance": "a:9100", "job": "node"} | labels
    times = [1000.0 + 5 * n + phase for n in range(count)]
    return Series(named, tuple((t, at + watts * (t - 1000.0)) for t in times))


def counted(*found: Series) -> list[list[Series]]:
    return list(by_device(found, same_devices(found)).values())


def test_one_package_by_two_paths_counts_once() -> None:
    msr = counter(index="0", path=MSR)
    mmio = counter(index="0", path=MMIO, at=77.0)
    for found in ((msr, mmio), (mmio, msr)):
        assert counted(*found) == [[msr]]
    assert counted(mmio) == [[mmio]]


def test_two_packages_by_two_paths_count_twice() -> None:
    msr = [counter(index=i, path=MSR[:-1] + i) for i in "01"]
    mmio = [counter(index=i, path=MMIO[:-1] + i) for i in "01"]
    assert counted(*msr, *mmio) == [[one] for one in msr]


@pytest.mark.parametrize(
    "label", ["replica", "prometheus_replica", "__replica__", "receive_replica", "job", "pod"]
)
@pytest.mark.parametrize("count", [2, 20])
def test_one_counter_scraped_by_two_counts_once(label: str, count: int) -> None:
    found = [
        counter(phase=phase, count=count, **{label: name})  # type: ignore[arg-type]
        for phase, name in ((0, "a"), (2.3, "b"))
    ]
    assert counted(*found) == [found]


def test_machines_that_happen_to_agree_count_each() -> None:
    found = [counter(instance=f"{name}:9100") for name in "abc"]
    assert len(counted(*found)) == 3


def test_what_a_replica_of_the_model_counts_counts_each() -> None:
    """A label that is named alike, with counters of their own."""
    found = [counter(replica="0"), counter(replica="1", watts=45.0, at=90.0)]
    assert len(counted(*found)) == 2


@pytest.mark.parametrize(
    ("whole", "part", "by"),
    [
        ({"metric": PACKAGE}, {"metric": "node_rapl_core_joules_total"}, "the metric's name"),
        ({"metric": PACKAGE}, {"metric": "node_rapl_uncore_joules_total"}, "the metric's name"),
        ({"metric": "node_rapl_psys_joules_total"}, {"metric": PACKAGE}, "the metric's name"),
        (
            {"metric": "kepler_node_cpu_joules_total", "zone": "package"},
            {"metric": "kepler_node_cpu_joules_total", "zone": "core"},
            "the label zone",
        ),
        (
            {"metric": "a_joules_total", "domain": "psys-1"},
            {"metric": "a_joules_total", "domain": "dram"},
            "the label domain",
        ),
        (
            {"metric": "a_joules_total", "name": "package-0"},
            {"metric": "a_joules_total", "name": "core"},
            "the label name",
        ),
    ],
)
def test_a_whole_and_its_part_are_refused_by_name(
    whole: dict[str, str], part: dict[str, str], by: str
) -> None:
    pair = [counter(**whole), counter(**part, watts=20.0, at=3.0)]  # type: ignore[arg-type]
    for found in (pair, pair[::-1]):
        with pytest.raises(MeterError) as caught:
            counted(*found)
        message = str(caught.value)
        assert "together each joule would count twice" in message
        assert f"choose one by {by} in energy_prometheus" in message
        assert all(one.labels["__name__"] in message for one in pair)
        assert caught.value.flag == "series_overlap"


def test_what_is_beside_each_other_is_added() -> None:
    parts = [
        counter("node_rapl_dram_joules_total", watts=9.0),
        counter(PACKAGE),
        counter("node_rapl_core_joules_total", instance="b:9100"),
        counter("node_rapl_uncore_joules_total", instance="b:9100", watts=3.0),
    ]
    assert len(counted(*parts)) == 4


def test_cards_are_told_by_their_label_alone() -> None:
    same = [counter("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", UUID=f"GPU-{n}") for n in range(3)]
    assert len(counted(*same)) == 3


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["__name__", "instance", "job", "path", "zone", "replica", "UUID"]),
            st.sampled_from(["", "package", "core", "psys", "a", MSR, MMIO]),
        ),
        max_size=5,
    )
)
def test_any_labels_are_taken_or_refused(labels: list[dict[str, str]]) -> None:
    found = [Series(one, counter().samples) for one in labels]
    with contextlib.suppress(MeterError):
        devices = counted(*found)
        assert sum(map(len, devices)) <= len(found)
        assert bool(devices) == bool(found)


def scraped(rows: Iterable[tuple[dict[str, str], float]]) -> list[dict[str, object]]:
    """What a server answers now: counters of so many watts, scraped each half second."""
    now = time.time()
    last = now - now % 0.5
    times = [last - 0.5 * n for n in range(20)][::-1]
    return [
        {"metric": labels, "values": [[t, f"{watts * (t - 1.7e9):.6f}"] for t in times]}
        for labels, watts in rows
    ]


def test_the_meter_lists_what_it_adds_up(scripted: Scripted) -> None:
    rows = [
        ({"__name__": PACKAGE, "instance": "a:9100", "index": "0", "path": MSR}, 60.0),
        ({"__name__": PACKAGE, "instance": "a:9100", "index": "0", "path": MMIO}, 60.0),
        ({"__name__": PACKAGE, "instance": "b:9100", "index": "0", "path": MSR}, 40.0),
    ]

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if "time" in path:
            return as_json({"resultType": "scalar", "result": [time.time(), f"{time.time():.3f}"]})
        return as_json({"resultType": "matrix", "result": scraped(rows)})

    scripted.answer = answer
    meter = PrometheusMeter(scripted.url, parse_source(f"{PACKAGE} J cpu"))
    try:
        meter.attach()
        end = meter.edge()
        start = end - 5.0
        meter.wait_until_covered(end)
        joules = sum(reading.joules for reading in meter.read(start, end))
        listed = meter.profile().added_up
    finally:
        meter.close()
    assert joules == pytest.approx(500.0, rel=0.01)
    assert listed == tuple(
        f'{PACKAGE}{{index="0", instance="{host}:9100", path="{MSR}"}}' for host in "ab"
    )
