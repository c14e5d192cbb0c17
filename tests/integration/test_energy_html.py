"""``--energy-html``: the results of a run as one page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.report.html import render_html
from tests.integration.conftest import BLOCK, Project

pytest.importorskip("jinja2")
pytest.importorskip("plotly")

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>')


def data_of(path: Path) -> list[dict[str, Any]]:
    match = DATA.search(path.read_text(encoding="utf-8"))
    assert match is not None
    found: list[dict[str, Any]] = json.loads(match[1])
    return found


@pytest.mark.every_python
def test_page_of_a_regression(project: Project) -> None:
    project.store(joules=40)
    project.write(BLOCK)
    result = project.run("--energy-html=out/report.html")
    result.assert_outcomes(failed=1)
    (one,) = data_of(project.path / "out/report.html")
    (measured,) = project.measured
    assert one["words"] == ["regressed"]
    assert one["message"] == measured["message"]
    assert one["plots"]["windows"]["value"] == measured["kwh_per_1k"]
    assert one["plots"]["history"]["kwh"] == pytest.approx([40 / 3600] * 4, rel=1e-3)
    assert one["plots"]["power"]["watts"]


def test_the_page_is_made_from_the_json_alone(project: Project) -> None:
    project.store()
    project.write(BLOCK)
    project.run("--energy-html=report.html")
    assert render_html(project.results) == (project.path / "report.html").read_text("utf-8")


def test_the_path_is_relative_to_where_pytest_was_started(project: Project) -> None:
    (project.path / "sub").mkdir()
    project.write(BLOCK)
    project.pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.path / "sub")
        project.run("--energy-html=report.html", "--energy-disable", project.path)
    (one,) = data_of(project.path / "sub/report.html")
    assert one["words"] == ["not measured"]


def test_a_page_that_cannot_be_written_is_a_problem_and_loses_nothing(project: Project) -> None:
    (project.path / "report.html").mkdir()
    project.write(BLOCK)
    result = project.run("--energy-html=report.html", "--energy-disable")
    result.stdout.fnmatch_lines(["energy: ERROR: --energy-html: cannot write *report.html: *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert len(project.measured) == 1


def test_without_the_extra_the_run_does_not_start(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pytest_inferenergy.report.html.extra.find_spec",
        lambda name: None if name == "plotly" else object(),
    )
    project.write(BLOCK)
    result = project.run("--energy-html=report.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ['ERROR: --energy-html needs plotly: pip install "pytest-inferenergy[[]html]"']
    )
