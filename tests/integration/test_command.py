"""The installed command ``inferenergy`` on what real runs of pytest left."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig

import pytest

from pytest_inferenergy.report.outputs import KINDS
from tests.integration.conftest import BLOCK, Project

TEST = "test_model.py::test_block"
FAILS = f"{BLOCK}        assert 1 == 2\n"


def inferenergy(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script, as a shell starts it."""
    script = shutil.which("inferenergy", path=sysconfig.get_path("scripts"))
    assert script is not None, "the package is not installed: pip install -e ."
    return subprocess.run(
        [script, *arguments], cwd=project.path, capture_output=True, text=True, check=False
    )


@pytest.mark.every_python
def test_a_regression_of_a_run_elsewhere_is_accepted(project: Project) -> None:
    project.write(BLOCK)
    project.store(joules=30.0)
    assert project.run().ret == pytest.ExitCode.TESTS_FAILED
    done = inferenergy(project, "accept", "results.json")
    assert done.returncode == 0, done.stderr
    assert f"new level: {TEST} (regressed)" in done.stdout
    (run,) = project.stored[TEST][""]["runs"]
    assert run == project.measured[0]["run"]
    assert project.run().ret == pytest.ExitCode.OK


def test_a_test_that_failed_by_itself_is_not(project: Project) -> None:
    project.write(FAILS)
    project.store(joules=30.0)
    before = project.baseline_file.read_bytes()
    project.run()
    done = inferenergy(project, "accept", "results.json")
    assert done.returncode == 1
    assert f"left out: {TEST}: the test failed" in done.stdout
    assert project.baseline_file.read_bytes() == before


def test_two_runs_are_compared(project: Project) -> None:
    project.write(BLOCK)
    project.run()
    (project.path / "results.json").rename(project.path / "before.json")
    project.gpu.scale(2)
    project.run()
    done = inferenergy(project, "compare", "before.json", "results.json", "--fail-over", "50")
    assert done.returncode == 1, done.stderr
    assert "OVER" in done.stdout
    back = inferenergy(project, "compare", "results.json", "before.json", "--fail-over", "50")
    assert back.returncode == 0


def test_what_is_stored_is_shown(project: Project) -> None:
    project.store(joules=60.0)
    done = inferenergy(project, "show")
    assert done.returncode == 0, done.stderr
    assert TEST in done.stdout
    assert "0.0167" in done.stdout


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "json"])
def test_a_report_made_later_is_what_the_run_would_have_written(
    project: Project, kind: str
) -> None:
    project.write(BLOCK)
    project.store(joules=30.0)
    project.run(f"--energy-{kind}=from_run.txt")
    done = inferenergy(project, "report", "results.json", f"--{kind}", "reports/later.txt")
    assert done.returncode == 0, done.stderr
    later = (project.path / "reports" / "later.txt").read_bytes()
    assert later == (project.path / "from_run.txt").read_bytes()
