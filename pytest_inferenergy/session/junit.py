"""The headline scalars of outcomes as properties of a test, for JUnit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_inferenergy.escaping import line

HEADLINES = (
    "state", "reason", "verdict", "source", "kwh_per_1k", "low", "high", "gco2_per_1k",
    "joules_per_inference", "seconds_per_inference", "mean_watts", "baseline_kwh_per_1k", "change",
    "windows", "inferences",
)  # fmt: skip


def user_properties(outcomes: Iterable[Mapping[str, Any]]) -> list[tuple[str, object]]:
    """The headline scalars of outcomes, for JUnit: ``energy.kwh_per_1k`` and so on."""
    found: list[tuple[str, object]] = []
    for outcome in outcomes:
        prefix = "energy" if outcome["name"] is None else f"energy.{line(outcome['name'])}"
        for key in HEADLINES:
            value = outcome.get(key)
            if value is not None:
                safe = line(value) if isinstance(value, str) else value
                found.append((f"{prefix}.{key}", safe))
        if outcome["flags"]:
            found.append((f"{prefix}.flags", line(" ".join(outcome["flags"]))))
        profile = outcome.get("profile") or {}
        facts = [key for key in ("meter", "device") if key in profile]
        found += [(f"{prefix}.{key}", line(str(profile[key]))) for key in facts]
        if outcome["budget"] is not None:
            found.append((f"{prefix}.budget", outcome["budget"]["word"]))
    return found
