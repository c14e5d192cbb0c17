"""What a figure rests on, as it travels with a test report."""

from __future__ import annotations

import json
import math

import pytest

from pytest_inferenergy.baselines.history import Anchor, History
from pytest_inferenergy.measure.chart_data import MOST_WINDOWS, chart_data
from pytest_inferenergy.measure.recorder import Recording
from pytest_inferenergy.measure.window import Window
from tests.baselines.baseline_examples import NOON, a_run


def window(start: float, joules: float = 60.0) -> Window:
    return Window(joules=joules, stderr=0.3, seconds=0.5, inferences=10, calls=10, start=start)


def test_windows_stand_in_order_of_time_from_zero_on() -> None:
    recording = Recording(clean=[window(1001.0), window(1000.0)], rejected=[window(1000.5)])
    entries = chart_data(recording, None)["window_list"]
    assert [(e["start"], e["rejected"]) for e in entries] == [(0, False), (0.5, True), (1, False)]
    assert entries[0] == {
        "start": 0.0, "seconds": 0.5, "joules": 60.0, "stderr": 0.3, "inferences": 10,
        "rejected": False,
    }  # fmt: skip


@pytest.mark.parametrize("count", [MOST_WINDOWS, MOST_WINDOWS + 1, 1000])
def test_many_windows_are_joined_and_nothing_is_lost(count: int) -> None:
    recording = Recording(clean=[window(0.5 * n, joules=50.0 + n % 7) for n in range(count)])
    entries = chart_data(recording, None)["window_list"]
    assert len(entries) <= MOST_WINDOWS
    assert sum(e["inferences"] for e in entries) == 10 * count
    total = sum(w.joules for w in recording.clean)
    assert sum(e["joules"] for e in entries) == pytest.approx(total, rel=1e-5)
    assert len(json.dumps(entries)) < 10_000


def test_stored_runs_and_the_level_they_began_with() -> None:
    runs = tuple(a_run(log_joules=math.log(3.6 * n), time=NOON + n) for n in (1, 2))
    found = chart_data(Recording(), History(Anchor(math.log(7.2), NOON), runs))
    assert found["anchor_kwh_per_1k"] == pytest.approx(0.002)
    assert [run["kwh_per_1k"] for run in found["history"]] == pytest.approx([0.001, 0.002])
    assert found["history"][0]["time"] < found["history"][1]["time"]
    assert found["trace"] is None
    assert found["window_list"] == []
