"""``inferenergy show``: what is stored, and how each level moved since its anchor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from pytest_inferenergy.baselines.drift import Course, course
from pytest_inferenergy.baselines.evidence import LEEWAY
from pytest_inferenergy.baselines.history import Baselines, History
from pytest_inferenergy.clock import time
from pytest_inferenergy.commands.documents import read_baselines
from pytest_inferenergy.escaping import line
from pytest_inferenergy.report.machine import machine_line
from pytest_inferenergy.report.message import percent
from pytest_inferenergy.report.table import full_label
from pytest_inferenergy.units import kwh_per_1k, plain

HEADERS: Final = ("kWh/1k", "since anchor", "runs", "latest", "test")
MOST_POINTS: Final = 8
"""So many sessions of a course are printed: the first ones give way to dots."""


def show(folder: Path, tolerance: float) -> str:
    """The baselines of a folder as text; ``tolerance`` is the fraction that creep is held to."""
    return "\n\n".join(
        "\n".join(map(line, _machine(stored, tolerance))) for stored in read_baselines(folder)
    )


def _machine(stored: Baselines, tolerance: float) -> list[str]:
    from tabulate import tabulate

    found = [
        (full_label(nodeid, name), history, course(history, tolerance))
        for nodeid, names in sorted(stored.tests.items())
        for name, history in sorted(names.items())
    ]
    rows = [_row(*item) for item in found]
    align = ("right", "right", "right", "left", "left")
    head = f"{stored.profile.slug}: {machine_line(stored.profile.as_dict())}"
    if not rows:
        return [head, "no test"]
    body = tabulate(rows, headers=HEADERS, tablefmt="plain", colalign=align, disable_numparse=True)
    notes = [line for name, history, told in found for line in _notes(name, history, told)]
    notes += [f"{test}: formerly {', '.join(ids)}" for test, ids in sorted(stored.former.items())]
    return [head, *body.split("\n"), *notes]


def _row(name: str, history: History, told: Course) -> list[str]:
    return [
        plain(kwh_per_1k(math.exp(told.log_joules))),
        percent(math.expm1(told.change)),
        str(len(history.runs)),
        day(told.points[-1].time),
        line(name),
    ]


def _notes(name: str, history: History, told: Course) -> Iterator[str]:
    """The course, where there is one, and what stands out in it."""
    ahead = [run.time for run in history.runs if run.time > time.time() + LEEWAY]
    if ahead:
        yield (
            f"{name}: {len(ahead)} run{'s' * (len(ahead) != 1)} dated in the future, up to "
            f"{day(max(ahead))}: they would outlast new ones; delete their lines"
        )
    if len(told.points) > 1 or told.finding is not None:
        changes = [percent(math.expm1(point.change)) for point in told.points]
        dots = ["..."] if len(changes) > MOST_POINTS else []
        yield f"{name}: course {', '.join([*dots, *changes[-MOST_POINTS:]])}"
    whole, since = percent(math.expm1(told.change)), day(told.anchor.time)
    if told.finding == "creep":
        yield (
            f"  SLOW CREEP: {whole} since {since}, and no single step of it was over the "
            f"tolerance (the largest: {percent(math.expm1(told.largest_step))})"
        )
    elif told.finding == "step":
        yield (
            f"  above its anchor of {since} by {whole}, {percent(math.expm1(told.largest_step))} "
            "of it in one step: an accepted change"
        )


def day(instant: float) -> str:
    """The day of an instant, UTC."""
    return datetime.fromtimestamp(instant, timezone.utc).date().isoformat()
