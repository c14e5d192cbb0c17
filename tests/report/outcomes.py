"""Outcomes as they ride on test reports, to judge and to print."""

from __future__ import annotations

from typing import Any


def measured(**changes: Any) -> dict[str, Any]:
    """An outcome that passed against a baseline; ``changes`` also reach into its details."""
    details: dict[str, Any] = {
        "reason": "energy rose by less than what must be detected",
        "runs": 3,
        "sessions": 2,
        "tolerance": 0.05,
        "alpha": 0.001,
        "low": -0.01,
        "high": 0.03,
        "confidence": 0.9999,
        "smallest_detectable": 0.08,
        "time_ratio": 1.02,
        "power_ratio": 0.99,
        "also_changed": [],
        "energy_at_pace_change": None,
        "pace_change": None,
    }
    outcome: dict[str, Any] = {
        "nodeid": "tests/test_film.py::test_sentiment",
        "name": None,
        "state": "measured",
        "reason": None,
        "source": "measured",
        "kwh_per_1k": 0.0167,
        "low": 0.0166,
        "high": 0.0168,
        "joules_per_inference": 60.0,
        "seconds_per_inference": 0.2,
        "mean_watts": 300.0,
        "baseline_kwh_per_1k": 0.0165,
        "change": 0.0121,
        "verdict": "passed",
        "budget": None,
        "gate": "fail",
        "flags": [],
        "broken_baseline": None,
        "slug": "nvidia-h200-x1-700w-nvml",
        "details": details,
    }
    for key, value in changes.items():
        (outcome if key in outcome else details)[key] = value
    if outcome["verdict"] == "new":
        outcome.update(baseline_kwh_per_1k=None, change=None)
    return outcome


def unmeasured(reason: str = "disabled by --energy-disable", **changes: Any) -> dict[str, Any]:
    """An outcome of a test that nobody measured."""
    return {
        "nodeid": "tests/test_film.py::test_sentiment",
        "name": None,
        "state": "unmeasured",
        "reason": reason,
        "verdict": None,
        "budget": None,
        "gate": "fail",
        "flags": [],
        "broken_baseline": None,
    } | changes


def budget(word: str) -> dict[str, Any]:
    """The part of an outcome that tells of its budget."""
    return {
        "text": "10 Wh per 1000",
        "kwh_per_1k": 0.01,
        "word": word,
        "excess": 0.67,
        "low_kwh_per_1k": 0.0162,
    }
