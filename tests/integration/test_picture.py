"""The README's picture of a failing gate shows what pytest prints today, but for the numbers."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks.terminal import AFTER, BEFORE, as_svg, failing_run
from tests.nvml.library import FakeDevice, FakeNvml

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "failing-gate.svg"
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"[+-]?\d[\d.]*")
RULE = re.compile(r"([-=_])\1{2,}")


def lines(picture: str) -> list[str]:
    """The lines of a picture's terminal, with every number as 0 and every rule as three signs."""
    rows: dict[str, list[tuple[float, str]]] = {}
    for text in ET.fromstring(picture).iter(f"{SVG}text"):
        rows.setdefault(text.get("y", ""), []).append((float(text.get("x", 0)), text.text or ""))
    whole = ("".join(part for _, part in sorted(row)) for row in rows.values())
    return [" ".join(RULE.sub(r"\1\1\1", NUMBER.sub("0", line)).split()) for line in whole]


def test_it_is_what_is_printed_today(tmp_path: Path, fake_nvml_library: Path) -> None:
    (tmp_path / "project").mkdir()
    gpu = FakeNvml(tmp_path, fake_nvml_library, FakeDevice(watts=BEFORE))
    printed = failing_run(tmp_path / "project", gpu)
    assert "energy: 2 measured, 2 compared, 1 regressed" in printed
    shown = lines(PICTURE.read_text(encoding="utf-8"))
    assert shown == lines(as_svg(printed)), "run python -m benchmarks.terminal"


def test_it_tells_of_the_change_that_was_made() -> None:
    text = PICTURE.read_text(encoding="utf-8").replace("&#160;", " ")
    (change,) = re.findall(r"x power ([+-][\d.]+) %", text)
    assert abs(float(change) - 100 * (AFTER / BEFORE - 1)) < 2


def test_it_asks_nobody_for_anything() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org)|@font-face|@import|<script", text)
    assert len(text) < 30_000
