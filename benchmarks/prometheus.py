"""Energy by way of a Prometheus server against the recorded traces that its exporter replays.

    python -m benchmarks.prometheus [--seconds 400] [--scrape 5] [--windows 60 20]

A real Prometheus scrapes, each 5 s, an exporter that shows four GPUs as DCGM exporter does, each
playing one recorded trace in a loop. Windows at random phases are read through the meter
``prometheus:URL`` and compared with what the traces themselves used. The bar: windows of 60 s are
within 2 %; the exit status is 1 where one is not. Writes ``benchmarks/results/prometheus.md``.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tabulate import tabulate

from pytest_inferenergy.meters.nvml.gpu import hashed
from pytest_inferenergy.meters.prometheus.answer import Series
from pytest_inferenergy.meters.prometheus.meter import PrometheusMeter
from pytest_inferenergy.meters.prometheus.source import DCGM
from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.meters.trace import read_trace
from tests.nvml.curve import TRACES
from tests.prometheus.exporter import Card, Exporter
from tests.prometheus.server import RealPrometheus

RESULT = Path(__file__).parent / "results" / "prometheus.md"
NAMES = ("steady_resnet50_b64", "host_bound_gpt2_gen8", "square_wave", "cold_start_bert_b256")
BAR = 0.02
BAR_WINDOW = 60.0
PER_LENGTH = 200


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=400.0)
    asked.add_argument("--scrape", type=float, default=5.0)
    asked.add_argument("--windows", type=float, nargs="+", default=[60.0, 20.0])
    given = asked.parse_args()
    cards = [Card(read_trace(TRACES / f"{name}.json.gz"), f"GPU-{name}") for name in NAMES]
    exporter = Exporter(*cards)
    try:
        with tempfile.TemporaryDirectory() as folder:
            server = RealPrometheus(Path(folder), [exporter.address], given.scrape)
            try:
                rows, worst = measure(server.url, cards, given.seconds, given.windows)
            finally:
                server.close()
    finally:
        exporter.close()
    table = tabulate(rows, headers="keys", tablefmt="github", floatfmt=".2f")
    print(table)
    write(table, given.scrape, given.seconds, worst)
    return int(worst.get(BAR_WINDOW, 0.0) > BAR)


def measure(
    url: str, cards: list[Card], seconds: float, lengths: list[float]
) -> tuple[list[dict[str, object]], dict[float, float]]:
    """One row for each card and window length, and the largest error of each length."""
    meter = PrometheusMeter(url)
    meter.attach()
    begin = meter.edge()
    while time.perf_counter() < begin + seconds:
        meter.covered()
        time.sleep(1)
    end = meter.edge()
    meter.wait_until_covered(end)
    powered = _with_power(meter)
    rows: list[dict[str, object]] = []
    worst: dict[float, float] = {}
    for length in lengths:
        draw = random.Random(0)
        starts = [draw.uniform(begin, end - length) for _ in range(PER_LENGTH)]
        told = {start: {r.device: r for r in meter.read(start, start + length)} for start in starts}
        for name, card in zip(NAMES, cards, strict=True):
            device = hashed(card.uuid)
            truth = np.array([card.truth(t + length) - card.truth(t) for t in starts])
            joules = np.array([told[t][device].joules for t in starts])
            stderr = np.array([told[t][device].stderr for t in starts])
            errors = joules / truth - 1
            timeline = powered[device]
            at = [meter._clock.server(t) for t in starts]
            shaped = np.array([timeline.energy_between(t, t + length).joules for t in at])
            worst[length] = max(worst.get(length, 0.0), float(np.abs(errors).max()))
            rows.append(
                {
                    "window, s": length,
                    "trace": name,
                    "mean error, %": 100 * errors.mean(),
                    "RMS error, %": 100 * np.sqrt(np.mean(errors**2)),
                    "largest, %": 100 * np.abs(errors).max(),
                    "RMS of error / its standard error": np.sqrt(
                        np.mean(((joules - truth) / stderr) ** 2)
                    ),
                    "RMS with power samples, %": 100 * np.sqrt(np.mean((shaped / truth - 1) ** 2)),
                }
            )
    meter.close()
    return rows, worst


def _with_power(meter: PrometheusMeter) -> dict[str, Timeline]:
    """The same recording with the power gauge for a shape: is it any better?"""
    energy, power = (meter._server.samples(source.selector, 900.0) for source in DCGM)

    def of(uuid: str, found: tuple[Series, ...]) -> Series:
        return next(series for series in found if series.labels["UUID"] == uuid)

    return {
        hashed(series.labels["UUID"]): Timeline(
            [(t, value / 1e3) for t, value in series.samples],
            of(series.labels["UUID"], power).samples,
        )
        for series in energy
    }


def write(table: str, scrape: float, seconds: float, worst: dict[float, float]) -> None:
    shown = ", ".join(f"{length:g} s: {100 * error:.2f} %" for length, error in worst.items())
    RESULT.write_text(
        "# Energy by way of Prometheus\n\n"
        f"A Prometheus server (2.42, Debian 12) scraped each {scrape:g} s an exporter that "
        "replayed four recorded\ntraces of an NVIDIA H200 as DCGM exporter shows a GPU, for "
        f"{seconds:g} s; {PER_LENGTH} windows of each length at\nrandom phases, read by the meter "
        "`prometheus:URL`, against the traces themselves.\n"
        "Made by `python -m benchmarks.prometheus`.\n\n"
        f"{table}\n\n"
        f"Largest error of one window of one card: {shown}. The bar is 2 % at 60 s.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
