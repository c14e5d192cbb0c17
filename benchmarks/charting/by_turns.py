"""Every comparison by turns on a GPU, from ``by_turns.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.by_turns import LAYERS, MARGINS
from benchmarks.charting.chart import Axis, Bounds, Chart, Panel, Series

SOURCE = "by_turns.json"


def by_turns_chart(results: Path) -> Chart:
    """One line a comparison: its ratio as a change, with the bounds that decided."""
    found = json.loads((results / SOURCE).read_text(encoding="utf-8"))
    series, number = [], 0
    for layers in sorted({row["layers"] for row in found}):
        rows = [row for row in found if row["layers"] == layers]
        work = 100 * (layers / LAYERS - 1)
        series.append(
            Series(
                f"{work:.1f} % more work" if work else "the same work",
                tuple((_percent(row["ratio"]), float(number + k)) for k, row in enumerate(rows, 1)),
                joined=False,
                bounds=tuple(_bounds(row) for row in rows),
            )
        )
        number += len(rows)
    marks = (
        (100 * MARGINS.tolerance, f"tolerance {MARGINS.tolerance:.0%}"),
        (100 * MARGINS.must_detect, f"must detect {MARGINS.must_detect:.0%}"),
    )
    panel = Panel(
        "comparisons",
        f"{len(found)} comparisons by turns",
        Axis("energy, candidate against reference, % more", marks=marks),
        Axis("comparison"),
        tuple(series),
    )
    return Chart("by-turns", "Taking turns on one GPU", (panel,))


def _bounds(row: dict[str, Any]) -> Bounds:
    """A ratio of 0 bounds nothing: there were too few pairs for a lower bound."""
    low, high = row["low"], row["high"]
    return (_percent(low) if low else None, None if high is None else _percent(high))


def _percent(ratio: float) -> float:
    return 100 * (ratio - 1)
