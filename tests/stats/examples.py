"""Runs and windows that tests of the decisions share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from pytest_inferenergy.stats.estimate import Estimate
from pytest_inferenergy.stats.runs import Run

DAY = 86_400.0
TRACES = Path(__file__).parent.parent / "traces"


def a_run(joules: float = 5.0, day: float = 0.0, **other: Any) -> Run:
    """A calm run of ten windows."""
    facts: dict[str, Any] = {
        "log_seconds": math.log(0.01),
        "stderr": 0.001,
        "window_sd": 0.004,
        "windows": 10,
        "window_seconds": 1.0,
        "device": "card",
        "driver": "580.1",
        "libraries": {"torch": "2.11.0"},
    }
    return Run(log_joules=math.log(joules), time=day * DAY, **{**facts, **other})


def stored(count: int, joules: float = 5.0, **other: Any) -> list[Run]:
    """Runs on as many days."""
    return [a_run(joules, day, **other) for day in range(count)]


def random_run(
    rng: np.random.Generator, level: float, day: float, *, between: float, windows: float
) -> Run:
    """A run with a random offset (sd ``between``), and ten windows of sd ``windows``."""
    sd = windows * math.sqrt(rng.chisquare(9) / 9)
    within = windows / math.sqrt(10)
    offset = rng.normal(0, between) + rng.normal(0, within)
    return a_run(math.exp(level + offset), day, stderr=within, window_sd=sd)


def host_bound_run(
    rng: np.random.Generator,
    *,
    day: float = 0.0,
    work: float = 1.0,
    pace: float = 0.045,
    watts: float = 130.0,
    windows: int = 10,
    wander: float = 0.08,
) -> Run:
    """Energy = 0.36 J · work + watts · time, where the time wanders and energy to 0.3 %."""
    seconds = pace * np.exp(rng.normal(0, wander) + rng.normal(0, wander, windows))
    joules = (0.36 + watts * seconds) * work * np.exp(rng.normal(0, 0.003, windows))
    return estimate(joules.tolist(), seconds.tolist()).to_run(
        day * DAY, device="card", power_limit_watts=700.0
    )


def estimate(joules: list[float], seconds: list[float], meter: float = 0.001) -> Estimate:
    """An estimate of windows of one second each."""
    count = len(joules)
    return Estimate.from_windows(joules, seconds, [1.0] * count, [meter] * count)
