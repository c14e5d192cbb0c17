"""Error of a window's mean power against its length, from ``precision_h200.json``."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.charting.chart import Axis, Chart, Panel, Series

SOURCE = "precision_h200.json"
TOOLS = {"ours": "pytest-inferenergy", "zeus": "Zeus", "codecarbon": "codecarbon"}
LOADS = {"gpu_bound": "GPU-bound", "host_bound": "host-bound"}


def precision_chart(results: Path) -> Chart:
    """A panel for each of the two steady loads."""
    found = json.loads((results / SOURCE).read_text(encoding="utf-8"))
    panels = []
    for load, words in LOADS.items():
        rows = [row for row in found["precision"] if row["load"] == load]
        lengths = tuple(row["nominal_seconds"] for row in rows)
        watts = round(sum(row["mean_watts"] for row in rows) / len(rows))
        series = tuple(
            Series(name, tuple((row["nominal_seconds"], row["rms_percent"][tool]) for row in rows))
            for tool, name in TOOLS.items()
        )
        panels.append(
            Panel(
                load,
                f"{words} work, {watts} W",
                Axis("length of the window, s", log=True, ticks=lengths),
                Axis("RMS error of mean power, %", log=True, ticks=(0.1, 0.3, 1, 3, 10)),
                series,
                ours=1,
            )
        )
    device = found["about"]["device"]
    return Chart("precision", f"Error of a window on one {device}", tuple(panels))
