"""The table of ``--energy-report``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_inferenergy.escaping import line
from pytest_inferenergy.report.against import by_turns as compared_by_turns
from pytest_inferenergy.report.against import evidence as level
from pytest_inferenergy.report.machine import machine_of, machines, missing_meter
from pytest_inferenergy.report.message import (
    change,
    parts_of_change,
    percent,
    repeatability,
    split,
)
from pytest_inferenergy.report.parts import parts
from pytest_inferenergy.units import plain, with_prefix

INDENT = "  "


class Column(NamedTuple):
    """A title, and the cell of a measurement; of one that was not measured, a dash."""

    title: str
    cell: Callable[[Mapping[str, Any]], str]
    align: str = "right"


def _figure(key: str) -> Callable[[Mapping[str, Any]], str]:
    def cell(outcome: Mapping[str, Any]) -> str:
        value = outcome.get(key)
        return "-" if value is None else plain(value)

    return cell


def _quantity(key: str, unit: str) -> Callable[[Mapping[str, Any]], str]:
    def cell(outcome: Mapping[str, Any]) -> str:
        value = outcome.get(key)
        return "-" if value is None else with_prefix(value, unit)

    return cell


def _half(outcome: Mapping[str, Any]) -> str:
    if outcome["state"] != "measured":
        return "-"
    return repeatability(outcome)


def _change(outcome: Mapping[str, Any]) -> str:
    value = outcome.get("change")
    return "-" if value is None else percent(value)


def verdict(outcome: Mapping[str, Any]) -> str:
    """The verdict's word, with the budget's beside it where that matters."""
    if outcome["state"] != "measured":
        return "not measured"
    word = outcome["verdict"] or "-"
    budget = outcome["budget"]
    if budget is not None and budget["word"] == "blown":
        return f"{word}, over budget"
    return word


def label(outcome: Mapping[str, Any]) -> str:
    """The test's id, shortened to file and test, and the measurement's name."""
    file, _, test = outcome["nodeid"].partition("::")
    short = f"{file.rpartition('/')[2]}::{test}" if test else file
    return line(short if outcome["name"] is None else f"{short} {outcome['name']}")


def full_label(nodeid: str, name: str | None) -> str:
    """A measurement in one word: its test's id, and its own name where it has one."""
    return f"{nodeid} {name}" if name else nodeid


GRAMS = Column("gCO2eq/1k", _figure("gco2_per_1k"))
COLUMNS = (
    Column("test", label, "left"),
    Column("kWh/1k", _figure("kwh_per_1k")),
    Column("±", _half),
    Column("J/inference", _quantity("joules_per_inference", "J")),
    Column("s/inference", _quantity("seconds_per_inference", "s")),
    Column("W", _figure("mean_watts")),
    Column("baseline", _figure("baseline_kwh_per_1k")),
    Column("change", _change),
    Column("verdict", verdict, "left"),
    Column("source", lambda outcome: outcome.get("source") or "-", "left"),
)
MACHINE = Column("measured on", lambda outcome: machine_of(outcome) or "-", "left")
HEADERS = tuple(column.title for column in COLUMNS)
LEAST = ("s/inference", "W", "J/inference", "source", "gCO2eq/1k", "±")
"""What a narrow terminal goes without, in this order; the files hold all of it."""


def columns(outcomes: Sequence[Mapping[str, Any]], *, grams: bool) -> list[Column]:
    """The columns; ``grams``: whether a carbon intensity was asked for.

    Where not all was measured on one machine, each row says on which (else `measured_on` does).
    """
    several = len(machines(outcomes)) > 1
    return [*COLUMNS[:2], *([GRAMS] if grams else []), *COLUMNS[2:], *([MACHINE] * several)]


def measured_on(outcomes: Sequence[Mapping[str, Any]]) -> str | None:
    """The one machine that everything was measured on."""
    found = machines(outcomes)
    return f"measured on {found[0]}" if len(found) == 1 else None


def table(outcomes: Sequence[Mapping[str, Any]], width: int | None = None) -> str:
    """One row a measurement, in the order they ran.

    Where that does not fit into ``width`` characters, each test has a line to itself above its
    figures, and columns are left out as needed.
    """
    grams = any(outcome.get("gco2_per_1k") is not None for outcome in outcomes)
    chosen = columns(outcomes, grams=grams)
    text = _tabulated(chosen, outcomes)
    if width is None or _width(text) <= width:
        return text
    several = MACHINE in chosen
    chosen = [column for column in chosen[1:] if column is not MACHINE]
    text = _tabulated(chosen, outcomes)
    for title in LEAST:
        if _width(text) + len(INDENT) <= width:
            break
        chosen = [column for column in chosen if column.title != title]
        text = _tabulated(chosen, outcomes)
    head, rule, *rows = text.splitlines()
    lines = [INDENT + head, INDENT + rule]
    for outcome, figures in zip(outcomes, rows, strict=True):
        machine = machine_of(outcome) if several else None
        lines += [label(outcome) + (f" on {machine}" if machine else ""), INDENT + figures]
    return "\n".join(lines)


def _tabulated(chosen: Sequence[Column], outcomes: Sequence[Mapping[str, Any]]) -> str:
    from tabulate import tabulate

    return tabulate(
        [[line(column.cell(outcome)) for column in chosen] for outcome in outcomes],
        headers=[column.title for column in chosen],
        tablefmt="simple",
        colalign=[column.align for column in chosen],
        disable_numparse=True,
    )


def _width(text: str) -> int:
    return max(map(len, text.splitlines()))


def row(outcome: Mapping[str, Any]) -> list[str]:
    """The cells of one measurement."""
    return [column.cell(outcome) for column in COLUMNS]


def notes(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines below the table: reasons, how sure a change is, flags, and what a figure is made of."""
    lines = []
    for outcome in outcomes:
        if outcome["state"] != "measured":
            lines.append(f"{label(outcome)}: {outcome['reason']}")
            continue
        if missing := missing_meter(outcome):
            lines.append(f"{label(outcome)}: {missing}")
        remarks = [*evidence(outcome), *outcome["flags"], *outcome.get("notes", ())]
        if remarks:
            lines.append(f"{label(outcome)}: {', '.join(remarks)}")
        if made_of := parts(outcome):
            lines.append(f"{label(outcome)}: {', '.join(made_of)}")
        if summands := outcome.get("added_up"):
            lines.append(f"{label(outcome)}: the sum of {'; '.join(summands)}")
        if compared_by_turns(outcome):
            lines.append(f"{label(outcome)}: {level(outcome)}: change = {split(outcome)}")
        elif outcome["details"].get("tokens_ratio") is not None:
            lines.append(f"{label(outcome)}: change = {split(outcome)}")
    return lines


def evidence(outcome: Mapping[str, Any]) -> list[str]:
    """Each quantity that was compared, with its interval and the smallest detectable change."""
    details = outcome["details"]
    if outcome["change"] is None or details.get("smallest_detectable") is None:
        return []
    return [f"change {change(outcome)}", *parts_of_change(outcome)]


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
    high, pairs = comparison["high"], comparison["pairs"]
    return (
        f"{name}: by turns, {pairs} pair{'s' * (pairs != 1)}: {plain(comparison['ratio'], 4)} x "
        f"[{plain(comparison['low'], 4)}, {'inf' if high is None else plain(high, 4)}] "
        f"= time {plain(comparison['time_ratio'], 4)} x power "
        f"{plain(comparison['power_ratio'], 4)}: {comparison['verdict']}"
    )
