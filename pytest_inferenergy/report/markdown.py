"""The results as Markdown: what failed in the open, the rest folded, within GitHub's limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_inferenergy.report.document import shown
from pytest_inferenergy.report.machine import missing_meter
from pytest_inferenergy.report.markup import code, fence, plain_text
from pytest_inferenergy.report.parts import constant_part
from pytest_inferenergy.report.ranking import why_not_gated, worst_first
from pytest_inferenergy.report.remarks import remarks
from pytest_inferenergy.report.table import (
    Column,
    by_turns,
    columns,
    full_label,
    label,
    measured_on,
)

LIMIT = 1024 * 1024
"""Bytes that GitHub takes as the summary of one step."""
SIGNS = {"failed": "❌", "warned": "⚠️", "passed": "✅", "not gated": "➖"}
RESERVE = 400
"""Bytes kept for the end of what is open and for the line that says what was left out."""


class _Page:
    """Text that grows by whole blocks while they fit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit - RESERVE
        self._parts: list[str] = []
        self._size = 0
        self.left_out = 0

    def add(self, block: str) -> bool:
        """Append a block and a line break; whether it fitted."""
        size = len(block.encode()) + 1
        if self.left_out or self._size + size > self._limit:
            return False
        self._parts.append(block)
        self._size += size
        return True

    def rows(self, head: str, rows: Iterable[str], foot: str = "") -> None:
        """Rows of a part, as many as fit; nothing of it where not even one does."""
        begun = False
        for row in rows:
            block = row if begun else f"{head}\n{row}"
            if self.add(block):
                begun = True
            else:
                self.left_out += 1
        if begun:
            self._parts.append(f"{foot}\n")
            self._size += len(foot) + 2

    def text(self) -> str:
        parts = list(self._parts)
        if self.left_out:
            parts.append(
                f"\n{self.left_out} more rows are left out: the page would be larger than GitHub "
                "takes. The files of `--energy-json` and `--energy-html` hold all of them.\n"
            )
        return "\n".join(parts).rstrip("\n") + "\n"


def to_markdown(document: Mapping[str, Any], limit: int = LIMIT) -> str:
    """The text of ``--energy-markdown`` in at most ``limit`` bytes, cut after whole rows."""
    document = shown(document)
    page = _Page(limit)
    page.add(f"### Energy of inference\n\n{code(document['summary'])}\n")
    for problem in document["problems"]:
        page.add(f"**ERROR** {code(problem)}\n")
    lost = [(slug, test) for slug, those in (document.get("gone") or {}).items() for test in those]
    head = _fold(f"{len(lost)} baseline{'s' * (len(lost) != 1)} without a test") + "\n"
    page.rows(head, (f"- {code(test)} on {code(slug)}" for slug, test in lost), "\n</details>")
    by_gate: dict[str, list[Mapping[str, Any]]] = {}
    for measurement in worst_first(document["measurements"]):
        by_gate.setdefault(measurement["gated"], []).append(measurement)
    seen = by_gate.get("failed", []) + by_gate.get("warned", [])
    grams = document.get("carbon") is not None
    where = measured_on(document["measurements"])
    if where is not None:
        page.add(f"{code(where)}\n")
    asked = columns(document["measurements"], grams=grams)[1:]
    page.rows(_head(asked), (_row(m, asked) for m in seen))
    page.rows("", _messages(seen))
    settings = document["settings"]
    for gated in ("not gated", "passed"):
        those = by_gate.get(gated, [])
        why = settings if gated == "not gated" else None
        fold = _fold(f"{len(those)} {gated}")
        head = f"{fold}\n\n{_head(asked, why=why is not None)}"
        page.rows(head, (_row(m, asked, why) for m in those), "\n</details>")
    turns = document["comparisons"]
    head = _fold(f"{len(turns)} compared by turns") + "\n"
    page.rows(head, (f"- {code(by_turns(each))}" for each in turns), "\n</details>")
    missing = [m for m in document["measurements"] if missing_meter(m)]
    head = _fold(f"{len(missing)} without the meter that was expected") + "\n"
    lines = (f"- {_test(m)} {code(missing_meter(m))}" for m in missing)
    page.rows(head, lines, "\n</details>")
    below = remarks(document["measurements"], document["carbon"], settings.get("equivalents") or ())
    below += [f"{label(m)}: {part}" for m in document["measurements"] for part in constant_part(m)]
    if below:
        block = fence("\n".join(below))
        page.rows(_fold("remarks") + "\n", [block], "\n</details>")
    return page.text()


def _fold(title: str) -> str:
    return f"<details><summary>{title}</summary>"


def _head(asked: Sequence[Column], *, why: bool = False) -> str:
    titles = [column.title for column in asked] + (["why"] if why else [])
    titles = ["", "test", *titles]
    return f"| {' | '.join(titles)} |\n|{'|'.join(' --- ' for _ in titles)}|"


def _row(
    measurement: Mapping[str, Any],
    asked: Sequence[Column],
    why: Mapping[str, Any] | None = None,
) -> str:
    cells = [_cell(column, measurement) for column in asked]
    if why is not None:
        cells.append(code(why_not_gated(measurement, why)))
    return f"| {' | '.join([SIGNS[measurement['gated']], _test(measurement), *cells])} |"


def _cell(column: Column, measurement: Mapping[str, Any]) -> str:
    text = column.cell(measurement)
    return plain_text(text) if column.align == "left" else text  # the others are our numbers


def _test(measurement: Mapping[str, Any]) -> str:
    return code(full_label(measurement["nodeid"], measurement["name"]))


def _messages(measurements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for measurement in measurements:
        if measurement["message"] is not None:
            yield f"{_test(measurement)}\n\n{fence(measurement['message'])}\n"
