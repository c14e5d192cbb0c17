"""Two equal revisions by turns on a GPU: how far apart their processes are told.

    python -m benchmarks.against --runs 6 --output benchmarks/results

Each run is a ``pytest --energy-against HEAD~1`` of its own, with two fresh processes and margins so
narrow that pairs go on until the time is up. Prints each run's ratio, and over the runs the mean
with its standard error and the standard deviation between runs. ``--layers 25`` compares 25 layers
with 24 instead. Needs a GPU, torch and git.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.gpu.project import LAYERS, Project

NARROW = (0.01, 0.02)
"""Margins in percent between which no answer comes soon."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=12.0, help="time for turns in each run")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--output", type=Path, help="folder for the results")
    options = parser.parse_args(arguments)
    lines = [
        f"{options.layers} layers against {LAYERS}, {options.seconds:g} s of turns a run",
        "",
        "| run | pairs | energy, % | time, % | power, % |",
        "| --- | --- | --- | --- | --- |",
    ]
    changes = []
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.layers(options.layers)
        for number in range(options.runs):
            _, told = project.against("HEAD~1", NARROW, options.seconds)
            time, power = (math.log(told["details"][f"{of}_ratio"]) for of in ("time", "power"))
            changes.append(100 * math.log1p(told["change"]))
            row = (changes[-1], 100 * time, 100 * power)
            figures = " | ".join(f"{value:+.2f}" for value in row)
            lines.append(f"| {number + 1} | {told['against']['pairs']} | {figures} |")
            print(lines[-1], flush=True)
    mean, sd = statistics.mean(changes), statistics.stdev(changes)
    lines += ["", f"mean {mean:+.2f} ± {sd / math.sqrt(len(changes)):.2f} %, sd {sd:.2f} %"]
    print("\n".join(lines))
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        name = f"against_{options.layers}_layers.md"
        (options.output / name).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
