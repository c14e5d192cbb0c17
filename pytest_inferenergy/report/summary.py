"""The closing line: what was measured and gated, and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_inferenergy.report.machine import missing_meter


def summary_line(
    outcomes: Sequence[Mapping[str, Any]],
    selected: int,
    disabled: bool,
    *,
    by_turns: int = 0,
    silent: int = 0,
    gone: int = 0,
    strict: bool = False,
) -> str:
    """``energy: 12 measured, 10 compared, 1 regressed, 1 inconclusive, 2 new``.

    ``selected`` is the number of energy tests that were to run, ``by_turns`` the number of
    comparisons by turns that gave a ratio, ``silent`` that of tests which never came to measure,
    ``gone`` that of baselines without a test. A gate that did not run says so.
    """
    if disabled:
        return (
            f"energy: nothing was gated: disabled by --energy-disable "
            f"({_tests(selected)} ran unmeasured)"
        )
    measured = [o for o in outcomes if o["state"] == "measured"]
    words = Counter(o["verdict"] for o in measured)
    compared = sum(1 for o in measured if o["change"] is not None)
    parts = [f"{len(measured)} measured", f"{compared} compared"]
    parts += [f"{words[word]} {word}" for word in ("regressed", "inconclusive", "improved", "new")
              if words[word]]  # fmt: skip
    blown = sum(1 for o in measured if o["budget"] and o["budget"]["word"] == "blown")
    estimated = sum(1 for o in measured if o["source"] == "estimated")
    unmeasured = len(outcomes) - len(measured)
    parts += [f"{by_turns} by turns"] if by_turns else []
    parts += [f"{blown} over budget"] if blown else []
    parts += [f"{estimated} estimated only"] if estimated else []
    parts += [f"{unmeasured} not measured"] if unmeasured else []
    parts += [f"{_tests(silent)} without a measurement"] if silent else []
    parts += [f"{gone} baseline{'s' * (gone != 1)} without a test"] if gone else []
    missing = Counter(filter(None, map(missing_meter, measured)))
    parts += [f"{missing.total()} {missing.most_common(1)[0][0]}"] if missing else []
    line = f"energy: {', '.join(parts)}"
    if not measured and not by_turns:
        reasons = Counter(o["reason"].partition("\n")[0] for o in outcomes)
        line += "; nothing was gated"
        line += f": {reasons.most_common(1)[0][0]}" if reasons else ""
    return line + _gate_off(outcomes, strict)


def _gate_off(outcomes: Sequence[Mapping[str, Any]], strict: bool) -> str:
    off = sum(1 for outcome in outcomes if outcome.get("gate") == "off")
    if not off:
        return ""
    line = "; the gate is off" + (f" for {off} of them" if off < len(outcomes) else "")
    return line + (", where --energy-strict fails nothing" if strict else "")


def _tests(count: int) -> str:
    return f"{count} energy test{'s' * (count != 1)}"
