"""Dies that show one counter of their socket several times, and dies that only happen to agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.meters.powercap_tree import RANGE_UJ, PowercapTree
from tests.meters.test_rapl import opened, window

pytestmark = pytest.mark.skipif(os.name != "posix", reason="powercap is Linux only")


class SlowTree(PowercapTree):
    """Counters that take a while to be read."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        super().__init__(root)
        pread = os.pread

        def slow(*args: int) -> bytes:
            self.sleep(seconds)
            return pread(*args)

        monkeypatch.setattr(os, "pread", slow)


@pytest.mark.parametrize("latency", [0.0, 0.0005, 0.005, 0.02])
def test_mirrored_dies_are_told_however_slowly_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, latency: float
) -> None:
    tree = SlowTree(tmp_path, monkeypatch, latency)
    for die in (0, 1):
        tree.zone(f"intel-rapl:{die}", f"package-0-die-{die}", 280.0, start_uj=9_000_000_000)
        tree.zone(f"intel-rapl:{die}:0", "dram", 20.0, start_uj=70_000_000)
    found = window(tree, opened(tree), 5.0)
    assert set(found) == {"package-0-die-0", "package-0-die-0/dram"}
    assert found["package-0-die-0"].joules == pytest.approx(1400.0, rel=0.02)


@pytest.mark.parametrize("latency", [0.0, 0.0005, 0.005])
@pytest.mark.parametrize(("one", "other"), [(60.0, 30.0), (30.0, 60.0), (60.0, 55.0)])
@pytest.mark.parametrize("start", [9_000_000_000, RANGE_UJ - 3_000_000])
def test_dies_that_happen_to_start_equal_count_each(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    latency: float,
    one: float,
    other: float,
    start: int,
) -> None:
    tree = SlowTree(tmp_path, monkeypatch, latency)
    tree.zone("intel-rapl:0", "package-0-die-0", one, start_uj=start)
    tree.zone("intel-rapl:1", "package-0-die-1", other, start_uj=start)
    joules = sum(r.joules for r in window(tree, opened(tree), 5.0).values())
    assert joules == pytest.approx(5 * (one + other), rel=0.02)


def test_mirrored_dies_are_told_across_the_end_of_the_range(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    for die in (0, 1):
        tree.zone(f"intel-rapl:{die}", f"package-0-die-{die}", 280.0, start_uj=RANGE_UJ - 9_000_000)
    assert set(window(tree, opened(tree), 1.0)) == {"package-0-die-0"}
