"""Comparing by turns on a GPU: unchanged work must pass, 3 % more work must be found.

Two stacks of the same transformer encoder layer take turns on one device, 33 layers against 33
(A/A) and 34 against 33 (+3.03 % of work). Prints each comparison and a table; ``--output DIR``
keeps both with device, driver and date. Needs a GPU and torch:

    python -m benchmarks.by_turns --output benchmarks/results
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pytest_inferenergy.ab.interleave import compare_callables
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from pytest_inferenergy.meters.nvml.meter import NvmlMeter
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.sequential import SequentialTest

LAYERS = 33
MARGINS = Margins(0.01, 0.03)


def stack(batch: int, length: int) -> Callable[[int], Any]:
    """A function that sends one batch through so many encoder layers."""
    import torch

    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True)
    layer = layer.cuda().eval()
    x = torch.randn(batch, length, 768, device="cuda")

    def forward(layers: int) -> Any:
        with torch.inference_mode():
            y = x
            for _ in range(layers):
                y = layer(y)
            return y

    return forward


def compare(meters: MeterSet, call: Callable[[int], Any], more: int, seed: int) -> dict[str, Any]:
    """One comparison: ``LAYERS + more`` layers against ``LAYERS``."""
    start = time.perf_counter()
    result = compare_callables(
        Workload(call, (LAYERS + more,)),
        Workload(call, (LAYERS,)),
        meters,
        None,
        turns=SequentialTest.between(MARGINS),
        max_seconds=40.0,
        seed=seed,
    )
    seconds = time.perf_counter() - start
    row = result.as_data() | {"layers": LAYERS + more, "seconds": round(seconds, 2)}
    print(
        f"{LAYERS + more} vs {LAYERS}: {result.verdict:12s} {result.pairs:3d} pairs "
        f"{seconds:5.1f} s  ratio {result.ratio:.4f} [{result.low:.4f}, {result.high:.4f}]",
        flush=True,
    )
    return row


def summary(rows: list[dict[str, Any]]) -> str:
    """The table of the results."""
    from tabulate import tabulate

    lines = []
    for layers in sorted({row["layers"] for row in rows}):
        chosen = [row for row in rows if row["layers"] == layers]
        words = [row["verdict"] for row in chosen]
        lines.append(
            [
                f"{100 * (layers / LAYERS - 1):+.2f} %",
                len(chosen),
                words.count("regressed"),
                words.count("passed") + words.count("improved"),
                words.count("inconclusive"),
                f"{100 * (statistics.geometric_mean(row['ratio'] for row in chosen) - 1):+.2f} %",
                statistics.median(row["pairs"] for row in chosen),
                max(row["pairs"] for row in chosen),
                max(row["seconds"] for row in chosen),
            ]
        )
    headers = [
        "work", "comparisons", "regressed", "passed", "inconclusive", "mean ratio", "median pairs",
        "most pairs", "longest s",
    ]  # fmt: skip
    return tabulate(lines, headers=headers, tablefmt="github")


def main() -> None:
    """Run the comparisons in turn, so that a run cut short has some of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unchanged", type=int, default=20, help="number of A/A comparisons")
    parser.add_argument("--changed", type=int, default=10, help="number of +3 %% comparisons")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin none after this long")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--output", type=Path, help="folder for by_turns.json and by_turns.md")
    options = parser.parse_args()
    meter = NvmlMeter()
    meters = MeterSet([meter])
    call = stack(options.batch, options.length)
    todo = [0] * options.unchanged + [1] * options.changed
    order = sorted(range(len(todo)), key=lambda i: (i % max(options.unchanged, 1), todo[i]))
    start, rows = time.perf_counter(), []
    for seed, index in enumerate(order):
        if time.perf_counter() - start < options.seconds:
            rows.append(compare(meters, call, todo[index], seed))
    profile = meter.profile()
    meters.close()
    command = " ".join(["python -m benchmarks.by_turns", *sys.argv[1:]])
    text = (
        f"# By turns on one GPU, margins [1 %, 3 %]\n\n`{command}`, "
        f"{profile.device}, driver {profile.driver}, Python {platform.python_version()}, "
        f"{datetime.now(timezone.utc):%Y-%m-%d}\n\n{summary(rows)}\n"
    )
    print(text)
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "by_turns.md").write_text(text)
        (options.output / "by_turns.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
