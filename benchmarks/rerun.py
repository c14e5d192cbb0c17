"""Every result of ``benchmarks/results`` and the command that measures it again.

    python -m benchmarks.rerun                 # the list
    python -m benchmarks.rerun --gpus 1        # what needs one GPU, one after another
    python -m benchmarks.rerun --gpus 0 --output build/results

What each writes and prints goes into a folder of its own below ``--output``, so that it can be
looked at before it takes the place of what is committed. (``prometheus`` writes into
``benchmarks/results`` itself.)
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Rerun:
    """Some files of results, and how to make them anew."""

    results: tuple[str, ...]
    module: str
    """What ``python -m`` runs, with its arguments; ``OUT`` stands for the folder."""
    minutes: int
    """About how long it takes: on an H200, or on two cores."""
    gpus: int = 0
    """How many GPUs it needs; 0: none."""

    @property
    def name(self) -> str:
        return self.results[0].partition(".")[0]

    @property
    def command(self) -> str:
        return f"python -m {self.module.replace('OUT', f'build/results/{self.name}')}"


RERUNS = (
    Rerun(
        ("precision_h200.md", "precision_h200.json", "precision_h200_recording.json.gz"),
        "benchmarks.precision --limit 360 --output OUT",
        minutes=7,
        gpus=1,
    ),
    Rerun(
        ("throughput_h200.md", "throughput_h200.json"),
        "benchmarks.precision --only bursts throughput --limit 210 --output OUT",
        minutes=4,
        gpus=1,
    ),
    Rerun(
        ("ladder_h200.md", "ladder_h200.json"),
        "benchmarks.ladder --output OUT --limit 440",
        minutes=8,
        gpus=1,
    ),
    Rerun(
        ("by_turns.md", "by_turns.json"),
        "benchmarks.by_turns --seconds 480 --output OUT",
        minutes=9,
        gpus=1,
    ),
    Rerun(
        ("against_h200.md",),
        "benchmarks.against --runs 6 --seconds 12 --output OUT",
        minutes=5,
        gpus=1,
    ),
    Rerun(
        ("ways_h200.md",),
        "pytest tests/gpu/test_ways_of_working.py -s",
        minutes=5,
        gpus=1,
    ),
    Rerun(
        ("two_gpus_h200.md",),
        "pytest tests/gpu/test_two_gpus.py tests/gpu/test_torchrun.py -s",
        minutes=5,
        gpus=2,
    ),
    Rerun(
        ("no_wrong_figure_h200.md",),
        "pytest tests/gpu/test_no_wrong_figure.py -s --energy-report",
        minutes=2,
        gpus=2,
    ),
    Rerun(("verdicts_replay.md",), "benchmarks.verdicts --output OUT/verdicts_replay.md", 1),
    Rerun(("worlds.md",), "benchmarks.worlds --output OUT/worlds.md", 15),
    Rerun(("prometheus.md",), "benchmarks.prometheus", 8),
    Rerun(("html_report.md",), "benchmarks.html_report --output OUT", 2),
    Rerun(("scale.md",), "benchmarks.scale --output OUT", 5),
    Rerun(("startup.md",), "benchmarks.startup", 3),
    Rerun(("reports.md",), "benchmarks.reports", 1),
    Rerun(("foreign_suites.md",), "benchmarks.foreign_suites --output OUT", 25),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gpus", type=int, choices=(0, 1, 2), help="run what needs so many")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "results")
    options = parser.parse_args(arguments)
    if options.gpus is None:
        print(as_table())
        return 0
    chosen = [rerun for rerun in RERUNS if rerun.gpus == options.gpus]
    return max([run(rerun, options.output.resolve()) for rerun in chosen])


def run(rerun: Rerun, output: Path) -> int:
    """Run one, keep what it prints, and say how it ended."""
    folder = output / rerun.name
    folder.mkdir(parents=True, exist_ok=True)
    words = [word.replace("OUT", str(folder)) for word in shlex.split(rerun.module)]
    start = time.monotonic()
    with (folder / "printed.txt").open("w", encoding="utf-8") as printed:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            stdout=printed,
            stderr=subprocess.STDOUT,
            check=False,
        )
    minutes = (time.monotonic() - start) / 60
    print(f"{done.returncode} after {minutes:.1f} min: {rerun.command}", flush=True)
    return done.returncode


def as_table() -> str:
    """The list as it stands in CONTRIBUTING.md."""
    rows = [
        (
            ", ".join(f"`{name}`" for name in rerun.results),
            f"`{rerun.command}`",
            rerun.minutes,
            ("none", "one", "two")[rerun.gpus],
        )
        for rerun in RERUNS
    ]
    return tabulate(rows, ("results", "command", "minutes", "GPUs"), tablefmt="github")


if __name__ == "__main__":
    sys.exit(main())
