"""Node ids are the names of baselines: two tests of one name, and a rootdir that moved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.conftest import BLOCK, USUAL, Project
from tests.plugins import ALONE, ALONE_OR_WITH_WORKERS


def packages(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages with tests of equal names, and a folder beside them to start pytest in."""
    for name in ("one", "two"):
        folder = pytester.path / name / f"package_{name}"
        (folder / "tests").mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "tests" / "__init__.py").touch()
        text = "import time\n\ndef test_block(energy):\n    energy.window().__enter__()\n"
        (folder / "tests" / "test_same.py").write_text(text)
    places = [str(pytester.path / name) for name in ("one", "two")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    here = pytester.path / "here"
    here.mkdir()
    (here / "pytest.ini").write_text("[pytest]\n")
    return here


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["serial", "xdist"])
def test_two_tests_of_one_node_id_are_refused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.chdir(packages(pytester, monkeypatch))
    words = ("--pyargs", "package_one.tests", "package_two.tests", "--energy-disable")
    result = pytester.runpytest_subprocess(*ALONE_OR_WITH_WORKERS, *words, *workers)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "test_same.py::test_block: two tests have this node id, of *package_one*test_same.py "
            f"and of *package_two*test_same.py, *--rootdir={pytester.path}"
        ]
    )
    result = pytester.runpytest_subprocess(*ALONE, *words, f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=2)


MOVED = "energy: the rootdir is {} and not {}, since pytest took the value of {} for a path of *"


@pytest.mark.parametrize("option", ["--energy-json", "--energy-baselines"])
@pytest.mark.parametrize("tests", [(), ("test_model.py",)])
def test_a_rootdir_that_an_option_moved_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, option: str, tests: tuple[str, ...]
) -> None:
    inner, outside = project.path / "inner", project.path / "outside"
    inner.mkdir()
    outside.mkdir()
    (project.path / "tox.ini").unlink()
    (inner / "test_model.py").write_text("def test_it(energy):\n    energy(len, 'ab')\n")
    path = outside if option == "--energy-baselines" else outside / "results.json"
    (outside / "results.json").touch()
    monkeypatch.chdir(inner)
    run = project.pytester.runpytest_subprocess
    options = (*ALONE, "--energy-disable")
    result = run(*options, option, path, *tests)
    result.stdout.fnmatch_lines(
        [MOVED.format(project.path, inner, option), "energy: nothing was gated*"]
    )
    result.stdout.fnmatch_lines([f"*write {option}={path}"])
    result = run(*options, f"{option}={path}", *tests)
    result.stdout.no_fnmatch_line("*the rootdir is*")
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{option} '{path}'")
    run(*options, *tests).stdout.fnmatch_lines([MOVED.format(project.path, inner, option)])


def test_a_path_within_the_project_moves_nothing(project: Project) -> None:
    project.write(BLOCK)
    (project.path / "out").mkdir()
    (project.path / "out" / "results.json").touch()
    words = ("--energy-json", "out/results.json", *USUAL[1:], "--energy-disable")
    result = project.pytester.runpytest_subprocess(*words)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*the rootdir is*")
