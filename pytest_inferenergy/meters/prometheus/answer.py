"""Answers of Prometheus's HTTP API as typed data: parsing, with errors that say what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One time series: its labels, and (scrape time, value) pairs in order of time."""

    labels: Mapping[str, str]
    samples: tuple[Pair, ...]


def parse_matrix(data: object) -> tuple[Series, ...]:
    """The series of a range vector; ``ValueError`` where the answer is anything else."""
    return tuple(_series(row) for row in _result(data, "matrix"))


def parse_scalar(data: object) -> float:
    """The value of a scalar; ``ValueError`` where the answer is anything else."""
    return _pair(_result(data, "scalar"))[1]


def _result(data: object, kind: str) -> Any:
    found = data.get("resultType") if isinstance(data, dict) else None
    if not isinstance(data, dict) or found != kind or not isinstance(data.get("result"), list):
        raise ValueError(f"expected a {kind}, got {found or data!r:.80}")
    return data["result"]


def _series(row: object) -> Series:
    if not isinstance(row, dict) or not isinstance(row.get("metric"), dict):
        raise ValueError(f"expected a series, got {row!r:.80}")
    labels = {str(name): str(value) for name, value in row["metric"].items()}
    values = row.get("values", [])
    if "histograms" in row or not isinstance(values, list):
        raise ValueError(f"{labels.get('__name__', 'the series')} is a histogram and no counter")
    pairs = [_pair(value) for value in values]
    # a scrape without a number is a scrape that told nothing
    told = sorted(pair for pair in pairs if all(map(math.isfinite, pair)))
    return Series(labels, tuple(told))


def _pair(value: object) -> Pair:
    """A pair of seconds and a number as text; not finite where the number is not."""
    if not (isinstance(value, list) and len(value) == 2):
        raise ValueError(f"expected [time, value], got {value!r:.80}")
    time, number = value
    if isinstance(time, bool) or not isinstance(time, int | float) or not isinstance(number, str):
        raise ValueError(f"expected [time, 'value'], got {value!r:.80}")
    try:
        return float(time), float(number)
    except (ValueError, OverflowError):
        raise ValueError(f"expected [time, 'value'], got {value!r:.80}") from None
