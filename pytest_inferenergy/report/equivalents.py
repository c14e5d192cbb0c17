"""What the energy amounts to in everyday terms, below the table of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_inferenergy.report.table import label
from pytest_inferenergy.units import plain


def equivalent_lines(
    outcomes: Sequence[Mapping[str, Any]], equivalents: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What 1,000 inferences of each outcome amount to, and where the figures are from.

    ``equivalents`` as they stand in the results' settings: name, kwh, source.
    """
    measured = [outcome for outcome in outcomes if outcome["state"] == "measured"]
    if not (measured and equivalents):
        return []
    lines = ["1,000 inferences amount to:"]
    for outcome in measured:
        amounts = [f"{plain(outcome['kwh_per_1k'] / e['kwh'])} x {e['name']}" for e in equivalents]
        lines.append(f"  {label(outcome)}: {', '.join(amounts)}")
    return lines + [f"  {e['name']} = {plain(e['kwh'])} kWh ({e['source']})" for e in equivalents]
