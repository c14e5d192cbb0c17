"""The table of ``--energy-report``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_inferenergy.reporting.against import by_turns as compared_by_turns
from pytest_inferenergy.reporting.against import evidence as level
from pytest_inferenergy.reporting.message import percent, split
from pytest_inferenergy.reporting.parts import parts
from pytest_inferenergy.units import plain, with_prefix

HEADERS = (
    "test", "kWh/1k", "±", "J/inference", "s/inference", "W", "baseline", "change", "verdict",
    "source",
)  # fmt: skip


def table(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """One row a measurement, in the order they ran."""
    from tabulate import tabulate

    headers, rows = list(HEADERS), [row(outcome) for outcome in outcomes]
    align = ["left", *["right"] * 7, "left", "left"]
    grams = [outcome.get("gco2_per_1k") for outcome in outcomes]
    if any(figure is not None for figure in grams):  # asked for
        for cells, cell in [
            (headers, "gCO2eq/1k"),
            (align, "right"),
            *zip(rows, map(_grams, grams), strict=True),
        ]:
            cells.insert(2, cell)
    return tabulate(rows, headers=headers, tablefmt="simple", colalign=align, disable_numparse=True)


def row(outcome: Mapping[str, Any]) -> list[str]:
    """The cells of one measurement."""
    test = label(outcome)
    if outcome["state"] != "measured":
        return [test, *["-"] * 7, "not measured", "-"]
    half = 0.5 * (outcome["high"] - outcome["low"]) / outcome["kwh_per_1k"]
    baseline = outcome["baseline_kwh_per_1k"]
    change = outcome["change"]
    return [
        test,
        plain(outcome["kwh_per_1k"]),
        f"{100 * half:.1f} %",
        with_prefix(outcome["joules_per_inference"], "J"),
        with_prefix(outcome["seconds_per_inference"], "s"),
        plain(outcome["mean_watts"]),
        "-" if baseline is None else plain(baseline),
        "-" if change is None else percent(change),
        verdict(outcome),
        outcome["source"],
    ]


def _grams(figure: float | None) -> str:
    return "-" if figure is None else plain(figure)


def verdict(outcome: Mapping[str, Any]) -> str:
    """The verdict's word, with the budget's beside it where that matters."""
    word = outcome["verdict"] or "-"
    budget = outcome["budget"]
    if budget is not None and budget["word"] == "blown":
        return f"{word}, over budget"
    return word


def label(outcome: Mapping[str, Any]) -> str:
    """The test's id, shortened to file and test, and the measurement's name."""
    file, _, test = outcome["nodeid"].partition("::")
    short = f"{file.rpartition('/')[2]}::{test}" if test else file
    return short if outcome["name"] is None else f"{short} {outcome['name']}"


def notes(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines below the table: reasons, how sure a change is, flags, and what a figure is made of."""
    lines = []
    for outcome in outcomes:
        if outcome["state"] != "measured":
            lines.append(f"{label(outcome)}: {outcome['reason']}")
            continue
        remarks = [*evidence(outcome), *outcome["flags"]]
        if remarks:
            lines.append(f"{label(outcome)}: {', '.join(remarks)}")
        if made_of := parts(outcome):
            lines.append(f"{label(outcome)}: {', '.join(made_of)}")
        if compared_by_turns(outcome):
            lines.append(f"{label(outcome)}: {level(outcome)}: change = {split(outcome)}")
        elif outcome["details"].get("tokens_ratio") is not None:
            lines.append(f"{label(outcome)}: change = {split(outcome)}")
    return lines


def evidence(outcome: Mapping[str, Any]) -> list[str]:
    """The interval of a change, and the smallest change that could have been told."""
    details = outcome["details"]
    if outcome["change"] is None or details.get("smallest_detectable") is None:
        return []
    interval = f"change [{percent(details['low'])}, {percent(details['high'])}]"
    return [interval, f"could have told {percent(details['smallest_detectable'])}"]


def unmeasured(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each reason why something was not measured, with all it holds for."""
    labels: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome["state"] != "measured":
            labels.setdefault(outcome["reason"], []).append(label(outcome))
    return [f"not measured, {reason}: {', '.join(those)}" for reason, those in labels.items()]


def by_turns(comparison: Mapping[str, Any]) -> str:
    """One line for a comparison by turns."""
    name = label(comparison)
    if comparison["ratio"] is None:
        return f"{name}: not compared: {comparison['reason']}"
    high = comparison["high"]
    return (
        f"{name}: by turns, {comparison['pairs']} pairs: {plain(comparison['ratio'], 4)} x "
        f"[{plain(comparison['low'], 4)}, {'inf' if high is None else plain(high, 4)}] "
        f"= time {plain(comparison['time_ratio'], 4)} x power "
        f"{plain(comparison['power_ratio'], 4)}: {comparison['verdict']}"
    )
