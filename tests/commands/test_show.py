"""``inferenergy show``: what is stored, and creep."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from pytest_inferenergy.baselines.drift import course
from pytest_inferenergy.baselines.history import Anchor, History
from tests.baselines.baseline_examples import H200, NODEID, NOON, a_run
from tests.commands.conftest import DAY, Invoke, files, write_baselines

CREEPING = [60.0 * 1.03**step for step in range(5)]


def history(*joules: float, anchor: float | None = None) -> History:
    runs = tuple(
        a_run(log_joules=math.log(level), time=NOON + DAY * day) for day, level in enumerate(joules)
    )
    return History(Anchor(math.log(anchor or joules[0]), NOON), runs)


class TestCourse:
    def test_steps_within_the_tolerance_that_add_up_are_creep(self) -> None:
        told = course(history(*CREEPING), 0.05)
        assert told.finding == "creep"
        assert math.exp(told.change) == 1.03**4 or math.isclose(math.exp(told.change), 1.03**4)
        assert math.isclose(told.largest_step, math.log(1.03))

    def test_a_single_step_is_none(self) -> None:
        assert course(history(60, 60, 72, 72), 0.05).finding == "step"

    def test_what_stays_within_the_tolerance_is_neither(self) -> None:
        assert course(history(60, 62, 59, 62), 0.05).finding is None
        assert course(history(60, 50, 40), 0.05).finding is None

    def test_an_accepted_level_is_a_step_from_the_anchor(self) -> None:
        assert course(history(72, anchor=60), 0.05).finding == "step"

    def test_what_has_grown_out_of_the_list_is_no_step(self) -> None:
        late = history(*[66 + 0.1 * n for n in range(20)], anchor=60)
        assert course(late, 0.05).finding == "creep"

    def test_runs_of_one_session_are_one_point(self) -> None:
        runs = tuple(a_run(time=NOON + 60 * n) for n in range(5))
        assert len(course(History(Anchor(runs[0].log_joules, NOON), runs), 0.05).points) == 1


def test_creep_is_pointed_out(inferenergy: Invoke, tmp_path: Path) -> None:
    write_baselines(tmp_path / "energy_baselines", CREEPING)
    result = inferenergy("show")
    assert result.exit_code == 0
    assert "SLOW CREEP: +12.6 % since 2026-11-18" in result.stdout
    assert "course +0.0 %, +3.0 %, +6.1 %, +9.3 %, +12.6 %" in result.stdout
    assert NODEID in result.stdout
    assert "NVIDIA H200 x1, 700 W, meter nvml, gpu" in result.stdout


def test_a_wider_tolerance_takes_it_away(inferenergy: Invoke, tmp_path: Path) -> None:
    write_baselines(tmp_path / "energy_baselines", CREEPING)
    assert "CREEP" not in inferenergy("show", "--tolerance", 15).stdout


def test_every_machine_and_name_is_shown(inferenergy: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    a100 = replace(H200, device="NVIDIA A100")
    write_baselines(folder, [60.0], name="batch32")
    write_baselines(folder, [90.0], profile=a100)
    out = inferenergy("show", folder).stdout
    assert "nvidia-a100-x1-700w-nvml" in out
    assert f"{NODEID} batch32" in out
    assert "0.0250" in out


def test_nothing_is_written(inferenergy: Invoke, tmp_path: Path) -> None:
    write_baselines(tmp_path / "energy_baselines", CREEPING)
    before = files(tmp_path)
    inferenergy("show")
    assert files(tmp_path) == before
