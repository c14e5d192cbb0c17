"""Which measurements a reader should see first, and why some were not gated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GATED = ("failed", "warned", "not gated", "passed")
VERDICTS = ("regressed", "inconclusive", None, "new", "passed", "improved")


def worst_first(measurements: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What failed, what warned, what was not gated, the rest; in each the largest excess first."""
    return sorted(measurements, key=_rank)


def _rank(measurement: Mapping[str, Any]) -> tuple[int, int, float, str, str]:
    budget = measurement.get("budget") or {}
    excess = max(measurement.get("change") or 0.0, budget.get("excess") or 0.0)
    return (
        GATED.index(measurement.get("gated", "not gated")),
        VERDICTS.index(measurement["verdict"]),
        -excess,
        measurement["nodeid"],
        measurement["name"] or "",
    )


def why_not_gated(measurement: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Why nothing was held against a figure, of a measurement whose ``gated`` says so.

    ``settings``: those of the document.
    """
    if measurement["state"] != "measured":
        return f"not measured: {measurement['reason']}"
    if measurement["gate"] == "off":
        return "the gate is off for this test"
    if measurement["verdict"] == "new":
        return f"no baseline on this machine ({measurement['slug']})"
    if settings.get("accept"):
        return "the present level was accepted"
    return "the test failed before its gate"
