"""The short message of a test that fails or warns: what, how much, how sure, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_inferenergy.escaping import lines as escaped_lines
from pytest_inferenergy.names import again, quoted
from pytest_inferenergy.report.against import by_turns, evidence
from pytest_inferenergy.report.document import shown
from pytest_inferenergy.report.machine import missing_meter
from pytest_inferenergy.report.parts import constant_part
from pytest_inferenergy.stats.verdict import not_gated
from pytest_inferenergy.units import plain, plus_minus, with_prefix

SHARED_ENVIRONMENT = (
    "  both revisions ran in this environment: what a driver or a dependency costs is not seen"
)


def message(outcome: Mapping[str, Any], causes: Sequence[str], where: Sequence[str] = ()) -> str:
    """Lines for one outcome; its causes as `pytest_inferenergy.gate.judge` gives them.

    ``where``: the words by which this run was told where its level lies, for the next command.
    """
    outcome = _shown(outcome)
    lines = [line for cause in causes for line in _EXPLAIN[cause](outcome)]
    if outcome["state"] == "measured":
        lines += _facts(outcome)
    lines += _next_steps(outcome, causes, where)
    return "\n".join(lines)


def _shown(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome with its texts safe to show, each on one line but what a process said last."""
    safe, against = shown(outcome), outcome.get("against")
    if against is not None and against.get("reason") is not None:
        safe["against"] |= {"reason": escaped_lines(against["reason"])}
    return safe


def title(outcome: Mapping[str, Any]) -> str:
    """The measurement's name in a sentence: ``energy`` or ``energy of 'batch32'``."""
    return "energy" if outcome["name"] is None else f"energy of '{outcome['name']}'"


def figure(outcome: Mapping[str, Any]) -> str:
    """The figure with its interval and what it is per inference."""
    joules = with_prefix(outcome["joules_per_inference"], "J")
    return (
        f"{plain(outcome['kwh_per_1k'])} kWh/1k "
        f"[{plain(outcome['low'])}, {plain(outcome['high'])}] ({joules}/inference)"
    )


def half_width(outcome: Mapping[str, Any]) -> float:
    """Half of the 99 % interval, as a fraction of the figure."""
    width: float = outcome["high"] - outcome["low"]
    return 0.5 * width / float(outcome["kwh_per_1k"])


def repeatability(outcome: Mapping[str, Any]) -> str:
    """Half of the 99 % interval, in percent."""
    return plus_minus(half_width(outcome))


def percent(fraction: float | None) -> str:
    """A signed percentage with a sensible number of digits."""
    if fraction is None:
        return "?"
    value = 100 * fraction
    return f"{value:+.1f} %" if abs(value) < 100 else f"{value:+.0f} %"


def split(outcome: Mapping[str, Any]) -> str:
    """The change as time x power, of a generator as tokens x time per token x power."""
    details = outcome["details"]
    if details.get("time_ratio") is None:
        return ""
    tokens = details.get("tokens_ratio")
    if tokens is None:
        text = f"time {percent(details['time_ratio'] - 1)}"
    else:
        per_token = percent(details["time_per_token_ratio"] - 1)
        text = f"tokens {percent(tokens - 1)} x time per token {per_token}"
    return f"{text} x power {percent(details['power_ratio'] - 1)}"


def change(outcome: Mapping[str, Any], quantity: str = "") -> str | None:
    """A change with its interval and the smallest detectable one, all of one quantity.

    ``quantity``: the beginning of its keys, none for the total; ``None`` where it is not known.
    """
    details = outcome["details"]
    value = details.get(f"{quantity}change") if quantity else outcome["change"]
    if value is None:
        return None
    low, high = details.get(f"{quantity}low"), details.get(f"{quantity}high")
    smallest = details.get(f"{quantity}smallest_detectable")
    text = f"{percent(value)} [{percent(low)}, {percent(high)}]"
    return text if smallest is None else f"{text}, smallest detectable {percent(smallest)}"


def parts_of_change(outcome: Mapping[str, Any]) -> list[str]:
    """Of host-bound work a line for energy at the baseline's pace, and one for the pace."""
    at_pace = change(outcome, "energy_at_pace_")
    if at_pace is None:
        return []
    return [f"energy at the baseline's pace {at_pace}", f"pace {change(outcome, 'pace_')}"]


def _regressed(outcome: Mapping[str, Any]) -> list[str]:
    details = outcome["details"]
    at_pace = details.get("decided_by") == "at_pace"
    quantity = " of energy at the baseline's pace" if at_pace else ""
    return [
        f"{title(outcome)} regressed: {figure(outcome)}",
        *_compared(outcome),
        f"  sure{quantity} at {_confidence(details)} (false alarms at most "
        f"{100 * details['alpha']:g} % at the tolerance)",
        *_also_changed(details),
    ]


def _inconclusive(outcome: Mapping[str, Any]) -> list[str]:
    details = outcome["details"]
    lines = [f"{title(outcome)} inconclusive: {details['reason']}", f"  {figure(outcome)}"]
    if outcome["change"] is not None:
        lines += _compared(outcome)
    return lines + _also_changed(details)


def _compared(outcome: Mapping[str, Any]) -> list[str]:
    """The baseline and the change, one quantity a line."""
    details = outcome["details"]
    return [
        f"  baseline {plain(outcome['baseline_kwh_per_1k'])} kWh/1k ({evidence(outcome)})",
        f"  energy {change(outcome)}, tolerance {100 * details['tolerance']:g} %",
        *(f"  {line}" for line in parts_of_change(outcome)),
        f"  change = {split(outcome)}",
        *([SHARED_ENVIRONMENT] if by_turns(outcome) else []),
    ]


def _budget(outcome: Mapping[str, Any]) -> list[str]:
    budget = outcome["budget"]
    word = "over its budget" if budget["word"] == "blown" else "not clearly within its budget"
    return [
        f"{title(outcome)} is {word} of {budget['text']}: {figure(outcome)}",
        f"  {percent(budget['excess'])} against {plain(budget['kwh_per_1k'])} kWh/1k; "
        f"lower bound {plain(budget['low_kwh_per_1k'])} kWh/1k on this device (another device's "
        "sensor can differ by 5 % and more)",
    ]


def _against_lost(outcome: Mapping[str, Any]) -> list[str]:
    return [f"{title(outcome)} was not compared: {outcome['against']['reason']}"]


def _unmeasured(outcome: Mapping[str, Any]) -> list[str]:
    return [f"{title(outcome)} was not measured: {outcome['reason']}"]


def _broken(outcome: Mapping[str, Any]) -> list[str]:
    return [f"{title(outcome)} was not gated: {outcome['broken_baseline']}"]


def _missing_meter(outcome: Mapping[str, Any]) -> list[str]:
    return [f"{title(outcome)} was {missing_meter(outcome)}"]


def _new(outcome: Mapping[str, Any]) -> list[str]:
    return [
        f"{title(outcome)} has no baseline on this machine ({outcome['slug']}): {figure(outcome)}"
    ]


def _estimated(outcome: Mapping[str, Any]) -> list[str]:
    return [f"{title(outcome)} is only estimated, no meter measured it"]


_EXPLAIN = {
    "regressed": _regressed,
    "inconclusive": _inconclusive,
    "against_lost": _against_lost,
    "budget_blown": _budget,
    "budget_inconclusive": _budget,
    "unmeasured": _unmeasured,
    "broken_baseline": _broken,
    "missing_meter": _missing_meter,
    "new": _new,
    "estimated": _estimated,
}


def _confidence(details: Mapping[str, Any]) -> str:
    confidence = details["confidence"]
    if confidence is None:
        return "an unknown level"
    return f"{100 * min(confidence, 0.99999):.3f} %"


def _also_changed(details: Mapping[str, Any]) -> list[str]:
    changed = details.get("also_changed") or ()
    return [f"  also changed: {', '.join(changed)}"] if changed else []


def _facts(outcome: Mapping[str, Any]) -> list[str]:
    flags = outcome["flags"]
    lines = [f"  flags: {', '.join(flags)}"] if flags else []
    lines += [f"  {part}" for part in constant_part(outcome)]
    if "host_bound" in flags:
        lines.append(
            "  host-bound: the device waits for Python, so time costs energy: larger batches, "
            "torch.compile or CUDA graphs, and less work between the calls help"
        )
    return lines


def _next_steps(
    outcome: Mapping[str, Any], causes: Sequence[str], where: Sequence[str]
) -> list[str]:
    test = " ".join([again(outcome["nodeid"]), *map(shlex.quote, where)])
    if outcome.get("against") is not None and not {"new", "budget_blown"} & set(causes):
        return _next_steps_against(outcome, causes)
    if "regressed" in causes:
        return [f"  to accept this level: pytest {test} --energy-accept"]
    if "inconclusive" in causes and not_gated(outcome["flags"]) is not None:
        return [
            "  no verdict can rest on such a figure: it is shown, and neither judged nor stored"
        ]
    if "inconclusive" in causes:
        return [
            "  to tell more: a longer --energy-max-seconds, more stored runs; to accept this "
            f"level: pytest {test} --energy-accept"
        ]
    if "new" in causes:
        return [f"  to store it: pytest {test} --energy-update"]
    return []


def _next_steps_against(outcome: Mapping[str, Any], causes: Sequence[str]) -> list[str]:
    against = outcome["against"]
    if "regressed" in causes:
        test, revision = quoted(outcome["nodeid"]), shlex.quote(against["revision"])
        return [
            f"  to see what changed: git diff {against['commit'][:12]}; to look again: "
            f"pytest {test} --energy-against {revision}"
        ]
    if "inconclusive" in causes and by_turns(outcome):
        return ["  to tell more: a longer --energy-max-seconds"]
    return []
