"""The results as CSV: one row a measurement, flat, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_inferenergy.escaping import lines
from pytest_inferenergy.report.document import shown
from pytest_inferenergy.report.machine import missing_meter

Cell = Callable[[Mapping[str, Any]], object]


def _of(part: str, key: str) -> Cell:
    """A key of a part that may be absent."""
    return lambda measurement: (measurement.get(part) or {}).get(key)


def _location(index: int) -> Cell:
    return lambda measurement: (measurement.get("location") or (None, None))[index]


def _joined(key: str) -> Cell:
    return lambda measurement: " ".join(measurement.get(key) or ()) or None


COLUMNS: Mapping[str, Cell | None] = {
    "test": lambda measurement: measurement["nodeid"],
    "name": None,
    "file": _location(0),
    "line": _location(1),
    "test_outcome": None,
    "state": None,
    "reason": None,
    "verdict": None,
    "gated": None,
    "source": None,
    "kwh_per_1k": None,
    "low": None,
    "high": None,
    "joules_per_inference": None,
    "seconds_per_inference": None,
    "mean_watts": None,
    "idle_watts": None,
    "joules_above_idle": None,
    "total_kwh_per_1k": None,
    "gco2_per_1k": None,
    "tokens_per_inference": None,
    "joules_per_token": None,
    "tokens_per_joule": None,
    "images_per_inference": None,
    "joules_per_image": None,
    "inferences": None,
    "windows": None,
    "rejected_windows": None,
    "baseline_kwh_per_1k": None,
    "change": None,
    "change_low": _of("details", "low"),
    "change_high": _of("details", "high"),
    "smallest_detectable": _of("details", "smallest_detectable"),
    "time_ratio": _of("details", "time_ratio"),
    "power_ratio": _of("details", "power_ratio"),
    "runs": _of("details", "runs"),
    "sessions": _of("details", "sessions"),
    "budget": _of("budget", "text"),
    "budget_kwh_per_1k": _of("budget", "kwh_per_1k"),
    "budget_excess": _of("budget", "excess"),
    "budget_word": _of("budget", "word"),
    "task": _of("task", "task"),
    "model": _of("task", "model"),
    "device": _of("profile", "device"),
    "devices": _joined("devices"),
    "driver": _of("run", "driver"),
    "commit": _of("run", "commit"),
    "flags": _joined("flags"),
    "message": None,
    "decided_by": _of("details", "decided_by"),
    "energy_at_pace_change": _of("details", "energy_at_pace_change"),
    "energy_at_pace_low": _of("details", "energy_at_pace_low"),
    "energy_at_pace_high": _of("details", "energy_at_pace_high"),
    "meter": _of("profile", "meter"),
    "missing_meter": lambda measurement: missing_meter(measurement) or None,
}
"""The columns in their order, new ones last; where no function stands the key has the same name."""

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""A spreadsheet takes a text that begins with one of these for a formula."""
_LEAD = f"[{re.escape(''.join(FORMULA))}]"
_FORMULA = re.compile(rf"""\A(?= *{_LEAD})|^(?={_LEAD})|(?<=;)(?=[ '"]*{_LEAD})""", re.MULTILINE)
"""Where one would begin, also for a program that parts cells at semicolons: to it a quote within
a cell quotes nothing, so that a line break of a message ends the row."""


def to_csv(document: Mapping[str, Any]) -> str:
    """The text of ``--energy-csv``: numbers in full, unknown cells empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for measurement in shown(document)["measurements"]:
        writer.writerow(
            _cell(measurement.get(name) if cell is None else cell(measurement))
            for name, cell in COLUMNS.items()
        )
    return text.getvalue()


def _cell(value: object) -> object:
    """A text that cannot be taken for a formula: an apostrophe before it says that it is none."""
    if not isinstance(value, str):
        return value
    return _FORMULA.sub("'", lines(value))
