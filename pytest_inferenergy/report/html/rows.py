"""The overview: one row a measurement, as text that the template places and numbers to sort by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.report.html.facts import facts, interval
from pytest_inferenergy.report.html.forest import Forest, forest
from pytest_inferenergy.report.html.plots import plots
from pytest_inferenergy.report.html.status import words
from pytest_inferenergy.report.message import percent, repeatability
from pytest_inferenergy.units import plain, with_prefix


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row; empty text where something is unknown."""

    words: list[str]
    file: str
    test: str
    name: str
    note: str
    """Why there is no verdict, in a few words."""
    kwh: str = ""
    half: str = ""
    joules: str = ""
    seconds: str = ""
    watts: str = ""
    change: str = ""
    interval: str = ""
    forest: Forest | None = None
    budget: str = ""
    estimated: bool = False


def row(measurement: Mapping[str, Any], edge: float) -> Row:
    """The cells of one measurement; ``edge``: the change at the edge of the drawings."""
    file, _, test = measurement["nodeid"].partition("::")
    details = measurement.get("details") or {}
    found = words(measurement)
    doubtful = {"inconclusive", "not measured"} & set(found)
    head = {
        "words": found,
        "file": file if test else "",
        "test": test or file,
        "name": measurement.get("name") or "",
        "note": (measurement.get("reason") or details.get("reason") or "") if doubtful else "",
    }
    if measurement["state"] != "measured":
        return Row(**head)
    change = measurement.get("change")
    return Row(
        **head,
        kwh=plain(measurement["kwh_per_1k"]),
        half=f"±{repeatability(measurement)}",
        joules=with_prefix(measurement["joules_per_inference"], "J"),
        seconds=with_prefix(measurement["seconds_per_inference"], "s"),
        watts=with_prefix(measurement["mean_watts"], "W"),
        change="" if change is None else percent(change),
        interval="" if change is None else interval(details),
        forest=forest(measurement, edge),
        budget=_budget(measurement.get("budget")),
        estimated=measurement.get("source") == "estimated",
    )


def _budget(budget: Mapping[str, Any] | None) -> str:
    if budget is None:
        return ""
    way = "over" if budget["excess"] > 0 else "under"
    return f"{100 * abs(budget['excess']):.3g} % {way} {budget['text']}"


def details(
    measurement: Mapping[str, Any], place: int, document: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page's script needs of a measurement of a document: to sort, to filter, to unfold.

    ``place``: its number in the order of worst first.
    """
    budget = measurement.get("budget") or {}
    return {
        "words": words(measurement),
        "text": " ".join(filter(None, (measurement["nodeid"], measurement.get("name")))),
        "message": measurement.get("message"),
        "groups": facts(measurement, document.get("settings") or {}),
        "plots": plots(measurement, document.get("created")),
        "sort": {
            "verdict": place,
            "test": measurement["nodeid"],
            "energy": measurement.get("kwh_per_1k"),
            "time": measurement.get("seconds_per_inference"),
            "power": measurement.get("mean_watts"),
            "change": measurement.get("change"),
            "budget": budget.get("excess"),
        },
    }
