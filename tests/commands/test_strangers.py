"""Results and folders of strangers: nothing is written where they want it, nothing waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.store import path_of, update
from tests.baselines.baseline_examples import H200, NODEID, a_run
from tests.commands.conftest import (
    Invoke,
    outcome,
    stored_runs,
    write_baselines,
    write_results,
)

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")
FUTURE = 4_070_908_800.0
"""The first of January 2099, Unix seconds."""


@posix
@pytest.mark.parametrize("there", [True, False], ids=["there", "dangling"])
@pytest.mark.parametrize("what", ["file", "folder"])
def test_accept_follows_no_link(
    inferenergy: Invoke, tmp_path: Path, there: bool, what: str
) -> None:
    folder, outside = tmp_path / "energy_baselines", tmp_path / "outside"
    if what == "folder":
        folder.symlink_to(outside)
        if there:
            outside.mkdir()
    else:
        folder.mkdir()
        path_of(folder, H200).symlink_to(outside)
        if there:
            outside.write_bytes(path_of(write_baselines(tmp_path / "b", [60.0]), H200).read_bytes())
    before = outside.read_bytes() if outside.is_file() else None
    result = inferenergy("accept", write_results(tmp_path / "r.json", outcome(verdict="new")))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"is a link to {outside}, which is not followed here" in result.stderr
    assert result.stderr.count("\n") == 1
    assert before == (outside.read_bytes() if outside.is_file() else None)
    assert outside.exists() == there
    assert not outside.is_dir() or not list(outside.iterdir())


@posix
@pytest.mark.parametrize("arguments", [["show"], ["compare", "energy_baselines"], ["accept"]])
def test_a_pipe_among_the_baselines_is_not_waited_for(
    inferenergy: Invoke, tmp_path: Path, arguments: list[str]
) -> None:
    folder = tmp_path / "energy_baselines"
    folder.mkdir()
    os.mkfifo(path_of(folder, H200))
    more: list[object] = ["energy_baselines"]
    if arguments == ["accept"]:
        more = [write_results(tmp_path / "r.json", outcome())]
    result = inferenergy(*arguments, *more)
    assert result.exit_code == 2
    assert "is no file" in result.stderr


def test_a_run_of_the_future_is_refused_and_the_other_is_stored(
    inferenergy: Invoke, tmp_path: Path
) -> None:
    results = write_results(
        tmp_path / "r.json",
        outcome(verdict="new", nodeid="t.py::test_a", run={"time": FUTURE}),
        outcome(verdict="new", nodeid="t.py::test_b"),
    )
    result = inferenergy("accept", results)
    assert result.exit_code == 2
    assert "not stored: t.py::test_a: its run is dated 2099-01-01T00:00:00Z" in result.stderr
    assert "baselines written: 1" in result.stdout
    folder = tmp_path / "energy_baselines"
    assert not stored_runs(folder, "t.py::test_a")
    assert len(stored_runs(folder, "t.py::test_b")) == 1


def test_a_figure_that_cannot_be_stored_is_named_and_the_other_is_stored(
    inferenergy: Invoke, tmp_path: Path
) -> None:
    bad = outcome(verdict="regressed", nodeid="t.py::test_a", seconds_per_inference=3e-31)
    bad["run"]["seconds_per_inference"] = 3e-31
    results = write_results(tmp_path / "r.json", bad, outcome(verdict="new", nodeid="t.py::test_b"))
    result = inferenergy("accept", results)
    assert result.exit_code == 2
    assert "not stored: t.py::test_a: 'seconds_per_inference' must be at least" in result.stderr
    assert result.stdout.startswith("baselines written: 1 in")
    assert "test_a" not in result.stdout
    assert len(stored_runs(tmp_path / "energy_baselines", "t.py::test_b")) == 1


def test_show_lists_runs_of_the_future(inferenergy: Invoke, tmp_path: Path) -> None:
    folder = write_baselines(tmp_path / "energy_baselines", [60.0])
    run = a_run(time=FUTURE)
    update(folder, H200, lambda stored: join(stored, NODEID, "", run))
    assert "1 run dated in the future, up to 2099-01-01" in inferenergy("show", folder).stdout
