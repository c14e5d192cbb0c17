"""How cost grows with the number of tests: collecting, loading baselines, updating, reporting.

Of the tests collected every tenth is an energy test; of those measured each has a baseline of
twenty runs, all their facts known.

    python -m benchmarks.scale --output benchmarks/results

Exits 1 where a limit is broken: 1.05 × bare pytest to collect 10,000 tests; with 1,000 baselines
100 ms to load them and 500 ms to update all of them.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.startup import COMPARISONS, ENERGY_TEST, environment, summarise, time_pairs
from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.store import load, path_of, update
from pytest_inferenergy.report.summary import summary_line
from pytest_inferenergy.report.table import notes, table
from pytest_inferenergy.stats.runs import Run

SIZES = (100, 1_000, 10_000)
RUNS = {100: 20, 1_000: 20, 10_000: 2}
"""Stored runs of a test; twenty of 10,000 tests would be more than a file may hold."""
RATIO_LIMIT, LOAD_LIMIT, UPDATE_LIMIT = 1.05, 0.100, 0.500
"""Of 10,000 tests collected; seconds, with 1,000 baselines."""
NOON = 1_795_348_800.0
H200 = MachineProfile("NVIDIA H200", 1, 700, False, "nvml", ("gpu",))


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--pairs", type=int, default=7, help="pairs of collections (default: 7)")
    parser.add_argument("--repeats", type=int, default=5, help="of all else, the median (5)")
    parser.add_argument("--output", type=Path, help="folder for scale.md")
    options = parser.parse_args()
    order = random.Random(0)
    broken = []
    lines = ["| tests | collecting, with, ms | without, ms | ratio | its 95 % | CPU time ratio |"]
    lines.append("|---|---|---|---|---|---|")
    for size in SIZES:
        row, ratio = collecting(size, options.pairs, order)
        lines.append(row)
        if size == SIZES[-1] and ratio > RATIO_LIMIT:
            broken.append(f"collecting {size:,} tests: ratio {ratio:.3f}")
    lines += [
        "",
        "| baselines | runs each | MB | load, ms | update one, ms | update all, ms | report, ms |",
    ]
    lines[-1] += " report, lines |"
    lines.append("|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        row, loading, updating = storing(size, options.repeats)
        lines.append(row)
        if size == SIZES[1] and loading > LOAD_LIMIT:
            broken.append(f"loading {size:,} baselines: {1e3 * loading:.0f} ms")
        if size == SIZES[1] and updating > UPDATE_LIMIT:
            broken.append(f"updating {size:,} baselines: {1e3 * updating:.0f} ms")
    print("\n".join([*lines, "", *(f"Too slow: {line}" for line in broken)]))
    if options.output is not None:
        head = [
            "# Growth with the number of tests",
            "",
            "`python -m benchmarks.scale`, medians.",
            "",
        ]
        (options.output / "scale.md").write_text("\n".join([*head, *lines, ""]))
    return int(bool(broken))


def collecting(size: int, pairs: int, order: random.Random) -> tuple[str, float]:
    """A row of the table, and the ratio of collecting with the plugin to collecting without."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (project / "pytest.ini").write_text("[pytest]\n")
        for number in range(10):
            text = ENERGY_TEST.format(plain=size * 9 // 100, energy=size // 100)
            (project / f"test_part_{number}.py").write_text(text)
        env = environment(Path(folder) / "bytecode")
        return summarise(f"{size:,}", time_pairs(COMPARISONS[0], project, env, pairs, order))


def storing(size: int, repeats: int) -> tuple[str, float, float]:
    """A row of the table; seconds to load, and to update all, the baselines of so many tests."""
    draw = random.Random(size)
    stored = Baselines(H200, {nodeid(n): {"": history(draw, RUNS[size])} for n in range(size)})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        update(folder, H200, lambda _: stored)
        megabytes = path_of(folder, H200).stat().st_size / 1e6
        loading = median(repeats, lambda _: load(folder, H200))
        one = median(repeats, lambda n: joining(folder, 1, n, draw))
        every = median(repeats, lambda n: joining(folder, size, repeats + n, draw))
    printed = [outcome(n) for n in range(size)]
    reporting = median(repeats, lambda _: report(printed))
    times = " | ".join(f"{1e3 * seconds:.0f}" for seconds in (loading, one, every, reporting))
    row = f"| {size:,} | {RUNS[size]} | {megabytes:.1f} | {times} | {report(printed):,} |"
    return row, loading, every


def joining(folder: Path, size: int, number: int, draw: random.Random) -> None:
    """What the end of a session does: a new run for each of so many tests."""
    runs = [a_run(draw, NOON + (100 + number) * 86400.0) for _ in range(size)]

    def change(stored: Baselines) -> Baselines:
        for n, run in enumerate(runs):
            stored = join(stored, nodeid(n), "", run)
        return stored

    update(folder, H200, change)


def report(outcomes: list[dict[str, Any]]) -> int:
    """The text of ``--energy-report``; the number of its lines."""
    lines = [table(outcomes), *notes(outcomes)]
    lines.append(summary_line(outcomes, len(outcomes), False, by_turns=0, silent=0))
    return len("\n".join(lines).splitlines())


def median(repeats: int, step: Callable[[int], object]) -> float:
    """Median time of a step, seconds."""
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        step(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def nodeid(number: int) -> str:
    return f"tests/test_part_{number // 100}.py::test_energy[{number:05}]"


def history(draw: random.Random, count: int) -> History:
    runs = tuple(a_run(draw, NOON + n * 86400.0) for n in range(count))
    return History(Anchor(runs[0].log_joules, runs[0].time), runs)


def a_run(draw: random.Random, instant: float) -> Run:
    return Run(
        log_joules=draw.gauss(math.log(1.25), 0.01),
        log_seconds=draw.gauss(math.log(0.0125), 0.01),
        stderr=0.0012,
        window_sd=0.0041,
        windows=9,
        window_seconds=1.25,
        time=instant,
        waiting_watts=131.2,
        waiting_watts_stderr=2.14,
        idle_watts=121.4,
        device="1f0c6c6e5d3b2a10",
        input_digest="9b1c6c6e5d3b2a10",
        driver="580.159.04",
        power_limit_watts=700.0,
        sm_clock_mhz=1440.0,
        temperature_c=56.0,
        throttle_reasons=4,
        commit="0123456789abcdef0123456789abcdef01234567",
        libraries={"torch": "2.13.0", "transformers": "5.23.0"},
    )


def outcome(number: int) -> dict[str, Any]:
    """What rides on a test's report, as far as the table reads it."""
    from tests.report.outcomes import measured

    return measured(nodeid=nodeid(number))


if __name__ == "__main__":
    sys.exit(main())
