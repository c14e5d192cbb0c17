"""Power over time, for the stand-in to play: pieces made up, or cut from a recorded trace."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

TRACES = Path(__file__).parent.parent / "traces"

Curve = tuple[tuple[float, float], ...]
"""Pieces of (seconds, watts), played in a loop."""


def trace_curve(name: str, start: float | None = None, end: float | None = None) -> Curve:
    """The power samples of a recorded trace, all or from one time to another, as a curve.

    A sample stands for the time since the one before. One that was stamped again within a
    millisecond counts once.
    """
    with gzip.open(TRACES / f"{name}.json.gz", "rt") as file:
        samples: list[tuple[float, float]] = json.load(file)["power_samples"]
    pieces: list[tuple[float, float]] = []
    before = samples[0][0]
    for stamp, milliwatts in samples[1:]:
        left = before if start is None else max(before, start)
        right = stamp if end is None else min(stamp, end)
        if stamp - before < 1e-3:
            continue
        if right > left:
            pieces.append((right - left, milliwatts / 1000))
        before = stamp
    return tuple(pieces)


def played(pieces: Sequence[tuple[float, float]], until: float) -> float:
    """Joules of a looped curve from its start to an instant."""
    turns, rest = divmod(until, sum(seconds for seconds, _ in pieces))
    total = turns * sum(seconds * watts for seconds, watts in pieces)
    for seconds, watts in pieces:
        total += min(seconds, rest) * watts
        rest -= min(seconds, rest)
    return total
