"""The words that stand for a measurement in the overview, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

WORDS = (
    "regressed", "over budget", "inconclusive", "not measured", "new", "no verdict", "passed",
    "improved",
)  # fmt: skip

MARKS = {
    "regressed": "▲",
    "over budget": "▲",
    "inconclusive": "?",
    "not measured": "–",
    "new": "+",
    "no verdict": "–",
    "passed": "✓",
    "improved": "▼",
}
"""A sign beside each word, so that colour is never the only difference."""


def words(measurement: Mapping[str, Any]) -> list[str]:
    """What is true of a measurement, worst first: its verdict, and a budget that is in danger."""
    if measurement["state"] != "measured":
        return ["not measured"]
    found = {measurement.get("verdict") or "no verdict"}
    budget = (measurement.get("budget") or {}).get("word")
    if budget == "blown":
        found.add("over budget")
    elif budget == "inconclusive":
        found.add("inconclusive")
    return sorted(found, key=rank)


def rank(word: str) -> int:
    """Place of a word, the worst first; words of a later version come last."""
    return WORDS.index(word) if word in WORDS else len(WORDS)


def counts(measurements: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many measurements each word holds for, worst first; words of none are left out."""
    tally = Counter(word for measurement in measurements for word in words(measurement))
    return [(word, tally[word]) for word in sorted(tally, key=rank)]
