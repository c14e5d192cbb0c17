"""Charts of the three sweeps, from the results of a run.

pytest examples/power_hungry --energy-json=results.json
python -m examples.power_hungry.charts results.json --output charts
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go


@dataclass(frozen=True)
class Sweep:
    """A test, and how its measurements are drawn."""

    test: str
    title: str
    across: str
    """What the workload's description calls the quantity that was swept."""
    axis: str
    log: bool = False


SWEEPS = (
    Sweep("test_output_length", "Energy against output length", "new_tokens", "tokens written"),
    Sweep("test_image_size", "Energy against image size", "height", "side, pixels"),
    Sweep("test_parameters", "Energy against parameters", "parameters", "parameters", log=True),
)


def curves(sweep: Sweep, results: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The measured points of each line, by its name, from left to right."""
    found = defaultdict(list)
    for one in results["measurements"]:
        if f"::{sweep.test}[" in one["nodeid"] and one["kwh_per_1k"] is not None:
            found[_line(sweep, one["task"])].append(one)
    return {
        name: sorted(points, key=lambda point: point["task"][sweep.across])
        for name, points in found.items()
    }


def _line(sweep: Sweep, told: Mapping[str, Any]) -> str:
    if sweep.across == "parameters":
        return str(told["task"])
    kind = "multi-purpose" if told["multi_purpose"] else "task-specific"
    return f"{told['model']}, {kind} ({told['task']})"


def draw(sweep: Sweep, lines: Mapping[str, Sequence[Mapping[str, Any]]]) -> go.Figure:
    """One line for each model or task, with its 99 % intervals, in Wh for 1,000 inferences."""
    figure = go.Figure()
    for name, points in lines.items():
        level = [1000 * point["kwh_per_1k"] for point in points]
        bounds = [
            [1000 * abs(point[side] - point["kwh_per_1k"]) for point in points]
            for side in ("high", "low")
        ]
        error = {"array": bounds[0], "arrayminus": bounds[1]}
        across = [point["task"][sweep.across] for point in points]
        figure.add_scatter(x=across, y=level, error_y=error, name=name, mode="lines+markers")
    kind = "log" if sweep.log else "linear"
    figure.update_layout(title=sweep.title)
    figure.update_xaxes(title=sweep.axis, type=kind)
    figure.update_yaxes(title="Wh for 1,000 inferences", type="log", exponentformat="none")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one page a sweep."""
    parser = argparse.ArgumentParser(description="Charts of the three sweeps.")
    parser.add_argument("results", type=Path, help="what --energy-json wrote")
    parser.add_argument("--output", type=Path, default=Path("charts"), help="folder (charts)")
    given = parser.parse_args(arguments)
    results = json.loads(given.results.read_text(encoding="utf-8"))
    given.output.mkdir(parents=True, exist_ok=True)
    for sweep in SWEEPS:
        lines = curves(sweep, results)
        if lines:
            page = given.output / f"{sweep.test.removeprefix('test_')}.html"
            draw(sweep, lines).write_html(page, include_plotlyjs=True)
            print(page)


if __name__ == "__main__":
    main()
