"""What a long recording costs: memory of an hour, and time of one question to it.

    python -m benchmarks.timeline

The bars are 50 MB and 100 microseconds (median); the exit status is 1 where one is missed.
"""

from __future__ import annotations

import sys
import time
import tracemalloc

import numpy as np
from tabulate import tabulate

from pytest_inferenergy.meters.timeline import Timeline

SECONDS = 3600.0
TICK, SAMPLE = 0.1, 0.02
QUESTIONS = 5000
MOST_MEGABYTES, MOST_MICROSECONDS = 50.0, 100.0


def record(seconds: float) -> Timeline:
    """A recording of a load that wanders, as a recorder makes it: second by second."""
    random = np.random.default_rng(0)
    timeline = Timeline()
    per_second, per_tick = round(1 / SAMPLE), round(TICK / SAMPLE)
    joules = 1e6
    for second in range(int(seconds)):
        watts = random.uniform(100.0, 700.0, per_second)
        stamps = second + SAMPLE * np.arange(1, per_second + 1)
        energy = joules + np.cumsum(watts) * SAMPLE
        joules = float(energy[-1])
        ticks = zip(stamps[per_tick - 1 :: per_tick], energy[per_tick - 1 :: per_tick], strict=True)
        timeline.extend(ticks, zip(stamps, watts, strict=True))
    return timeline


def main() -> int:
    tracemalloc.start()
    timeline = record(SECONDS)
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()

    random = np.random.default_rng(1)
    took = []
    for start in random.uniform(1.0, SECONDS - 10.0, QUESTIONS):
        end = start + random.uniform(0.1, 5.0)
        before = time.perf_counter()
        timeline.energy_between(start, end)
        took.append(1e6 * (time.perf_counter() - before))
    median, high = np.median(took), np.percentile(took, 99)

    rows = [
        ("an hour of recording", f"{megabytes:.1f} MB", f"{MOST_MEGABYTES:.0f} MB"),
        ("energy_between, median", f"{median:.0f} µs", f"{MOST_MICROSECONDS:.0f} µs"),
        ("energy_between, 99th percentile", f"{high:.0f} µs", ""),
    ]
    print(tabulate(rows, headers=("", "is", "at most")))
    return int(megabytes > MOST_MEGABYTES or median > MOST_MICROSECONDS)


if __name__ == "__main__":
    sys.exit(main())
