"""``inferenergy mv``: all files of a folder, or none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_inferenergy.baselines.store import load
from tests.baselines.baseline_examples import H200
from tests.commands.conftest import Invoke, files, stored_runs, write_baselines
from tests.schemas import problems

L4 = replace(H200, device="NVIDIA L4", power_limit_watts=72)
OLD, NEW, OTHER = "test_a.py::test_old", "test_a.py::test_new", "test_b.py::test_other"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two machines; one of them knows another test, too."""
    path = tmp_path / "energy_baselines"
    write_baselines(path, [60.0, 61.0], nodeid=OLD)
    write_baselines(path, [20.0], nodeid=OLD, profile=L4)
    return write_baselines(path, [9.0], nodeid=OTHER)


def test_the_files_of_all_machines(inferenergy: Invoke, folder: Path) -> None:
    runs = [stored_runs(folder, OLD, profile=profile) for profile in (H200, L4)]
    result = inferenergy("mv", OLD, NEW)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"{OLD} -> {NEW}\n"
        f"renamed 1 test in {H200.slug}.json, {L4.slug}.json\n"
    )  # fmt: skip
    for profile, before in zip((H200, L4), runs, strict=True):
        assert stored_runs(folder, NEW, profile=profile) == before
        stored = load(folder, profile)
        assert stored is not None
        assert stored.ids(NEW) == (NEW, OLD)
        assert OLD not in stored.tests
        text = (folder / f"{profile.slug}.json").read_text()
        assert problems("baseline", json.loads(text)) == []
    assert f"{NEW}: formerly {OLD}\n" in inferenergy("show").stdout


def test_there_and_back_changes_the_old_ids_alone(inferenergy: Invoke, folder: Path) -> None:
    before = {name: json.loads(data) for name, data in files(folder).items()}
    for old, new in ((OLD, NEW), (NEW, OLD)):
        assert inferenergy("mv", old, new).exit_code == 0
    after = {name: json.loads(data) for name, data in files(folder).items()}
    assert all(stored.pop("former_ids") == {OLD: [NEW]} for stored in after.values())
    assert after == before


def test_a_collision_on_one_machine_changes_none(inferenergy: Invoke, folder: Path) -> None:
    write_baselines(folder, [21.0], nodeid=NEW, profile=L4)
    before = files(folder)
    result = inferenergy("mv", OLD, NEW)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"inferenergy: {L4.slug}.json: '{NEW}' has baselines of its own beside those of '{OLD}'; "
        "to keep the new ones: pytest --energy-prune; to keep the old ones, take the new ones "
        "out of the file first\n"
    )
    assert files(folder) == before


def test_a_broken_file_changes_none(inferenergy: Invoke, folder: Path) -> None:
    (folder / "x.json").write_text("{")
    before = files(folder)
    assert inferenergy("mv", OLD, NEW).exit_code == 2
    assert files(folder) == before


def test_what_is_not_stored(inferenergy: Invoke, folder: Path) -> None:
    before = files(folder)
    result = inferenergy("mv", "test_a.py::test_none", NEW)
    assert result.exit_code == 2
    assert "holds no baselines of 'test_a.py::test_none'; list what it holds" in result.stderr
    assert files(folder) == before


def test_what_was_renamed_before(inferenergy: Invoke, folder: Path) -> None:
    inferenergy("mv", OLD, NEW)
    result = inferenergy("mv", OLD, "test_a.py::test_newer")
    assert result.exit_code == 2
    assert f"which became '{NEW}' before" in result.stderr
    assert folder.is_dir()


@pytest.mark.usefixtures("folder")
def test_itself(inferenergy: Invoke) -> None:
    assert "renamed to itself" in inferenergy("mv", OLD, f"./{OLD}").stderr


def test_a_folder_elsewhere(inferenergy: Invoke, folder: Path) -> None:
    folder.rename(folder.with_name("levels"))
    assert inferenergy("mv", OLD, NEW).exit_code == 2
    assert inferenergy("mv", OLD, NEW, "--baselines", "levels").exit_code == 0


def test_baselines_in_a_file_of_another_name(inferenergy: Invoke, folder: Path) -> None:
    (folder / f"{L4.slug}.json").rename(folder / "copy.json")
    before = files(folder)
    result = inferenergy("mv", OLD, NEW)
    assert result.exit_code == 2
    assert f"a file there should be named {L4.slug}.json" in result.stderr
    assert files(folder) == before
