"""``--energy-csv``, ``--energy-markdown``, and what GitHub Actions is told by itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pytest_inferenergy.report.markdown import LIMIT
from tests.integration.conftest import BLOCK, Project

TWO = """
    import time

    import pytest


    def test_block(energy):
        with energy.window():
            time.sleep(0.2)


    @pytest.mark.parametrize("text", ["</td>|x`<script>"])
    def test_other(energy, text):
        with energy.window("=name"):
            time.sleep(0.2)
"""


@pytest.fixture
def regressed(project: Project) -> Project:
    """A project of which one test regresses and one is new."""
    project.store(joules=30.0)
    project.write(TWO)
    return project


@pytest.fixture
def summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of the step's summary, as GitHub Actions sets it up."""
    path = tmp_path / "summary.md"
    path.write_text("what a step before us in the same job said\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_csv_and_markdown_are_written_where_one_wants(regressed: Project) -> None:
    regressed.run("--energy-csv=out/r.csv", "--energy-markdown=out/r.md")
    with (regressed.path / "out" / "r.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert (first["test"], first["verdict"]) == ("test_model.py::test_block", "regressed")
    assert second["name"] == "'=name"
    page = (regressed.path / "out" / "r.md").read_text(encoding="utf-8")
    assert page.startswith("### Energy of inference\n")
    assert page.index("energy regressed: ") < page.index("<summary>1 not gated</summary>")
    assert "<script>" not in page


@pytest.mark.parametrize("kind", ["json", "csv", "markdown"])
def test_what_cannot_be_written_is_told_and_fails_the_run(project: Project, kind: str) -> None:
    project.write(BLOCK)
    (project.path / "taken").mkdir()
    result = project.run("--energy-disable", f"--energy-{kind}=taken")
    result.stdout.fnmatch_lines([f"energy: ERROR: --energy-{kind}: cannot write *taken: *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_one_file_that_fails_leaves_the_others(project: Project) -> None:
    project.write(BLOCK)
    (project.path / "taken").mkdir()
    project.run("--energy-disable", "--energy-csv=taken", "--energy-markdown=r.md")
    assert (project.path / "r.md").exists()


@pytest.mark.parametrize("kind", ["csv", "markdown"])
def test_an_empty_path_is_refused(project: Project, kind: str) -> None:
    result = project.run(f"--energy-{kind}=")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --energy-{kind}: must not be empty"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_the_step_summary_is_added_to(
    regressed: Project, summary: Path, workers: list[str]
) -> None:
    run = regressed.run_apart if workers else regressed.run
    run("--energy-markdown=r.md", *workers)
    page = (regressed.path / "r.md").read_text(encoding="utf-8")
    held = "what a step before us in the same job said\n"
    assert summary.read_text(encoding="utf-8") == f"{held}\n{page}"


def test_the_step_summary_stays_within_its_limit(regressed: Project, summary: Path) -> None:
    summary.write_text("x" * (LIMIT - 1500))
    regressed.run()
    assert LIMIT - 1500 < summary.stat().st_size <= LIMIT
    assert "more rows are left out" in summary.read_text(encoding="utf-8")
    summary.write_text("x" * (LIMIT - 10))
    result = regressed.run()
    assert summary.stat().st_size == LIMIT - 10
    result.stdout.fnmatch_lines(["energy: the step's summary has no room left: *"])


def test_a_summary_that_cannot_be_written_fails_nothing(
    project: Project, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary.parent))
    project.write(BLOCK)
    result = project.run()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["energy: the step's summary: cannot write *"])


def test_without_energy_tests_the_summary_is_left_alone(project: Project, summary: Path) -> None:
    project.write("def test_plain(): pass")
    before = summary.read_bytes()
    project.run()
    project.write(BLOCK)
    project.run("--collect-only")
    assert summary.read_bytes() == before


def test_annotations_under_github_actions_alone(
    regressed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = regressed.run()
    plain.stdout.no_fnmatch_line("::*")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(regressed.path.parent))
    result = regressed.run()
    place = f"{regressed.path.name}/test_model.py"
    result.stdout.fnmatch_lines(
        [
            f"::error file={place},line=6,title=test_model.py%3A%3Atest_block::energy regressed: *",
            "energy: 2 measured, 1 compared, 1 regressed, 1 new",
        ]
    )
    told = [line for line in result.outlines if line.startswith("::")]
    assert len(told) == 1
