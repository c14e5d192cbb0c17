"""What an outcome does to its test: pass, warn or fail. Pure, on plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Effect = Literal["pass", "warn", "fail"]


class GateSettings(Protocol):
    """What of `Settings` the gate looks at."""

    @property
    def strict(self) -> bool:
        """Every doubt is a failure."""

    @property
    def update(self) -> bool:
        """Runs join the baselines."""

    @property
    def accept(self) -> bool:
        """Changed levels are accepted."""


@dataclass(frozen=True)
class Judgement:
    """The effect of one outcome, and the causes in the order of their weight."""

    effect: Effect
    causes: tuple[str, ...] = ()


def judge(outcome: Mapping[str, Any], settings: GateSettings) -> Judgement:
    """Apply the gate of the test to an outcome.

    Measured regressions and blown budgets fail. Inconclusive ones, and budgets blown by an estimate
    alone, warn. ``--energy-strict`` turns every doubt into a failure, and what the gate would only
    warn of, too; a gate that is off looks at nothing. ``--energy-accept`` takes the present level,
    whatever the baseline was; a budget it cannot change.
    """
    failing, doubtful = _causes(outcome, settings)
    if outcome.get("gate") == "off":
        return Judgement("pass")
    if settings.strict:
        failing, doubtful = failing + doubtful, []
    if failing:
        effect: Effect = "fail" if settings.strict or outcome.get("gate") == "fail" else "warn"
        return Judgement(effect, tuple(failing + doubtful))
    warned = [cause for cause in doubtful if cause not in QUIET]
    return Judgement("warn" if warned else "pass", tuple(warned))


QUIET = ("missing_meter", "new", "estimated", "unmeasured")
"""Doubts that the table and the summary tell, and that warrant no warning of their own."""


def _causes(outcome: Mapping[str, Any], settings: GateSettings) -> tuple[list[str], list[str]]:
    failing = ["broken_baseline"] if outcome["broken_baseline"] is not None else []
    if (outcome.get("against") or {}).get("state") == "lost":
        failing.append("against_lost")
    doubtful = [] if outcome.get("missing_meter") is None else ["missing_meter"]
    if outcome["state"] != "measured":
        return failing, [] if failing else ["unmeasured"]
    estimated = outcome["source"] == "estimated"
    writing = settings.update or settings.accept
    verdict = outcome["verdict"]
    if failing:
        pass  # no verdict without a baseline
    elif not settings.accept and verdict == "regressed":
        failing.append("regressed")
    elif not settings.accept and verdict == "inconclusive" and not _awaits_rounds(outcome):
        doubtful.append("inconclusive")
    budget = outcome["budget"]
    if budget is not None and budget["word"] == "blown":
        (doubtful if estimated else failing).append("budget_blown")
    elif budget is not None and budget["word"] == "inconclusive":
        doubtful.append("budget_inconclusive")
    if verdict == "new" and not writing:
        doubtful.append("new")
    if estimated:
        doubtful.append("estimated")
    return failing, doubtful


def gated(outcome: Mapping[str, Any], effect: Effect, settings: GateSettings) -> str:
    """What the gate did: ``failed``, ``warned``, ``passed`` or ``not gated``.

    The last where there was nothing to hold the figure against, or the gate was not to look.
    """
    if effect != "pass":
        return "failed" if effect == "fail" else "warned"
    if outcome["state"] != "measured" or outcome.get("gate") == "off":
        return "not gated"
    compared = outcome["verdict"] in ("passed", "improved") and not settings.accept
    return "passed" if compared or outcome["budget"] is not None else "not gated"


def _awaits_rounds(outcome: Mapping[str, Any]) -> bool:
    """Whether the verdict is still to come, by an item of its own."""
    against = outcome.get("against") or {}
    return against.get("state") == "rounds" and against.get("pairs") is None
