"""What a figure rests on, as small plain data: its windows, the power meanwhile, stored runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.units import kwh_per_1k

if TYPE_CHECKING:
    from pytest_inferenergy.baselines.history import History
    from pytest_inferenergy.measure.recorder import Recording
    from pytest_inferenergy.measure.window import Window

MOST_WINDOWS = 80
"""With more windows than these, neighbours are joined: all of it travels with the test report."""


def chart_data(recording: Recording, history: History | None) -> dict[str, Any]:
    """The keys ``window_list``, ``trace``, ``history`` and ``anchor_kwh_per_1k`` of an outcome."""
    taken = [(window, False) for window in recording.clean]
    taken += [(window, True) for window in recording.rejected]
    taken.sort(key=lambda pair: pair[0].start)
    zero = taken[0][0].start if taken else 0.0
    anchor = None if history is None else kwh_per_1k(math.exp(history.anchor.log_joules))
    return {
        "window_list": _windows(taken, zero),
        "trace": _trace(recording, zero),
        "history": [] if history is None else _runs(history),
        "anchor_kwh_per_1k": anchor,
    }


def _windows(taken: Sequence[tuple[Window, bool]], zero: float) -> list[dict[str, Any]]:
    """One entry a window; where there are too many, one for so many neighbours of one kind."""
    size = math.ceil(len(taken) / MOST_WINDOWS)
    entries = []
    for number in range(0, len(taken), max(size, 1)):
        for rejected, pairs in groupby(taken[number : number + size], key=lambda pair: pair[1]):
            windows = [window for window, _ in pairs]
            entries.append(
                {
                    "start": round(windows[0].start - zero, 3),
                    "seconds": _digits(sum(w.seconds for w in windows)),
                    "joules": _digits(sum(w.joules for w in windows)),
                    "stderr": _digits(math.hypot(*(w.stderr for w in windows)), 3),
                    "inferences": sum(w.inferences for w in windows),
                    "rejected": rejected,
                }
            )
    return entries


def _trace(recording: Recording, zero: float) -> dict[str, list[float]] | None:
    means = recording.power.means(zero)
    if not means:
        return None
    return {
        "seconds": [round(seconds, 3) for seconds, _ in means],
        "watts": [_digits(watts, 4) for _, watts in means],
    }


def _runs(history: History) -> list[dict[str, Any]]:
    from pytest_inferenergy.baselines.fields import iso_utc

    return [
        {
            "time": iso_utc(run.time),
            "kwh_per_1k": kwh_per_1k(math.exp(run.log_joules)),
            "seconds_per_inference": math.exp(run.log_seconds),
            "commit": run.commit,
            "driver": run.driver,
        }
        for run in history.runs
    ]


def _digits(value: float, digits: int = 6) -> float:
    return float(f"{value:.{digits}g}")
