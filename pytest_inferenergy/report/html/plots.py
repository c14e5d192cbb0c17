"""The numbers that the page draws for one measurement, short enough for a thousand of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_inferenergy.report.html.ladder import ladder
from pytest_inferenergy.report.html.trend import trend
from pytest_inferenergy.units import kwh_per_1k

Data = dict[str, Any]


def plots(measurement: Mapping[str, Any], created: str | None) -> Data:
    """``windows``, ``power``, ``history`` and ``ladder``, each where there is something to draw.

    Energies are kWh per 1,000 inferences, times seconds since the first window began.
    """
    if measurement["state"] != "measured":
        return {}
    found = {
        "windows": _windows(measurement),
        "power": _power(measurement),
        "history": _history(measurement, created),
        "ladder": ladder(measurement.get("study")),
    }
    return {name: data for name, data in found.items() if data}


def _windows(measurement: Mapping[str, Any]) -> Data | None:
    windows = measurement.get("window_list")
    if not windows:
        return None
    budget = measurement.get("budget") or {}
    details = measurement.get("details") or {}
    per_inference = [kwh_per_1k(w["joules"] / w["inferences"]) for w in windows]
    return {
        "start": short((w["start"] for w in windows), 4),
        "seconds": short((w["seconds"] for w in windows), 4),
        "kwh": short(per_inference),
        "inferences": [w["inferences"] for w in windows],
        "count": measurement["windows"],
        "rejected": [index for index, w in enumerate(windows) if w.get("rejected")],
        "value": measurement["kwh_per_1k"],
        "low": measurement["low"],
        "high": measurement["high"],
        "baseline": measurement.get("baseline_kwh_per_1k"),
        "tolerance": details.get("tolerance"),
        "budget": budget.get("kwh_per_1k"),
    }


def _power(measurement: Mapping[str, Any]) -> Data | None:
    trace = measurement.get("trace")
    if not trace or not trace["seconds"]:
        return None
    return {
        "seconds": short(trace["seconds"], 4),
        "watts": short(trace["watts"], 4),
        "idle": measurement.get("idle_watts"),
    }


def _history(measurement: Mapping[str, Any], created: str | None) -> Data | None:
    runs = measurement.get("history")
    if not runs:
        return None
    times = [run["time"] for run in runs]
    levels = [run["kwh_per_1k"] for run in runs]
    return {
        "time": times,
        "kwh": short(levels),
        "note": _notes(runs),
        "now": [(measurement.get("run") or {}).get("time") or created, measurement["kwh_per_1k"]],
        "anchor": measurement.get("anchor_kwh_per_1k"),
        "trend": trend(times, levels),
    }


def _notes(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The commit of each run, and its driver where that was another than before."""
    notes = []
    for before, run in zip([{}, *runs], runs, strict=False):
        commit, driver = run.get("commit"), run.get("driver")
        parts = [f"commit {commit[:10]}"] if commit else []
        parts += [f"driver {driver}"] if driver and driver != before.get("driver") else []
        notes.append(", ".join(parts))
    return notes


def short(values: Iterable[float], digits: int = 5) -> Sequence[float]:
    """So many significant digits of each: more than a plot can show, few enough to store."""
    return [float(f"{value:.{digits}g}") for value in values]
