"""The charts in ``docs/images`` show the figures of ``benchmarks/results``, for every reader."""

from __future__ import annotations

import json
import math
import re
from statistics import linear_regression
from xml.etree import ElementTree as ET

import pytest

from benchmarks.charting.chart import Axis, Chart, Panel
from benchmarks.charting.colours import DARK, PAPER
from benchmarks.charting.precision import precision_chart
from benchmarks.charting.verdicts import read_rows, verdicts_chart
from benchmarks.charts import CHARTS, IMAGES, RESULTS, charts

SVG = "{http://www.w3.org/2000/svg}"
DOCS = IMAGES.parent
ALL = {chart.name: chart for chart in charts(RESULTS)}


def picture(chart: Chart) -> ET.Element:
    return ET.parse(IMAGES / f"{chart.name}.svg").getroot()


def drawn(root: ET.Element, identity: str) -> list[tuple[float, float]]:
    """Where the marks of a series are, in the picture's units."""
    (group,) = (group for group in root.iter(f"{SVG}g") if group.get("id") == identity)
    return [(float(use.attrib["x"]), float(use.attrib["y"])) for use in group.iter(f"{SVG}use")]


def told(axis: Axis, value: float) -> float:
    return math.log(value) if axis.log else value


def misplaced(panel: Panel, root: ET.Element) -> float:
    """The most that any mark is away from where a straight axis has it, in points."""
    data = [point for one in panel.series for point in one.points]
    marks = [
        mark for index in range(len(panel.series)) for mark in drawn(root, f"{panel.slug}-{index}")
    ]
    assert len(marks) == len(data)
    worst = 0.0
    for axis, of in ((panel.x, 0), (panel.y, 1)):
        values, places = [told(axis, point[of]) for point in data], [mark[of] for mark in marks]
        slope, start = linear_regression(values, places)
        worst = max(
            worst, *(abs(start + slope * v - p) for v, p in zip(values, places, strict=True))
        )
    return worst


def test_every_results_file_with_a_chart_is_there() -> None:
    assert [name for name in CHARTS if not (RESULTS / name).is_file()] == []


@pytest.mark.parametrize("name", ALL)
def test_the_picture_says_the_figures_of_the_results(name: str) -> None:
    root = picture(ALL[name])
    assert root.findtext(f"{SVG}title") == ALL[name].title
    assert root.findtext(f"{SVG}desc") == ALL[name].described(), "run python -m benchmarks.charts"


@pytest.mark.parametrize("name", ALL)
def test_every_mark_is_where_its_figure_is(name: str) -> None:
    root = picture(ALL[name])
    for panel in ALL[name].panels:
        assert misplaced(panel, root) < 0.01


@pytest.mark.parametrize("name", ALL)
def test_axes_are_named_and_measured_ones_have_a_unit(name: str) -> None:
    texts = {"".join(text.itertext()) for text in picture(ALL[name]).iter(f"{SVG}text")}
    for panel in ALL[name].panels:
        for axis in (panel.x, panel.y):
            assert axis.label in texts | {""}
            assert bool(axis.label) != bool(axis.names)
            assert re.search(r"%|, s$|kWh|^comparison$|^$", axis.label)
        assert {*panel.y.names, panel.title} <= texts


@pytest.mark.parametrize("name", ALL)
def test_pictures_are_small_and_ask_nobody_for_anything(name: str) -> None:
    text = (IMAGES / f"{name}.svg").read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert "<image" not in text
    assert "<script" not in text
    assert not re.search(r"(?:href|src)=\"(?!#)", text)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ALL)
def test_each_colour_is_told_from_the_paper_in_the_light_and_in_the_dark(name: str) -> None:
    root = picture(ALL[name])
    styles = " ".join(element.get("style", "") for element in root.iter())
    used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", styles))
    assert used <= set(DARK)
    marks = {
        colour
        for one in root.iter(f"{SVG}use")
        for colour in DARK
        if colour in one.get("style", "")
    }
    for colour in marks:
        assert contrast(colour, PAPER) > 4.5
        assert contrast(DARK[colour], DARK[PAPER]) > 4.5
    (sheet,) = (s.text or "" for s in root.iter(f"{SVG}style") if "dark" in (s.text or ""))
    assert all(f"fill: {colour}" in sheet and f"stroke: {colour}" in sheet for colour in used)


def test_precision_is_what_the_table_of_the_results_says() -> None:
    table = (RESULTS / "precision_h200.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (gpu|host)_bound \| ([\d.]+) \|(.*)\|$", table.split("## ")[1], re.MULTILINE
    )
    said = {
        (f"{load}_bound", float(length)): [cells.split("|")[place].strip() for place in (4, 2, 3)]
        for load, length, cells in rows
    }
    shown = {
        (panel.slug, one.points[place][0]): [f"{s.points[place][1]:.2f}" for s in panel.series]
        for panel in precision_chart(RESULTS).panels
        for one in panel.series[:1]
        for place in range(len(one.points))
    }
    assert len(shown) == 10
    assert shown == said


def test_a_table_of_verdicts_is_read_cell_by_cell() -> None:
    text = """
## Runs differ by 0.3% (sd)

| rule | false alarms | worst trace | unchanged passed | +1% found | +10% found |
|---|---|---|---|---|---|
| this rule | 0 of 40 | 0.0% | 99.2% | 0.5% | 85.2% |

## By turns (60 pairs)

| rule | false alarms | worst trace | unchanged passed | +1% found | +10% found |
|---|---|---|---|---|---|
| this rule by turns | 1 of 8 | 12.5% | 80.0% | 0.1% | 100.0% |
"""
    stored, turns = read_rows(text)
    assert (stored.rule, stored.scatter, stored.alarms, stored.comparisons) == (
        "this rule",
        "0.3",
        0,
        40,
    )
    assert stored.found == ((1.0, 0.5), (10.0, 85.2))
    assert (turns.scatter, turns.alarms, turns.comparisons) == ("by turns", 1, 8)
    assert turns.found == ((1.0, 0.1), (10.0, 100.0))
    with pytest.raises(ValueError, match="no row of a rule"):
        read_rows(text.replace("1 of 8", "many"))


def test_false_alarms_are_shares_of_all_comparisons() -> None:
    alarms, detection = verdicts_chart(RESULTS).panels
    rule = alarms.y.names.index("Welch t, p < 0.05")
    found = {one.name: x for one in alarms.series for x, y in one.points if y == rule}
    assert found == {
        "runs differ by 0.3 % (sd)": pytest.approx(100 * 250 / 4000),
        "runs differ by 1.0 % (sd)": pytest.approx(100 * 751 / 4000),
    }
    assert len(detection.series) == len(alarms.y.names) == 8


def test_counts_in_the_docs_are_those_of_the_results() -> None:
    page = " ".join((DOCS / "verdicts.md").read_text(encoding="utf-8").split())
    counts = re.findall(r"\d+ of \d+", page)
    assert len(counts) == 3
    table = (RESULTS / "verdicts_replay.md").read_text(encoding="utf-8")
    assert all(f"| {count} " in table for count in counts)
    rows = json.loads((RESULTS / "by_turns.json").read_text(encoding="utf-8"))
    words = [(row["layers"], row["verdict"]) for row in rows]
    assert f"The {words.count((33, 'passed'))} of the same work passed" in page
    assert f"The {words.count((34, 'regressed'))} with 3.0 % more work were found" in page
    study = " ".join((DOCS / "study.md").read_text(encoding="utf-8").split())
    (panel,) = ALL["ladder"].panels
    models, tasks = re.findall(r"([\d.]+) \(n = (\d+)\)", panel.title)
    assert f"{models[0]} over the {models[1]} models made for their task and {tasks[0]}" in study
    assert f"Energy of {sum(len(one.points) for one in panel.series)} models" in study


def test_each_chart_stands_in_the_docs() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    shown = set(re.findall(r"\]\(images/([^)]+)\)", pages))
    assert {f"{name}.svg" for name in ALL} <= shown
    assert [name for name in shown if not (IMAGES / name).is_file()] == []


def test_a_mark_out_of_place_is_noticed() -> None:
    chart = ALL["by-turns"]
    root = picture(chart)
    (group,) = (g for g in root.iter(f"{SVG}g") if g.get("id") == "comparisons-0")
    use = next(group.iter(f"{SVG}use"))
    use.set("x", str(float(use.attrib["x"]) + 1))
    assert misplaced(chart.panels[0], root) > 0.5
