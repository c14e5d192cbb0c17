from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import Meter, Reading
from pytest_inferenergy.meters.rapl import meter as rapl
from pytest_inferenergy.meters.rapl.meter import RaplMeter
from pytest_inferenergy.meters.rapl.powercap import find

from .powercap_tree import RANGE_UJ, PowercapTree

pytestmark = pytest.mark.skipif(os.name != "posix", reason="powercap is Linux only")


@pytest.fixture
def tree(tmp_path: Path) -> PowercapTree:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", watts=100.0)
    tree.zone("intel-rapl:0:0", "core", watts=70.0)
    tree.zone("intel-rapl:0:1", "dram", watts=20.0)
    return tree


def opened(tree: PowercapTree) -> RaplMeter:
    return RaplMeter(tree.root, cpuinfo=tree.cpuinfo, now=tree.now, sleep=tree.sleep)


@pytest.fixture
def meter(tree: PowercapTree) -> Iterator[RaplMeter]:
    meter = opened(tree)
    yield meter
    meter.close()


def window(tree: PowercapTree, meter: Meter, seconds: float) -> dict[str, Reading]:
    start = meter.edge()
    tree.sleep(seconds)
    end = meter.edge()
    return {reading.device: reading for reading in meter.read(start, end)}


# What is read


def test_package_and_memory_are_measured_apart(tree: PowercapTree, meter: RaplMeter) -> None:
    readings = window(tree, meter, 2.0)
    assert {name: (r.component, r.source) for name, r in readings.items()} == {
        "package-0": ("cpu", "measured"),
        "package-0/dram": ("ram", "measured"),
    }
    assert readings["package-0"].joules == pytest.approx(200.0)
    assert readings["package-0/dram"].joules == pytest.approx(40.0)


def test_two_sockets_are_two_readings(tree: PowercapTree) -> None:
    tree.zone("intel-rapl:1", "package-1", watts=50.0, start_uj=77_000_000)
    meter = opened(tree)
    readings = window(tree, meter, 1.0)
    assert readings["package-1"].joules == pytest.approx(50.0)
    assert meter.profile().count == 2


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("intel-rapl:1", "psys"),
        ("intel-rapl:0:2", "uncore"),
        ("intel-rapl-mmio:0", "package-0"),
        ("dtpm:0", "package-0"),
    ],
)
def test_what_would_count_energy_twice_is_left_out(
    tree: PowercapTree, folder: str, name: str
) -> None:
    tree.zone(folder, name, watts=300.0)
    assert set(window(tree, opened(tree), 1.0)) == {"package-0", "package-0/dram"}


def test_dies_that_mirror_the_counter_of_their_socket_count_once(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    for die in range(4):
        tree.zone(
            f"intel-rapl:{die}", f"package-0-die-{die}", 200.0, start_uj=9_000_000_000 + 500 * die
        )
    assert set(window(tree, opened(tree), 1.0)) == {"package-0-die-0"}


def test_dies_with_counters_of_their_own_count_each(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0-die-0", 90.0, start_uj=9_000_000_000)
    tree.zone("intel-rapl:1", "package-0-die-1", 110.0, start_uj=8_000_000_000)
    meter = opened(tree)
    assert sum(r.joules for r in window(tree, meter, 1.0).values()) == pytest.approx(200.0)
    assert meter.profile().count == 1


def test_profile_names_the_processor(meter: RaplMeter) -> None:
    profile = meter.profile()
    assert profile.meter == "rapl"
    assert profile.device == "Intel(R) Xeon(R) Platinum 8480+"
    assert (profile.count, profile.power_limit_watts, profile.mig) == (1, None, False)


def test_processor_without_a_name_in_the_kernel_gets_the_platforms(tree: PowercapTree) -> None:
    tree.cpuinfo.unlink()
    assert opened(tree).profile().device


# Windows


def test_windows_in_a_row_add_up(tree: PowercapTree, meter: RaplMeter) -> None:
    edges = [meter.edge()]
    for _ in range(50):
        tree.sleep(0.1)
        edges.append(meter.edge())
    parts = [meter.read(a, b)[0].joules for a, b in itertools.pairwise(edges)]
    assert sum(parts) == pytest.approx(meter.read(edges[0], edges[-1])[0].joules)


def test_standard_error_is_the_update_period_at_both_edges(
    tree: PowercapTree, meter: RaplMeter
) -> None:
    reading = window(tree, meter, 1.0)["package-0"]
    assert reading.stderr == pytest.approx(100.0 * 1e-3 / math.sqrt(6))


def test_window_without_an_update_still_has_an_error(tree: PowercapTree, meter: RaplMeter) -> None:
    tree.watts.clear()
    reading = window(tree, meter, 0.001)["package-0"]
    assert reading.joules == 0
    assert reading.stderr == pytest.approx(100.0 * 1e-3 / math.sqrt(6))


def test_instant_between_two_edges_is_interpolated_with_a_wide_error(
    tree: PowercapTree, meter: RaplMeter
) -> None:
    start = meter.edge()
    tree.sleep(1.0)
    end = meter.edge()
    reading = meter.read(start, start + 0.25)[0]
    assert reading.joules == pytest.approx(25.0)
    assert reading.stderr == pytest.approx(100.0 * math.sqrt(0.25 * 0.75), rel=1e-3)
    assert meter.read(start, end)[0].stderr < 0.1


def test_counter_that_begins_again_is_followed(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 200.0, start_uj=RANGE_UJ - 50_000_000)
    meter = opened(tree)
    assert window(tree, meter, 1.0)["package-0"].joules == pytest.approx(200.0)
    assert window(tree, meter, 5.0)["package-0"].joules == pytest.approx(1000.0, rel=1e-6)


def test_many_wraps_between_near_edges_are_all_counted(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 900.0, span=2_000_000_000)
    meter = opened(tree)
    start = end = meter.edge()
    for _ in range(60):
        tree.sleep(1.0)
        end = meter.edge()
    assert meter.read(start, end)[0].joules == pytest.approx(54_000.0)


def test_window_in_which_a_wrap_could_be_missed_is_unknown(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 300.0, span=65_532_610_987)
    meter = opened(tree)
    with pytest.raises(MeterError, match=r"package-0.*begins again every 65533 J") as caught:
        window(tree, meter, 300.0)
    assert caught.value.flag == "energy_gap"
    # Only windows that hold the unclear stretch are lost.
    assert window(tree, meter, 1.0)["package-0"].joules == pytest.approx(300.0)


def test_counter_that_was_set_back_is_unknown_not_enormous(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 100.0, start_uj=9_000_000_000)
    meter = opened(tree)
    start = meter.edge()
    (tree.root / "intel-rapl:0" / "energy_uj").write_text("0\n")
    tree.sleep(0.5)
    with pytest.raises(MeterError, match="more than one meaning, or none"):
        meter.read(start, meter.edge())


def test_counter_that_stops_is_an_error_not_zero(tree: PowercapTree, meter: RaplMeter) -> None:
    tree.watts["intel-rapl:0"] = 0.0
    with pytest.raises(MeterError, match="did not move") as caught:
        window(tree, meter, 1.0)
    assert caught.value.flag == "counter_frozen"


@pytest.mark.parametrize("length", [0.0, -1.0])
def test_window_without_length_is_an_error(
    tree: PowercapTree, meter: RaplMeter, length: float
) -> None:
    start = meter.edge()
    tree.sleep(2.0)
    meter.edge()
    with pytest.raises(MeterError, match="must end after it starts"):
        meter.read(start + 1.0, start + 1.0 + length)


def test_energy_is_known_at_once(tree: PowercapTree, meter: RaplMeter) -> None:
    edge = meter.edge()
    assert meter.covered() == edge
    meter.wait_until_covered(edge)


def test_settling_waits_for_an_instant_to_come(tree: PowercapTree, meter: RaplMeter) -> None:
    start = meter.edge()
    meter.wait_until_covered(start + 0.5)
    assert meter.read(start, start + 0.5)[0].joules == pytest.approx(50.0)
    with pytest.raises(MeterError, match="asked to wait"):
        meter.wait_until_covered(start + 100.0)


def test_time_after_the_newest_edge_is_unknown(tree: PowercapTree, meter: RaplMeter) -> None:
    start = meter.edge()
    with pytest.raises(MeterError, match="settle first"):
        meter.read(start, start + 1.0)


def test_forgotten_windows_are_unknown_and_later_ones_are_not(
    tree: PowercapTree, meter: RaplMeter
) -> None:
    edges = [meter.edge()]
    for _ in range(10):
        tree.sleep(0.1)
        edges.append(meter.edge())
    meter.forget(edges[5])
    assert meter.read(edges[5], edges[9])[0].joules == pytest.approx(40.0)
    with pytest.raises(MeterError, match="still known"):
        meter.read(edges[3], edges[9])


def test_opened_meter_follows_the_meter_protocol(meter: RaplMeter) -> None:
    def takes_a_meter(meter: Meter) -> str:
        meter.attach()
        return meter.name

    assert takes_a_meter(meter) == "rapl"


def test_closing_twice_is_harmless_and_leaves_no_open_file(tree: PowercapTree) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    before = open_files()
    meter = opened(tree)
    meter.close()
    meter.close()
    assert open_files() == before
    with pytest.raises(MeterError, match="closed"):
        meter.edge()


# Machines without it


def test_reason_on_a_machine_without_powercap(tmp_path: Path) -> None:
    reason = find(tmp_path / "nowhere").problem
    assert reason is not None
    assert "no RAPL package counter" in reason
    with pytest.raises(MeterError, match="modprobe intel_rapl_msr"):
        RaplMeter(tmp_path / "nowhere")


def test_no_reason_where_it_can_be_read(tree: PowercapTree) -> None:
    assert find(tree.root).problem is None


def test_counter_for_root_alone_tells_how_to_grant_it(
    tree: PowercapTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    reason = find(tree.root).problem
    assert reason is not None
    assert str(tree.root / "intel-rapl:0" / "energy_uj") in reason
    assert f"sudo chmod a+r {tree.root}/intel-rapl:*/energy_uj" in reason


def test_package_that_cannot_be_read_is_named(tree: PowercapTree) -> None:
    (tree.root / "intel-rapl:0" / "energy_uj").write_text("n/a")
    reason = find(tree.root).problem
    assert reason is not None
    assert "intel-rapl:0/energy_uj: cannot be read" in reason


def test_memory_that_cannot_be_read_or_stands_still_is_left_out(tree: PowercapTree) -> None:
    tree.watts["intel-rapl:0:1"] = 0.0
    assert set(window(tree, opened(tree), 1.0)) == {"package-0"}
    del tree.watts["intel-rapl:0:1"]
    (tree.root / "intel-rapl:0:1" / "energy_uj").unlink()
    assert set(window(tree, opened(tree), 1.0)) == {"package-0"}


def test_virtual_machine_whose_counter_stands_still_has_no_rapl(tree: PowercapTree) -> None:
    tree.watts["intel-rapl:0"] = 0.0
    with pytest.raises(MeterError, match="stands still") as caught:
        opened(tree)
    assert caught.value.flag == "counter_frozen"


@pytest.mark.parametrize("span", ["", "0"])
def test_counter_without_a_range_is_not_trusted(tree: PowercapTree, span: str) -> None:
    (tree.root / "intel-rapl:0" / "max_energy_range_uj").write_text(span)
    reason = find(tree.root).problem
    assert reason is not None
    assert "cannot be read" in reason


def test_counter_that_vanishes_is_named(tree: PowercapTree, meter: RaplMeter) -> None:
    (tree.root / "intel-rapl:0" / "energy_uj").write_text("")
    with pytest.raises(MeterError, match="intel-rapl:0/energy_uj: cannot be read"):
        meter.edge()


# The arithmetic of a wrapping counter


@pytest.mark.parametrize(
    ("before", "after", "elapsed", "joules"),
    [
        (1_000_000, 6_000_000, 0.5, 5.0),
        (99_000_000, 1_000_000, 0.05, 2.0),
        (50_000_000, 49_000_000, 0.9, 99.0),
        (50_000_000, 51_000_000, 0.5, 1.0),
        (50_000_000, 51_000_000, 1.0, None),
        (50_000_000, 40_000_000, 0.1, None),
    ],
)
def test_growth_has_one_meaning_or_is_unknown(
    before: int, after: int, elapsed: float, joules: float | None
) -> None:
    span = 100_000_000
    found = rapl.growth(before, after, span, most_watts=100.0, elapsed=elapsed)
    assert found == (None if joules is None else pytest.approx(joules))
