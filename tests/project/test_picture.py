"""The README's picture of a failing gate shows what today's code prints of that very run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from benchmarks.terminal import AFTER, BEFORE, COLUMNS, as_svg
from pytest_inferenergy.gate import judge
from pytest_inferenergy.report.message import message
from pytest_inferenergy.report.summary import summary_line
from pytest_inferenergy.report.table import notes, table
from pytest_inferenergy.settings import Settings

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "failing-gate.svg"
SVG = "{http://www.w3.org/2000/svg}"


def lines(picture: str) -> list[str]:
    """The lines of a picture's terminal, under its title."""
    rows: dict[str, list[tuple[float, str]]] = {}
    for text in ET.fromstring(picture).iter(f"{SVG}text"):
        rows.setdefault(text.get("y", ""), []).append((float(text.get("x", 0)), text.text or ""))
    _title, *rest = ("".join(part for _, part in sorted(row)) for row in rows.values())
    return [" ".join(line.split()) for line in rest]


def printed(measurements: list[dict[str, Any]]) -> list[str]:
    """What the terminal is told of measurements: the table, the failures, the closing line."""
    settings = Settings()
    failed = [(m, judge(m, settings)) for m in measurements]
    parts = [
        table(measurements, COLUMNS),
        *notes(measurements),
        *(message(m, judged.causes) for m, judged in failed if judged.effect == "fail"),
        summary_line(measurements, len(measurements), disabled=False),
    ]
    return [" ".join(line.split()) for part in parts for line in part.splitlines() if line.strip()]


def results() -> list[dict[str, Any]]:
    text = PICTURE.with_suffix(".json").read_text(encoding="utf-8")
    measurements: list[dict[str, Any]] = json.loads(text)["measurements"]
    return measurements


def test_it_shows_what_is_printed_today() -> None:
    shown = iter(lines(PICTURE.read_text(encoding="utf-8")))
    missing = [line for line in printed(results()) if line not in shown]  # in this order
    assert missing == [], "run python -m benchmarks.terminal docs/images/failing-gate.svg"


def test_one_of_two_has_regressed_by_what_was_changed() -> None:
    regressed, unchanged = results()
    assert (regressed["verdict"], unchanged["verdict"]) == ("regressed", "passed")
    assert abs(regressed["details"]["power_ratio"] - AFTER / BEFORE) < 0.03
    assert {"failed", "passed"} == {regressed["gated"], unchanged["gated"]}


def test_the_picture_is_as_rich_draws_text() -> None:
    drawn = lines(as_svg("\x1b[31mF\x1b[0m.   [100%]\nenergy: 1 measured"))
    assert drawn[1:] == ["F. [100%]", "energy: 1 measured"]


def test_it_asks_nobody_for_anything() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org)|@font-face|@import|<script", text)
    assert len(text) < 30_000
