"""``--energy-baselines DIR``: where levels are stored and looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import BLOCK, Project

STORED = "nvidia-h200-x1-700w-nvml.json"


@pytest.fixture(autouse=True)
def block(project: Project) -> None:
    project.write(BLOCK)


def test_what_is_stored_in_a_folder_is_found_there_and_nowhere_else(project: Project) -> None:
    project.run("--energy-update", "--energy-baselines=of/mine")
    assert [path.name for path in (project.path / "of" / "mine").iterdir()] == [STORED]
    assert not (project.path / "energy_baselines").exists()
    again = project.run("--energy-baselines=of/mine", "--energy-gate=off")
    again.stdout.fnmatch_lines(["energy: 1 measured, 1 compared*"])
    elsewhere = project.run("--energy-baselines=of/yours")
    elsewhere.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    assert not (project.path / "of" / "yours").exists()  # reading makes no folder


def test_the_ini_key_counts_from_the_rootdir(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (project.path / "tox.ini").open("a") as file:
        file.write("\nenergy_baselines = levels\n")
    below = project.pytester.mkdir("below")
    monkeypatch.chdir(below)
    project.run("--energy-update", project.path / "test_model.py")
    assert (project.path / "levels" / STORED).is_file()


def test_the_command_line_counts_from_where_pytest_was_called(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project.pytester.mkdir("below")
    monkeypatch.chdir(below)
    project.run("--energy-update", "--energy-baselines=levels", project.path / "test_model.py")
    assert (below / "levels" / STORED).is_file()


def test_a_file_in_its_place_is_said_and_kept(project: Project) -> None:
    taken = Path(project.path / "taken")
    taken.write_text("mine")
    result = project.run("--energy-update", "--energy-baselines=taken")
    assert result.ret != pytest.ExitCode.OK
    assert "taken" in result.stdout.str()
    assert taken.read_text() == "mine"
