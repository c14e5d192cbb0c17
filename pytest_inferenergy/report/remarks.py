"""What stands below the table of a report: the study's ranks, and what settings ask to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def remarks(
    outcomes: Sequence[Mapping[str, Any]],
    carbon: Mapping[str, Any] | None,
    equivalents: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Lines for outcomes, ``carbon`` and the setting ``equivalents`` as the results hold them."""
    lines = []
    if any(outcome.get("study") is not None for outcome in outcomes):
        from pytest_inferenergy.report.study import study_lines

        lines += study_lines(outcomes)
    if carbon is not None:
        from pytest_inferenergy.carbon.grams import carbon_line

        lines.append(carbon_line(carbon))
    if equivalents:
        from pytest_inferenergy.report.equivalents import equivalent_lines

        lines += equivalent_lines(outcomes, equivalents)
    return lines
