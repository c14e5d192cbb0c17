"""False alarms and detection of verdict rules, from the tables of ``verdicts_replay.md``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.charting.chart import Axis, Chart, Panel, Series

SOURCE = "verdicts_replay.md"
SECTION = re.compile(r"^## (?:Runs differ by (?P<sd>[\d.]+)%|(?P<turns>By turns))", re.MULTILINE)
ALARMS = re.compile(r"(\d+) of (\d+)")
CHANGE = re.compile(r"\+(\d+)% found")
TURNS = "by turns"
SHOWN_SD = "1.0"
"""The scatter between runs, in percent, at which detection is drawn: the harder of the two."""


@dataclass(frozen=True)
class Row:
    """One rule under one scatter of runs."""

    rule: str
    scatter: str
    alarms: int
    comparisons: int
    found: tuple[tuple[float, float], ...]
    """Changes and how often each was found, both in percent."""

    @property
    def ours(self) -> bool:
        return self.rule.startswith("this rule")


def read_rows(text: str) -> list[Row]:
    """All rows of the tables of false alarms and detection, in their order."""
    text = text.partition("\n## Host-bound")[0]
    heads = list(SECTION.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        row
        for head, end in zip(heads, ends, strict=True)
        for row in _rows(text[head.end() : end], head["sd"] or TURNS)
    ]


def _rows(section: str, scatter: str) -> list[Row]:
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    changes = [float(match[1]) for name in head if (match := CHANGE.fullmatch(name))]
    rows = []
    for cells in body:
        alarms = ALARMS.fullmatch(cells[1])
        if alarms is None or len(cells) != len(head):
            raise ValueError(f"{SOURCE}: no row of a rule: {cells}")
        shares = [float(cell.rstrip("%")) for cell in cells[-len(changes) :]]
        found = tuple(zip(changes, shares, strict=True))
        rows.append(Row(cells[0], scatter, int(alarms[1]), int(alarms[2]), found))
    return rows


def verdicts_chart(results: Path) -> Chart:
    """Above the false alarms of each rule, below what each finds."""
    rows = read_rows((results / SOURCE).read_text(encoding="utf-8"))
    return Chart(
        "verdicts",
        "What verdicts say of recorded runs",
        (_alarms(rows), _detection(rows)),
        side_by_side=False,
    )


def _alarms(rows: list[Row]) -> Panel:
    rules = _rules(rows)
    series = tuple(
        Series(
            scatter if scatter == TURNS else f"runs differ by {scatter} % (sd)",
            tuple(
                (100 * row.alarms / row.comparisons, float(rules.index(row.rule)))
                for row in rows
                if row.scatter == scatter
            ),
            joined=False,
        )
        for scatter in dict.fromkeys(row.scatter for row in rows)
    )
    axis = Axis("unchanged code called regressed, % of comparisons")
    return Panel("alarms", "False alarms", axis, Axis("", names=tuple(rules)), series)


def _detection(rows: list[Row]) -> Panel:
    shown = [row for row in rows if row.scatter in (SHOWN_SD, TURNS)]
    shown.sort(key=lambda row: not row.ours)
    return Panel(
        "detection",
        f"Changes found (runs differ by {SHOWN_SD} %, processes that take turns by less)",
        Axis("true change of energy, %", ticks=tuple(x for x, _ in shown[0].found)),
        Axis("called regressed, % of comparisons", ticks=(0, 25, 50, 75, 100)),
        tuple(Series(row.rule, row.found) for row in shown),
        ours=sum(row.ours for row in shown),
    )


def _rules(rows: list[Row]) -> list[str]:
    """Each rule once: ours first."""
    return sorted(
        dict.fromkeys(row.rule for row in rows), key=lambda rule: not rule.startswith("this rule")
    )
