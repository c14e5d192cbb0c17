"""Every output of one run tells the same numbers; the JSON results are what the others are held to.

An output that rounds must agree within its rounding, the others to the last digit. For another
output add a reader to `ROUNDED` or `EXACT`, and the option that writes it to `OPTIONS`.
"""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pytest_inferenergy.report.csv_results import COLUMNS
from pytest_inferenergy.report.table import label
from tests.integration.conftest import Project
from tests.report.rendered import Page

pytestmark = pytest.mark.every_python

OPTIONS = (
    "--energy-report",
    "--energy-csv=r.csv",
    "--energy-markdown=r.md",
    "--energy-html=r.html",
    "--energy-carbon=56",
    "--junitxml=r.xml",
)
TESTS = """
    import time

    import pytest


    def block(energy, name=None, **options):
        with energy.window(name, **options):
            time.sleep(0.2)


    def test_passed(energy):
        block(energy)


    def test_regressed(energy):
        block(energy, "decode")


    def test_inconclusive(energy):
        block(energy)


    def test_new(energy):
        block(energy, budget="1 J")
        block(energy, "again", budget="1 MJ", inferences=4, tokens=50)
"""

Cells = Mapping[str, Mapping[str, str]]
"""By label of the measurement, then by title of the column."""


def printed(project: Project, lines: list[str]) -> Cells:
    """The table of the terminal."""
    start = next(i for i, line in enumerate(lines) if line.startswith("test ")) + 1
    edges = [found.span() for found in re.finditer("-+", lines[start])]
    titles = [lines[start - 1][a:b].strip() for a, b in edges]
    rows = {}
    for line in lines[start + 1 :]:
        cells = [line[a:b].strip() for a, b in edges]
        if len(line) <= edges[-1][0] or not all(cells):
            break
        rows[cells[0]] = dict(zip(titles, cells, strict=True))
    return rows


def marked_down(project: Project, lines: list[str]) -> Cells:
    """The tables of the Markdown, as a reader sees them."""
    page = Page((project.path / "r.md").read_text(encoding="utf-8"))
    rows: dict[str, dict[str, str]] = {}
    titles: list[str] = []
    for row in page.rows:
        if row[1] == "test":
            titles = row
        else:
            rows[row[1]] = dict(zip(titles, row, strict=True))
    return rows


def on_the_page(project: Project, lines: list[str]) -> Cells:
    """What the HTML page says of each test, unfolded."""
    text = (project.path / "r.html").read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    rows = {}
    for one in json.loads(data[1] if data else "[]"):
        facts = {label: told for group in one["groups"] for label, told in group["facts"]}
        rows[one["text"]] = {
            "kWh/1k": facts["Energy"].partition(" ")[0],
            "gCO2eq/1k": facts["Carbon"],
            "±": facts["99 % interval"].partition("±")[2],
            "J/inference": facts["Per inference"],
            "s/inference": facts["Time per inference"],
            "W": facts["Mean power"],
            "baseline": facts.get("Baseline", "-").partition(" ")[0],
            "change": facts.get("Change", "-"),
            "verdict": facts["Verdict"],
            "source": facts["Source"],
        }
    return rows


JUNIT = (
    "kwh_per_1k", "low", "high", "joules_per_inference", "seconds_per_inference", "mean_watts",
    "baseline_kwh_per_1k", "change", "windows", "inferences",
)  # fmt: skip
"""What JUnit's properties tell."""

ROUNDED: Mapping[str, Callable[[Project, list[str]], Cells]] = {
    "terminal": printed,
    "markdown": marked_down,
    "html": on_the_page,
}

FIGURES: Mapping[str, Callable[[Mapping[str, Any]], float | None]] = {
    "kWh/1k": lambda m: m["kwh_per_1k"],
    "gCO2eq/1k": lambda m: m["gco2_per_1k"],
    "±": lambda m: 50 * (m["high"] - m["low"]) / m["kwh_per_1k"],
    "J/inference": lambda m: m["joules_per_inference"],
    "s/inference": lambda m: m["seconds_per_inference"],
    "W": lambda m: m["mean_watts"],
    "baseline": lambda m: m["baseline_kwh_per_1k"],
    "change": lambda m: None if m["change"] is None else 100 * m["change"],
}


def number(cell: str) -> float | None:
    """What a cell says: ``200 ms`` is 0.2; a dash is nothing."""
    if cell == "-":
        return None
    figure, _, unit = cell.partition(" ")
    scale = {"m": 1e-3, "µ": 1e-6, "n": 1e-9, "k": 1e3}.get(unit[0]) if len(unit) > 1 else 1.0
    return float(figure) * (scale or 1.0)


def exact_of_csv(project: Project) -> Mapping[str, Mapping[str, str]]:
    """The CSV's rows."""
    with (project.path / "r.csv").open(newline="", encoding="utf-8") as file:
        return {f"{r['test']} {r['name']}".strip(): r for r in csv.DictReader(file)}


@pytest.fixture
def run(project: Project) -> tuple[Project, list[str]]:
    """A run with each verdict, all of whose outputs were written."""
    project.store("test_model.py::test_passed")
    project.store("test_model.py::test_regressed", 36.0, name="decode")
    project.store("test_model.py::test_inconclusive", 60.0 / 1.15, spread=0.03)
    project.write(TESTS)
    return project, project.run(*OPTIONS).outlines


def test_all_outputs_tell_the_same_numbers(run: tuple[Project, list[str]]) -> None:
    project, lines = run
    measurements = project.measured
    assert {m["verdict"] for m in measurements} == {"passed", "regressed", "inconclusive", "new"}

    for output, reader in ROUNDED.items():
        cells = {name.rpartition("/")[2]: row for name, row in reader(project, lines).items()}
        assert cells.keys() == {label(m) for m in measurements}, output
        for m in measurements:
            row = cells[label(m)]
            for title, of in FIGURES.items():
                expected, told = of(m), number(row[title])
                if expected is None:
                    assert told is None, (output, title)
                else:
                    in_percent = title in ("±", "change")
                    rounding = 0.051 if in_percent else 0.006 * abs(expected)
                    assert told == pytest.approx(expected, abs=rounding), (output, title)
            assert row["verdict"].partition(",")[0] == m["verdict"]
            assert row["source"] == m["source"]

    rows = exact_of_csv(project)
    for m in measurements:
        row = rows[f"{m['nodeid']} {m['name'] or ''}".strip()]
        for title, cell in COLUMNS.items():
            value: Any = m.get(title) if cell is None else cell(m)
            if value is None or isinstance(value, str):
                assert row[title] == (value or "")
            else:
                assert float(row[title]) == value

    properties = {
        (case.get("name"), p.get("name")): p.get("value")
        for case in ET.parse(project.path / "r.xml").iter("testcase")
        for p in case.iter("property")
    }
    for m in measurements:
        test = m["nodeid"].partition("::")[2]
        prefix = "energy." if m["name"] is None else f"energy.{m['name']}."
        ours = {name: v for (case, name), v in properties.items() if case == test and name}
        for key in JUNIT:
            value = ours.get(prefix + key)
            assert (None if value is None else float(value)) == m[key]
        assert ours[f"{prefix}verdict"] == m["verdict"]


def test_messages_are_the_same_everywhere(run: tuple[Project, list[str]]) -> None:
    project, lines = run
    told = [m["message"] for m in project.measured if m["message"] is not None]
    assert len(told) == 3
    blocks = Page((project.path / "r.md").read_text(encoding="utf-8")).codes
    rows = [row["message"] for row in exact_of_csv(project).values()]
    for message in told:
        assert message in [block.rstrip("\n") for block in blocks]
        assert message in rows
        assert all(any(part in line for line in lines) for part in message.splitlines())
