"""How long the reports of a large run take: ``python -m benchmarks.reports``.

A thousand measurements with all that one can tell of itself, in the mix of a bad day; every format
is timed three times and the best is kept. Half as many beside it show whether the time is linear.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from pytest_inferenergy.report.annotations import workflow_commands
from pytest_inferenergy.report.document import results_document
from pytest_inferenergy.report.outputs import KINDS, text_of
from pytest_inferenergy.report.table import notes, table
from tests.report.outcomes import measured, unmeasured

COUNT = 1000


def outcome(number: int) -> dict[str, Any]:
    """One in ten regressed, one in ten inconclusive, one in ten not measured, the rest passed."""
    rng = random.Random(number)
    nodeid = f"tests/models/test_{number % 40}.py::TestModel::test_answers[{number}-fp16]"
    if number % 10 == 2:
        return unmeasured("the 60 s of --energy-session-seconds were spent", nodeid=nodeid)
    verdict = {0: "regressed", 1: "inconclusive"}.get(number % 10, "passed")
    gated = {"regressed": "failed", "inconclusive": "warned"}.get(verdict, "passed")
    windows = [
        {"start": 0.6 * n, "seconds": 0.6, "joules": 300 + rng.random(), "stderr": 0.9,
         "inferences": 12, "rejected": False} for n in range(40)
    ]  # fmt: skip
    trace = {
        "seconds": [round(0.1 * n, 3) for n in range(240)],
        "watts": [round(rng.gauss(500, 20), 1) for _ in range(240)],
    }
    return measured(nodeid=nodeid, verdict=verdict, change=rng.gauss(0, 0.2)) | {
        "gated": gated,
        "message": None if gated == "passed" else "energy regressed: 0.0217 kWh/1k\n" * 5,
        "location": ["tests/models/test_1.py", number],
        "windows": len(windows),
        "window_list": windows,
        "trace": trace,
        "test_outcome": "passed",
    }


def best(work: Callable[[], str]) -> tuple[float, int]:
    """Seconds of the quickest of three, and bytes."""
    times, size = [], 0
    for _ in range(3):
        start = time.perf_counter()
        size = len(work().encode())
        times.append(time.perf_counter() - start)
    return min(times), size


def reports(count: int) -> dict[str, tuple[float, int]]:
    """Each format's seconds and bytes for so many measurements."""
    outcomes = [outcome(number) for number in range(count)]

    def document() -> Mapping[str, Any]:
        return results_document(outcomes, [], settings={}, summary="energy: many measured")

    made = document()
    found = {"terminal": best(lambda: "\n".join([table(outcomes, 80), *notes(outcomes)]))}
    for kind in KINDS:
        found[kind] = best(lambda kind=kind: text_of(kind, made))  # type: ignore[misc]
    found["annotations"] = best(lambda: "\n".join(workflow_commands(made)))
    return found


def main() -> None:
    """Print the table of results."""
    half, whole = reports(COUNT // 2), reports(COUNT)
    print(f"Python {sys.version.split()[0]}, {COUNT} measurements, best of three\n")
    print(f"| report | seconds | seconds for {COUNT // 2} | megabytes |")
    print("| --- | ---: | ---: | ---: |")
    for kind, (seconds, size) in whole.items():
        print(f"| {kind} | {seconds:.3f} | {half[kind][0]:.3f} | {size / 1e6:.2f} |")


if __name__ == "__main__":
    main()
