"""Recordings to ask a timeline about: of a real device, and made ones whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pytest_inferenergy.meters.trace import Pair, Trace, read_trace
from tests.nvml.curve import TRACES

Floats = NDArray[np.float64]

STEADY, HOST_BOUND = "steady_resnet50_b64", "host_bound_gpt2_gen8"
COLD, SQUARE = "cold_start_bert_b256", "square_wave"


@lru_cache
def trace(name: str) -> Trace:
    return read_trace(TRACES / f"{name}.json.gz")


@dataclass(frozen=True)
class Made:
    """A recording of a power curve that is known exactly."""

    ticks: list[Pair]
    samples: list[Pair]
    edges: Floats
    """Instants at which the power changes, seconds."""
    energy: Floats
    """Joules up to each of them."""

    def joules(self, t0: float, t1: float) -> float:
        """The truth, in the samples' clock."""
        first, last = np.interp([t0, t1], self.edges, self.energy)
        return float(last - first)


def make(
    watts: list[float],
    piece: float,
    *,
    delay: float = 0.0,
    tick: float = 0.1,
    tick_jitter: float = 0.0,
    sample: float = 0.02,
    sample_jitter: float = 0.0,
    gain: float = 1.0,
    noise: float = 0.0,
    seed: int = 0,
) -> Made:
    """``piece`` seconds of each of ``watts`` in turn, recorded as NVML does.

    The counter is seen ``delay`` seconds late; each sample is the mean power since the one before,
    divided by ``gain``, with a relative ``noise``.
    """
    random = np.random.default_rng(seed)
    edges: Floats = np.linspace(0.0, len(watts) * piece, len(watts) + 1)
    energy: Floats = np.zeros(len(watts) + 1)
    energy[1:] = np.cumsum(np.array(watts) * piece)
    length = float(edges[-1])

    def instants(period: float, jitter: float) -> Floats:
        count = int(length / period)
        shaken: Floats = period * np.arange(1, count) + random.uniform(-jitter, jitter, count - 1)
        return shaken

    latched = instants(tick, 0.0)
    shown = latched + delay + random.uniform(-tick_jitter, tick_jitter, len(latched))
    ticks = zip(shown, 1e6 + np.interp(latched, edges, energy), strict=True)
    stamps = instants(sample, sample_jitter)
    powers = np.diff(np.interp(stamps, edges, energy)) / np.diff(stamps) / gain
    powers *= 1.0 + noise * random.standard_normal(len(powers))
    samples = zip(stamps[1:], np.maximum(powers, 0.0), strict=True)
    return Made([(float(t), float(e)) for t, e in ticks], [*samples], edges, energy)


def random_load(
    seconds: float, seed: int, *, piece: float = 0.01, high: float = 650.0
) -> list[float]:
    """Stretches of load and rest, 50 to 400 ms long, each with a power of its own."""
    random = np.random.default_rng(seed)
    watts: list[float] = []
    while len(watts) * piece < seconds:
        power = float(random.choice([90.0, random.uniform(250.0, high)]))
        watts += [power] * int(random.uniform(0.05, 0.4) / piece)
    return watts
