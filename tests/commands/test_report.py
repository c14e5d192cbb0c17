"""``inferenergy report``: what it refuses; what it writes is held against a run's own elsewhere."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import Invoke, files, outcome, write_results


def test_asked_for_nothing_it_says_what_to_ask_for(inferenergy: Invoke, tmp_path: Path) -> None:
    results = write_results(tmp_path / "results.json", outcome())
    result = inferenergy("report", results)
    assert result.exit_code == 2
    assert "give --html, --markdown or --csv" in result.stderr


def test_results_that_lack_something_write_nothing(inferenergy: Invoke, tmp_path: Path) -> None:
    broken = outcome()
    broken["details"] = {}
    results = write_results(tmp_path / "results.json", broken)
    before = files(tmp_path)
    result = inferenergy("report", results, "--csv", "a.csv", "--markdown", "a.md")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "cannot be made into markdown" in result.stderr
    assert files(tmp_path) == before


def test_a_place_that_cannot_be_written_is_named(inferenergy: Invoke, tmp_path: Path) -> None:
    results = write_results(tmp_path / "results.json", outcome())
    (tmp_path / "taken").write_text("")
    result = inferenergy("report", results, "--csv", tmp_path / "taken" / "a.csv")
    assert result.exit_code == 2
    assert "--csv: cannot write" in result.stderr
