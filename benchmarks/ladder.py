"""The ladder of the study on a GPU, in one run, with the study's figures beside it.

python -m benchmarks.ladder --output benchmarks/results

Runs ``examples/power_hungry/test_ladder.py --ladder full``: batch 1, fp32, random weights, the
study's lengths; images are decoded and resized in the call, as the study's pipelines did. Writes
ladder.json (what pytest wrote) and ladder.md. ``--again ladder.json`` makes the tables anew.

The study's kilowatt-hours are those of a whole node of eight GPUs: its orders and ratios compare,
its values do not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from statistics import median
from typing import Any

from scipy.stats import rankdata, spearmanr
from tabulate import tabulate

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.reference import lookup
from pytest_inferenergy.tasks import TASKS

TESTS = "examples/power_hungry/test_ladder.py"


@dataclass(frozen=True)
class Rung:
    """A model measured here and recorded by the study."""

    task: str
    model: str
    multi_purpose: bool
    kwh: float
    seconds: float
    watts: float
    study_kwh: float
    """For 1,000 inferences, the mean over the study's data sets."""


@dataclass(frozen=True)
class Tables:
    """What the report says, computed from the rungs alone."""

    rungs: Sequence[Rung]

    @property
    def specific(self) -> list[Rung]:
        """Models made for their task."""
        return [rung for rung in self.rungs if not rung.multi_purpose]

    def medians(self, of: Callable[[Rung], float]) -> dict[str, float]:
        """The median over the task-specific models of each task."""
        found = defaultdict(list)
        for rung in self.specific:
            found[rung.task].append(of(rung))
        return {task: median(found[task]) for task in TASKS if task in found}

    def ratio(self, task: str, base: str, of: Callable[[Rung], float]) -> float | None:
        """The median of one task over that of another."""
        medians = self.medians(of)
        return medians[task] / medians[base] if {task, base} <= set(medians) else None

    def multi_purpose_ratio(self, of: Callable[[Rung], float]) -> float | None:
        """Median of generators asked to classify texts over that of classifiers."""
        asked = [of(rung) for rung in self.rungs if rung.multi_purpose]
        own = self.medians(of).get("text-classification")
        return median(asked) / own if asked and own is not None else None


def here(rung: Rung) -> float:
    return rung.kwh


def study(rung: Rung) -> float:
    return rung.study_kwh


def run(results: Path, limit: float) -> int:
    """Measure the ladder in one pytest; it lists what did not fit in the limit, seconds."""
    plugins = {found.name for found in entry_points(group="pytest11")}
    command = [sys.executable, "-m", "pytest", TESTS, "--ladder=full", "--energy-report"]
    if "inferenergy" not in plugins:
        command += ["-p", "pytest_inferenergy.plugin"]
    command += [
        f"--energy-json={results}",
        f"--energy-session-seconds={limit}",
        "--energy-gate=off",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(command, check=False).returncode


def rungs_of(results: dict[str, Any]) -> list[Rung]:
    """The rungs that were measured and that the study has, in the order of the run."""
    found = [_rung(one) for one in results["measurements"] if one.get("kwh_per_1k") is not None]
    return [rung for rung in found if rung is not None]


def _rung(one: dict[str, Any]) -> Rung | None:
    told = one["task"] or {}
    try:
        recorded = lookup(told["task"], told["study_model"])
    except (KeyError, InferenergyError):
        return None
    return Rung(
        task=told["task"],
        model=told["model"],
        multi_purpose=told["multi_purpose"],
        kwh=one["kwh_per_1k"],
        seconds=one["seconds_per_inference"],
        watts=one["mean_watts"],
        study_kwh=recorded.mean,
    )


def correlation(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Spearman's rank correlation, with the number of pairs."""
    if len(ours) < 3:
        return "too few"
    return f"{spearmanr(ours, theirs).statistic:.3f} (n = {len(ours)})"


def markdown(tables: Tables, device: str) -> str:
    """The whole report."""
    specific = tables.specific
    ours, theirs = tables.medians(here), tables.medians(study)
    published = {task: lookup(task).median for task in ours}
    lines = [
        f"# The study's ladder on {device}",
        "",
        "Batch 1, fp32, random weights, one run of `python -m benchmarks.ladder`. The study's",
        "figures are of a whole node of eight GPUs: orders and ratios compare, values do not.",
        "",
        "| rank correlation with the study (Spearman) | |",
        "|---|---|",
        f"| over the models made for their task | {_over(specific)} |",
        f"| with the multi-purpose ones | {_over(tables.rungs)} |",
        f"| over task medians, the same models | {correlation(_values(ours), _values(theirs))} |",
        "| over task medians, the study's of all its models | "
        f"{correlation(_values(ours), _values(published))} |",
        "",
        "| ratio | here | study |",
        "|---|---|---|",
        f"| text-to-image ÷ text-classification, medians | {_ratio(tables)} |",
        f"| multi-purpose ÷ task-specific at text classification, medians | {_asked(tables)} |",
        "",
        "## Tasks",
        "",
        _task_table(ours, theirs, published),
        "",
        "## Models",
        "",
        _model_table(tables.rungs),
        "",
    ]
    return "\n".join(lines)


def _values(medians: dict[str, float]) -> list[float]:
    return list(medians.values())


def _over(rungs: Sequence[Rung]) -> str:
    return correlation([*map(here, rungs)], [*map(study, rungs)])


def _ratio(tables: Tables) -> str:
    pair = [tables.ratio("text-to-image", "text-classification", of) for of in (here, study)]
    return " | ".join("–" if value is None else f"{value:.0f}" for value in pair)


def _asked(tables: Tables) -> str:
    pair = [tables.multi_purpose_ratio(of) for of in (here, study)]
    return " | ".join("–" if value is None else f"{value:.1f}" for value in pair)


def _task_table(*medians: dict[str, float]) -> str:
    ranks = [dict(zip(one, rankdata(_values(one)), strict=True)) for one in medians]
    rows = [
        [task, *(f"{one[task]:.3g}" for one in medians), *(f"{rank[task]:g}" for rank in ranks)]
        for task in medians[0]
    ]
    names = ("here", "study, these models", "study, all")
    headers = ["task", *(f"{name} kWh/1k" for name in names), *(f"rank {name}" for name in names)]
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _model_table(rungs: Sequence[Rung]) -> str:
    """Every model; the last two columns are its ranks among all of them."""
    ranks = rankdata([*map(here, rungs)]), rankdata([*map(study, rungs)])
    rows = [
        [
            rung.task + (" (multi-purpose)" if rung.multi_purpose else ""),
            rung.model,
            f"{rung.study_kwh:.4g}",
            f"{rung.kwh:.3g}",
            f"{rung.seconds:.4f}",
            f"{rung.watts:.0f}",
            f"{one:g}",
            f"{other:g}",
        ]
        for rung, one, other in zip(rungs, *ranks, strict=True)
    ]
    headers = [
        "task", "model", "study kWh/1k", "here kWh/1k", "s / inference", "mean W", "rank here",
        "rank study",
    ]  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, then write both files; fails where nothing was measured."""
    parser = argparse.ArgumentParser(description="The study's ladder on a GPU.")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for both files")
    parser.add_argument("--limit", type=float, default=500.0, help="measuring of all (500)")
    parser.add_argument("--again", type=Path, metavar="FILE", help="tables from earlier results")
    given = parser.parse_args(arguments)
    given.output.mkdir(parents=True, exist_ok=True)
    results: Path = given.again or given.output / "ladder.json"
    if given.again is None:
        run(results, given.limit)
    found = json.loads(results.read_text(encoding="utf-8"))
    rungs = rungs_of(found)
    if not rungs:
        sys.exit(f"{results}: no model of the study was measured")
    device = next(one["profile"]["device"] for one in found["measurements"] if one.get("profile"))
    page = given.output / "ladder.md"
    page.write_text(markdown(Tables(rungs), device), encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
