"""Replay recorded traces through this project's rule and the rules of others.

The windows of each recording are resampled in blocks (neighbours stay together), each run gets
a random offset as fresh processes have, and work is added to the new run. Printed: how often each
rule says that unchanged code regressed, and how often it finds the work added.

    python -m benchmarks.verdicts --output benchmarks/results/verdicts_replay.md
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from tabulate import tabulate

from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.stats.decide import decide
from pytest_inferenergy.stats.estimate import Estimate
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.sequential import SequentialTest

Array = NDArray[np.float64]
TRACES = Path(__file__).parent.parent / "tests" / "traces"
WARM_UP = {"cold_start_bert_b256": 4.0}
HOST_BOUND = {"host_bound_gpt2_gen8"}
WINDOW_SECONDS = 0.5
WINDOWS = 10
BLOCK = 4
MOST_PAIRS = 60
CHANGES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.10, 0.15, 0.20)
OFFSETS = (0.003, 0.01)
TURNS_OFFSET = 0.0023
POOL = 400
BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Recording:
    """Windows of one trace, in order: joules and seconds per inference, relative meter error."""

    name: str
    joules: Array
    seconds: Array
    stderr: Array

    @property
    def host_bound(self) -> bool:
        return self.name in HOST_BOUND


@dataclass(frozen=True)
class Sample:
    """One simulated run: its windows."""

    joules: Array
    seconds: Array
    run: Run


def read_recording(path: Path) -> Recording:
    """Cut a trace into windows of whole calls, at least half a second each."""
    with gzip.open(path) as stream:
        data = json.load(stream)
    timeline = Timeline(
        [(t, mj / 1e3) for t, mj in data["energy_counter"]],
        [(t, mw / 1e3) for t, mw in data["power_samples"]],
    )
    calls, each = data["inferences"], data["inferences_per_call"]
    first = calls[0][0] + WARM_UP.get(path.name.split(".")[0], 0.3)
    calls = [call for call in calls if call[0] >= first]
    rows, begin = [], 0
    for end, call in enumerate(calls):
        if call[1] - calls[begin][0] >= WINDOW_SECONDS:
            energy = timeline.energy_between(calls[begin][0], call[1])
            count = (end - begin + 1) * each
            length = call[1] - calls[begin][0]
            rows.append((energy.joules / count, length / count, energy.stderr / energy.joules))
            begin = end + 1
    joules, seconds, stderr = np.array(rows).T
    return Recording(path.name.split(".")[0], joules, seconds, stderr)


def draw_windows(recording: Recording, rng: np.random.Generator, count: int) -> NDArray[np.intp]:
    """Indices of ``count`` windows in blocks of neighbours, from a circle (circular bootstrap)."""
    size = len(recording.joules)
    starts = rng.integers(0, size, math.ceil(count / BLOCK))
    return ((starts[:, None] + np.arange(BLOCK)).ravel()[:count] % size).astype(np.intp)


def draw(
    recording: Recording,
    rng: np.random.Generator,
    offset: float,
    change: float,
    *,
    slower: bool = False,
) -> Sample:
    """One run; added work takes energy, and the time that goes with it.

    Not so where the card waits for its host, unless the host got ``slower``.
    """
    which = draw_windows(recording, rng, WINDOWS)
    joules = recording.joules[which] * math.exp(rng.normal(0, offset)) * (1 + change)
    in_time = slower or not recording.host_bound
    seconds = recording.seconds[which] * (1 + change if in_time else 1.0)
    found = Estimate.from_windows(
        joules.tolist(),
        seconds.tolist(),
        [WINDOW_SECONDS] * WINDOWS,
        recording.stderr[which].tolist(),
    )
    run = found.to_run(0.0, device="card", power_limit_watts=700.0)
    return Sample(joules, seconds, run)


Rule = Callable[[Sequence[Sample], Sample, np.random.Generator], str]


def stored(sessions: int, old: Sequence[Sample], new: Sample, _: Any) -> str:
    days = [replace(sample.run, time=86_400.0 * k) for k, sample in enumerate(old[:sessions])]
    return decide(replace(new.run, time=1e7), days).verdict


def mean_above(limit: float, old: Sequence[Sample], new: Sample, _: Any) -> str:
    return says(new.joules.mean() > (1 + limit) * old[0].joules.mean())


def welch(old: Sequence[Sample], new: Sample, _: Any) -> str:
    found = stats.ttest_ind(new.joules, old[0].joules, equal_var=False)
    return says(bool(found.pvalue < 0.05 and found.statistic > 0))


def mann_whitney(old: Sequence[Sample], new: Sample, _: Any) -> str:
    found = stats.mannwhitneyu(new.joules, old[0].joules, alternative="two-sided")
    more = np.median(new.joules) > np.median(old[0].joules)
    return says(bool(found.pvalue < 0.05 and more))


def bootstrap(old: Sequence[Sample], new: Sample, rng: np.random.Generator) -> str:
    """Criterion's shape: t-test by resampling at 5 %, and the 95 % interval beyond 1 % noise."""
    a, b = old[0].joules, new.joules
    means_a = rng.choice(a, (BOOTSTRAPS, len(a))).mean(1)
    means_b = rng.choice(b, (BOOTSTRAPS, len(b))).mean(1)
    low = np.quantile(means_b / means_a - 1, 0.025)
    both = rng.choice(np.concatenate([a, b]), (BOOTSTRAPS, len(a) + len(b)))
    x, y = both[:, : len(a)], both[:, len(a) :]
    t = (y.mean(1) - x.mean(1)) / np.sqrt(x.var(1, ddof=1) / len(a) + y.var(1, ddof=1) / len(b))
    observed = (b.mean() - a.mean()) / np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    p = np.mean(np.abs(t) >= abs(observed))
    return says(bool(p < 0.05 and low > 0.01))


def says(regressed: bool) -> str:
    return "regressed" if regressed else "passed"


STORED: dict[str, Rule] = {
    "this rule, 1 stored session [5 %, 10 %]": functools.partial(stored, 1),
    "this rule, 5 stored sessions [5 %, 10 %]": functools.partial(stored, 5),
    "pytest-benchmark, mean:5%": functools.partial(mean_above, 0.05),
    "Welch t, p < 0.05": welch,
    "Mann-Whitney, p < 0.05": mann_whitney,
    "bootstrap as Criterion, 1 %": bootstrap,
}
SLOWER = {
    f"this rule, {k} stored session{'s' * (k > 1)} [5 %, 10 %]": functools.partial(stored, k)
    for k in (1, 2, 5)
}
TURNS = {
    "this rule by turns [1 %, 3 %]": Margins(0.01, 0.03),
    "this rule by turns [5 %, 10 %]": Margins(0.05, 0.10),
}


def by_turns(
    recording: Recording, rng: np.random.Generator, change: float, margins: Margins
) -> tuple[str, int]:
    """Verdict and pairs used; each pair is two neighbouring windows in random order."""
    turns, size = SequentialTest.between(margins), len(recording.joules)
    offset = rng.normal(0, TURNS_OFFSET) + math.log1p(change)
    for _ in range(MOST_PAIRS):
        first = int(rng.integers(0, size - 1))
        a, b = np.log(recording.joules[[first, first + 1]]) * rng.choice([-1, 1])
        turns = turns.add(float(b - a) + offset)
        if turns.word != "continue":
            return turns.word, turns.pairs.count
    return "inconclusive", MOST_PAIRS


def simulate(recording: Recording, offset: float, repeats: int, seed: int) -> list[dict[str, Any]]:
    """Counts of verdicts for each rule against stored runs and each change, on one recording."""
    rng, rows = np.random.default_rng(seed), []
    pool = [draw(recording, rng, offset, 0.0) for _ in range(POOL)]
    for change in CHANGES:
        count = repeats if change == 0 else max(1, repeats // 4)
        words: dict[str, list[str]] = {name: [] for name in STORED}
        for _ in range(count):
            old = [pool[int(k)] for k in rng.choice(POOL, 5, replace=False)]
            new = draw(recording, rng, offset, change)
            for name, rule in STORED.items():
                words[name].append(rule(old, new, rng))
        rows += [row(name, recording, offset, change, found) for name, found in words.items()]
    return rows


def simulate_slower(
    recording: Recording, offset: float, repeats: int, seed: int
) -> list[dict[str, Any]]:
    """Host-bound code that got slower: energy and time rise together."""
    rng, rows = np.random.default_rng(seed), []
    pool = [draw(recording, rng, offset, 0.0) for _ in range(POOL)]
    for name, rule in SLOWER.items():
        for change in (0.0, 0.10, 0.20, 0.30):
            words = []
            for _ in range(repeats):
                old = [pool[int(k)] for k in rng.choice(POOL, 5, replace=False)]
                new = draw(recording, rng, offset, change, slower=True)
                words.append(rule(old, new, rng))
            one = row(name, recording, offset, change, words)
            rows.append({**one, "slower": True})
    return rows


def simulate_turns(recording: Recording, repeats: int, seed: int) -> list[dict[str, Any]]:
    """The same for the rules by turns."""
    rng, rows = np.random.default_rng(seed), []
    for name, margins in TURNS.items():
        for change in CHANGES:
            count = repeats if change == 0 else max(1, repeats // 4)
            found = [by_turns(recording, rng, change, margins) for _ in range(count)]
            pairs = float(np.mean([used for _, used in found]))
            one = row(name, recording, TURNS_OFFSET, change, [word for word, _ in found])
            rows.append({**one, "pairs": pairs})
    return rows


def row(
    rule: str, recording: Recording, offset: float, change: float, words: Sequence[str]
) -> dict[str, Any]:
    return {
        "rule": rule,
        "trace": recording.name,
        "offset": offset,
        "change": change,
        "comparisons": len(words),
        "regressed": words.count("regressed"),
        "passed": words.count("passed") + words.count("improved"),
    }


def slower_table(rows: Sequence[dict[str, Any]], form: str) -> str:
    """How often host-bound code that got slower passes, and is found."""
    body = []
    for name in SLOWER:
        mine = [one for one in rows if one.get("slower") and one["rule"] == name]
        for offset in dict.fromkeys(one["offset"] for one in mine):
            cells = [one for one in mine if one["offset"] == offset]
            body.append(
                [name, f"{offset:.1%}"]
                + [
                    f"{share([one], 'passed'):.1%}, {share([one], 'regressed'):.1%}"
                    for one in cells
                ]
            )
    head = ["rule", "runs differ by"] + [f"{c:+.0%}: passed, regressed" for c in (0, 0.1, 0.2, 0.3)]
    return tabulate(body, headers=head, tablefmt=form, disable_numparse=True)


def table(rows: Sequence[dict[str, Any]], offsets: Sequence[float], form: str) -> str:
    """Shares over all recordings: false alarms, passes, and detection of each change."""
    body = []
    for name in dict.fromkeys(one["rule"] for one in rows):
        mine = [
            one
            for one in rows
            if one["rule"] == name and one["offset"] in offsets and not one.get("slower")
        ]
        if not mine:
            continue
        same = [one for one in mine if one["change"] == 0]
        worst = max(one["regressed"] / one["comparisons"] for one in same)
        found = [share([one for one in mine if one["change"] == c], "regressed") for c in CHANGES]
        alarms = sum(one["regressed"] for one in same)
        of = sum(one["comparisons"] for one in same)
        cells = [f"{value:.1%}" for value in found[1:]]
        body.append(
            [name, f"{alarms} of {of}", f"{worst:.1%}", f"{share(same, 'passed'):.1%}", *cells]
        )
    head = ["rule", "false alarms", "worst trace", "unchanged passed"]
    head += [f"+{change:.0%} found" for change in CHANGES[1:]]
    return tabulate(body, headers=head, tablefmt=form, disable_numparse=True)


def share(rows: Sequence[dict[str, Any]], word: str) -> float:
    count: int = sum(one["comparisons"] for one in rows)
    return float(sum(one[word] for one in rows) / count)


def report(rows: Sequence[dict[str, Any]], recordings: Sequence[Recording], form: str) -> str:
    """The whole text, in a format of tabulate's."""
    parts = [
        "# Verdicts on recorded traces",
        f"Windows of {WINDOW_SECONDS} s from {len(recordings)} recordings of one NVIDIA H200, "
        f"resampled in blocks of {BLOCK}; a run is {WINDOWS} windows and a random offset of its "
        "own. Added work scales energy, and on a busy card time too. "
        "`false alarms`: unchanged code called regressed, over all recordings.",
        tabulate(
            [
                [one.name, len(one.joules), f"{np.log(one.joules).std(ddof=1):.2%}"]
                for one in recordings
            ],
            headers=["recording", "windows", "sd of a window"],
            tablefmt=form,
        ),
    ]
    for offset in OFFSETS:
        parts += [f"## Runs differ by {offset:.1%} (sd)", table(rows, [offset], form)]
    pairs = share_pairs(rows)
    parts += [
        f"## By turns (processes differ by {TURNS_OFFSET:.2%}, at most {MOST_PAIRS} pairs; "
        f"{pairs} pairs on average for unchanged code)",
        table(rows, [TURNS_OFFSET], form),
    ]
    if any(one.get("slower") for one in rows):
        parts += ["## Host-bound code whose time rises with its energy", slower_table(rows, form)]
    return "\n\n".join(parts) + "\n"


def share_pairs(rows: Sequence[dict[str, Any]]) -> str:
    names = dict.fromkeys(one["rule"] for one in rows if "pairs" in one)
    means = [
        float(np.mean([one["pairs"] for one in rows if one["rule"] == name and one["change"] == 0]))
        for name in names
    ]
    return " and ".join(f"{value:.0f}" for value in means)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--traces", type=Path, default=TRACES, help="folder of *.json.gz")
    parser.add_argument("--repeats", type=int, default=1000, help="A/A comparisons a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, help="write Markdown, or JSON by its suffix")
    options = parser.parse_args(arguments)
    recordings = [read_recording(path) for path in sorted(options.traces.glob("*.json.gz"))]
    rows: list[dict[str, Any]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # resamples without any variance
        for number, recording in enumerate(recordings):
            seed = options.seed + 100 * number
            for step, offset in enumerate(OFFSETS):
                rows += simulate(recording, offset, options.repeats, seed + step)
                if recording.host_bound:
                    rows += simulate_slower(recording, offset, options.repeats, seed + 70 + step)
            rows += simulate_turns(recording, options.repeats, seed + 50)
    print(report(rows, recordings, "simple"))
    if options.output:
        is_json = options.output.suffix == ".json"
        text = json.dumps(rows, indent=1) if is_json else report(rows, recordings, "github")
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
