"""``inferenergy accept``: the same checks as ``--energy-accept``, on a run's artefact."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.baselines.baseline_examples import H200, NODEID, NOON
from tests.commands.conftest import (
    DAY,
    Invoke,
    files,
    outcome,
    stored_runs,
    write_baselines,
    write_results,
)
from tests.report.outcomes import budget, unmeasured

TODAY: dict[str, Any] = {"run": {"time": NOON + DAY}}
BY_GATE: dict[str, Any] = {"test_outcome": "failed", "failed_by_gate": True}


def levels(folder: Path, nodeid: str = NODEID) -> list[float]:
    return [round(math.exp(run.log_joules), 3) for run in stored_runs(folder, nodeid)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is stored: two runs of 60 J."""
    return write_baselines(tmp_path / "energy_baselines", [60.0, 60.0])


def test_new_measurements_are_stored(inferenergy: Invoke, tmp_path: Path) -> None:
    results = write_results(tmp_path / "results.json", outcome(verdict="new"))
    result = inferenergy("accept", results)
    assert result.exit_code == 0, result.stderr
    assert levels(tmp_path / "energy_baselines") == [60.0]
    name = Path("energy_baselines") / f"{H200.slug}.json"
    assert f"baselines written: 1 in {name}" in result.stdout


def test_what_passed_joins(inferenergy: Invoke, tmp_path: Path, folder: Path) -> None:
    inferenergy("accept", write_results(tmp_path / "r.json", outcome(60.5, **TODAY)))
    assert levels(folder) == [60.0, 60.0, 60.5]


@pytest.mark.parametrize("word", ["regressed", "improved", "inconclusive"])
def test_a_changed_level_begins_a_new_list(
    inferenergy: Invoke, tmp_path: Path, folder: Path, word: str
) -> None:
    changed = outcome(90.0, verdict=word, **TODAY, **BY_GATE)
    result = inferenergy("accept", write_results(tmp_path / "r.json", changed))
    assert levels(folder) == [90.0]
    assert f"new level: {NODEID} ({word})" in result.stdout


def test_twice_is_as_once(inferenergy: Invoke, tmp_path: Path, folder: Path) -> None:
    results = write_results(
        tmp_path / "r.json", outcome(90.0, verdict="regressed", **TODAY, **BY_GATE)
    )
    inferenergy("accept", results)
    before = files(folder)
    assert inferenergy("accept", results).exit_code == 0
    assert files(folder) == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"test_outcome": "failed"}, "the test failed"),
        ({"test_outcome": "skipped"}, "the test skipped"),
        ({"broken_baseline": "x.json: no valid JSON"}, "its baseline is broken"),
        ({"verdict": "regressed", "budget": budget("blown"), **BY_GATE}, "budget_blown"),
    ],
)
def test_what_the_run_would_not_have_stored_is_left_out(
    inferenergy: Invoke, tmp_path: Path, folder: Path, changes: dict[str, Any], why: str
) -> None:
    before = files(folder)
    results = write_results(tmp_path / "r.json", outcome(90.0, **TODAY, **changes))
    result = inferenergy("accept", results)
    assert result.exit_code == 1
    assert f"left out: {NODEID}: " in result.stdout
    assert why in result.stdout
    assert files(folder) == before


def test_what_was_not_measured_is_left_out(inferenergy: Invoke, tmp_path: Path) -> None:
    result = inferenergy(
        "accept", write_results(tmp_path / "r.json", unmeasured("no GPU", test_outcome="passed"))
    )
    assert result.exit_code == 1
    assert f"left out: {NODEID}: not measured: no GPU" in result.stdout
    assert not (tmp_path / "energy_baselines").exists()


def test_strict_keeps_estimates_out_as_in_the_run(inferenergy: Invoke, tmp_path: Path) -> None:
    estimated = outcome(verdict="new", source="estimated", **BY_GATE)
    results = write_results(tmp_path / "r.json", estimated, strict=True)
    assert inferenergy("accept", results).exit_code == 1


def test_one_measurement_beyond_its_budget_keeps_its_whole_test_out(
    inferenergy: Invoke, tmp_path: Path
) -> None:
    results = write_results(
        tmp_path / "r.json",
        outcome(verdict="regressed", name="a", **BY_GATE),
        outcome(verdict="new", name="b", budget=budget("blown"), **BY_GATE),
    )
    assert inferenergy("accept", results).exit_code == 1


def test_k_chooses(inferenergy: Invoke, tmp_path: Path) -> None:
    results = write_results(
        tmp_path / "r.json",
        outcome(verdict="new", nodeid="t.py::test_a[32]"),
        outcome(verdict="new", nodeid="t.py::test_b"),
    )
    inferenergy("accept", results, "-k", "TEST_A and not (b or c)")
    folder = tmp_path / "energy_baselines"
    assert levels(folder, "t.py::test_a[32]") == [60.0]
    assert levels(folder, "t.py::test_b") == []


@pytest.mark.parametrize("expression", ["and", "(a", "a b", "not", ")", ""])
def test_k_that_is_no_expression_is_an_error(
    inferenergy: Invoke, tmp_path: Path, expression: str
) -> None:
    results = write_results(tmp_path / "r.json", outcome(verdict="new"))
    result = inferenergy("accept", results, "-k", expression)
    assert result.exit_code == 2
    assert "was not expected" in result.stderr
    assert not (tmp_path / "energy_baselines").exists()


def test_k_that_chooses_nothing_is_an_error(inferenergy: Invoke, tmp_path: Path) -> None:
    results = write_results(tmp_path / "r.json", outcome(verdict="new"))
    assert inferenergy("accept", results, "-k", "nobody").exit_code == 2


def test_a_run_that_knew_no_baseline_is_judged_by_what_is_stored(
    inferenergy: Invoke, tmp_path: Path, folder: Path
) -> None:
    results = write_results(tmp_path / "r.json", outcome(120.0, verdict="new", **TODAY))
    inferenergy("accept", results)
    assert levels(folder) == [120.0]  # it did not join the runs of half that


def test_a_verdict_by_turns_stands(inferenergy: Invoke, tmp_path: Path, folder: Path) -> None:
    turns = outcome(70.0, against={"state": "turns"}, **TODAY)
    inferenergy("accept", write_results(tmp_path / "r.json", turns))
    assert levels(folder) == [60.0, 60.0, 70.0]


def test_another_folder_is_named(inferenergy: Invoke, tmp_path: Path) -> None:
    results = write_results(
        tmp_path / "r.json", outcome(verdict="new"), baselines="/builds/x/levels"
    )
    result = inferenergy("accept", results)
    assert result.exit_code == 2
    assert "--baselines DIR" in result.stderr
    assert inferenergy("accept", results, "--baselines", tmp_path / "levels").exit_code == 0
    assert levels(tmp_path / "levels") == [60.0]


def test_one_broken_measurement_and_nothing_is_written(
    inferenergy: Invoke, tmp_path: Path, folder: Path
) -> None:
    before = files(folder)
    broken = outcome(verdict="new", nodeid="t.py::test_b")
    del broken["run"]["windows"]
    results = write_results(tmp_path / "r.json", outcome(verdict="new", **TODAY), broken)
    result = inferenergy("accept", results)
    assert result.exit_code == 2
    assert "'windows' is missing" in result.stderr
    assert files(folder) == before


def test_a_broken_baseline_file_is_kept(inferenergy: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "energy_baselines"
    folder.mkdir()
    (folder / f"{H200.slug}.json").write_text("{")
    result = inferenergy("accept", write_results(tmp_path / "r.json", outcome(verdict="new")))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert (folder / f"{H200.slug}.json").read_text() == "{"
