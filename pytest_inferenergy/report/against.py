"""How the outputs say what a measurement was compared with: a stored baseline, or a revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

WORDS = {
    "turns": "by turns",
    "rounds": "by rounds of processes",
    "screened": "held by stored runs",
    "only_here": "only here",
    "not_compared": "not compared",
    "lost": "lost with the reference side",
}


def evidence(outcome: Mapping[str, Any]) -> str:
    """What the baseline's level rests on, in brackets behind it."""
    against = outcome.get("against")
    if against is not None and by_turns(outcome):
        pairs, how = against["pairs"], WORDS[against["state"]]
        return f"against {against['title']}, {how}, {pairs} pair{'s' * (pairs != 1)}"
    details = outcome["details"]
    runs, sessions = details["runs"], details["sessions"]
    return f"{runs} run{'s' * (runs != 1)} in {sessions} session{'s' * (sessions != 1)}"


def by_turns(outcome: Mapping[str, Any]) -> bool:
    """Whether the verdict is that of turns with a revision, of windows or of processes."""
    against = outcome.get("against")
    return against is not None and against["pairs"] is not None


def summary(outcomes: Sequence[Mapping[str, Any]]) -> str | None:
    """``against HEAD~1 (abc1234): 3 by turns, 1 not compared``; ``None`` without a revision."""
    marks = [outcome["against"] for outcome in outcomes if outcome.get("against")]
    if not marks:
        return None
    counts = Counter(mark["state"] for mark in marks)
    parts = [f"{counts[state]} {word}" for state, word in WORDS.items() if counts[state]]
    return f"against {marks[0]['title']}: {', '.join(parts)}"
