"""The recorded-trace format: parsing, with errors that say what is wrong where.

A trace is JSON, gzipped or plain: ``energy_counter`` [[s, mJ], ...] at each change of the counter,
``power_samples`` [[s, mW], ...], ``device``, and more that is not needed here.
"""

from __future__ import annotations

import gzip
import itertools
import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

from pytest_inferenergy.errors import TraceError

GZIP_MAGIC = b"\x1f\x8b"
MOST_BYTES = 200_000_000
"""A trace that unpacks to more than this is refused: a day of recording is smaller."""

SHORTEST = 0.5
"""A trace is played in a loop; a shorter one, in seconds, says nothing."""
DENSEST = 10_000
"""More entries a second than this are no recording of a power sensor."""

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trace:
    """A recording: ticks in (seconds, joules), samples in (seconds, watts), both ascending."""

    device: str
    ticks: tuple[Pair, ...]
    samples: tuple[Pair, ...]
    driver: str | None = None


def read_trace(path: Path) -> Trace:
    """Read a trace file; raises `TraceError` naming the file and the field."""
    try:
        raw = path.read_bytes()
        if raw.startswith(GZIP_MAGIC):
            with gzip.open(path) as stream:
                raw = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: a NUL in the name
        raise TraceError(f"cannot read the trace {path}: {error}") from error
    if len(raw) > MOST_BYTES:
        raise TraceError(f"the trace {path} is larger than {MOST_BYTES} bytes")
    try:
        return parse_trace(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise TraceError(f"{path} is not a recorded trace: {error}") from error


def parse_trace(data: object) -> Trace:
    """A `Trace` from decoded JSON; raises ``ValueError`` naming the field."""
    if not isinstance(data, dict):
        raise ValueError("expected a JSON object")
    device = data.get("device")
    if not isinstance(device, str) or not device:
        raise ValueError("'device' must be the name of the device recorded")
    ticks = _pairs(data, "energy_counter")
    samples = _pairs(data, "power_samples")
    if len(ticks) < 2:
        raise ValueError("'energy_counter' needs at least two ticks")
    if any(b[1] < a[1] for a, b in itertools.pairwise(ticks)):
        raise ValueError("'energy_counter' goes back")
    if ticks[-1][1] == ticks[0][1]:
        raise ValueError("'energy_counter' never moves")
    if any(watts < 0 for _, watts in samples):
        raise ValueError("'power_samples' holds a negative power")
    if (length := ticks[-1][0] - ticks[0][0]) < SHORTEST:
        raise ValueError(f"'energy_counter' lasts {length:g} s, at least {SHORTEST} s are needed")
    if len(ticks) + len(samples) > DENSEST * length:
        raise ValueError(f"more than {DENSEST} entries a second: the times are not in seconds")
    driver = data.get("driver")
    return Trace(device, ticks, samples, driver if isinstance(driver, str) else None)


def _pairs(data: dict[str, object], field: str) -> tuple[Pair, ...]:
    """Pairs of seconds and thousandths, as seconds and whole units."""
    rows = data.get(field)
    if not isinstance(rows, list):
        raise ValueError(f"'{field}' must be a list of [seconds, value] pairs")
    pairs: list[Pair] = []
    for number, row in enumerate(rows):
        if not (isinstance(row, list) and len(row) == 2 and all(map(_is_number, row))):
            raise ValueError(f"'{field}'[{number}] must be two finite numbers, got {row!r:.60}")
        pair = float(row[0]), float(row[1]) / 1e3
        if pairs and pair[0] < pairs[-1][0]:
            raise ValueError(f"'{field}'[{number}] goes back in time")
        if not pairs or pair[0] > pairs[-1][0]:
            pairs.append(pair)
    return tuple(pairs)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e18
        and math.isfinite(value)
    )
