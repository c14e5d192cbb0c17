"""``inferenergy compare``: the levels of two sides, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pytest_inferenergy.commands.levels import Level, check_alike, read_side
from pytest_inferenergy.errors import DocumentError
from pytest_inferenergy.escaping import line
from pytest_inferenergy.report.machine import machine_line
from pytest_inferenergy.stats.comparability import changed_inputs, comparable, other_card
from pytest_inferenergy.stats.ratio import Ratio, level_ratio
from pytest_inferenergy.stats.runs import Run, levels, sessions
from pytest_inferenergy.stats.series import mean
from pytest_inferenergy.units import kwh_per_1k, plain

HEADERS: Final = ("A kWh/1k", "B kWh/1k", "B/A", "99 % interval", "", "test")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement that both sides know."""

    label: str
    before: float
    """Level of A, joules per inference."""
    after: float
    ratio: Ratio
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides, the largest ratio first."""

    rows: tuple[Row, ...]
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    not_compared: tuple[tuple[str, str], ...] = field(default=())
    """Label, and why."""


def compare_paths(a: Path, b: Path, *, across_machines: bool) -> Compared:
    """Compare two files of results, or two folders of baselines."""
    check_alike(a, b)
    return compare(read_side(a), read_side(b), across_machines=across_machines)


def compare(a: Sequence[Level], b: Sequence[Level], *, across_machines: bool) -> Compared:
    """Compare levels of the same measurement on the same machine, or across machines if asked."""
    rows, refused = [], []
    for before, after in _pairs(a, b):
        reason = _obstacle(before, after, across_machines)
        if reason is None:
            rows.append(_row(before, after))
        else:
            refused.append((after.label, reason))
    in_a, in_b = {level.label for level in a}, {level.label for level in b}
    return Compared(
        rows=tuple(sorted(rows, key=lambda row: (-row.ratio.ratio, row.label))),
        only_in_a=tuple(sorted(in_a - in_b)),
        only_in_b=tuple(sorted(in_b - in_a)),
        not_compared=tuple(sorted(refused)),
    )


def beyond(row: Row, limit: float | None, *, sure: bool) -> bool:
    """Whether energy rose by more than a fraction; ``sure``: with its whole interval."""
    return limit is not None and (row.ratio.low if sure else row.ratio.ratio) > 1 + limit


def text(found: Compared, limit: float | None, *, sure: bool) -> str:
    """What was compared, and what was not."""
    lines = _table(found.rows, limit, sure=sure).split("\n") if found.rows else []
    lines += [f"{row.label}: {remark}" for row in found.rows for remark in row.remarks]
    lines += [f"not compared: {name}: {reason}" for name, reason in found.not_compared]
    lines += [f"only in A: {name}" for name in found.only_in_a]
    lines += [f"only in B: {name}" for name in found.only_in_b]
    over = sum(beyond(row, limit, sure=sure) for row in found.rows)
    parts = [f"{len(found.rows)} compared"]
    parts += [] if limit is None else [f"{over} over {100 * limit:g} %{' for sure' * sure}"]
    alone = len(found.only_in_a) + len(found.only_in_b)
    parts += [f"{alone} on one side only"] if alone else []
    parts += [f"{len(found.not_compared)} not compared"] if found.not_compared else []
    return "\n".join(map(line, [*lines, ", ".join(parts)]))


def exit_code(found: Compared, limit: float | None, *, sure: bool) -> int:
    """1 beyond the limit; `DocumentError` for a limit that nothing could be held to."""
    if limit is not None and not found.rows:
        raise DocumentError("nothing could be compared, so --fail-over has nothing to judge")
    return int(any(beyond(row, limit, sure=sure) for row in found.rows))


def _table(rows: Sequence[Row], limit: float | None, *, sure: bool) -> str:
    from tabulate import tabulate

    cells = [
        [
            plain(kwh_per_1k(row.before)),
            plain(kwh_per_1k(row.after)),
            f"{row.ratio.ratio:.3f}",
            f"[{row.ratio.low:.3f}, {row.ratio.high:.3f}]",
            "OVER" if beyond(row, limit, sure=sure) else "",
            line(row.label),
        ]
        for row in rows
    ]
    align = ("right", "right", "right", "left", "left", "left")
    return tabulate(cells, headers=HEADERS, tablefmt="plain", colalign=align, disable_numparse=True)


def _pairs(a: Sequence[Level], b: Sequence[Level]) -> list[tuple[Level, Level]]:
    """Levels of one measurement: those of one machine together, what is left each with each."""
    found = []
    for name in sorted({level.label for level in a} & {level.label for level in b}):
        ours = [level for level in a if level.label == name]
        theirs = [level for level in b if level.label == name]
        for before in list(ours):
            same = [level for level in theirs if level.profile == before.profile]
            if same:
                found.append((before, same[0]))
                ours.remove(before)
                theirs.remove(same[0])
        found += [(before, after) for before in ours for after in theirs]
    return found


def _obstacle(before: Level, after: Level, across_machines: bool) -> str | None:
    """Why two levels are not compared."""
    for side, level in (("A", before), ("B", after)):
        if level.problem is not None:
            return f"{side}: {level.problem}"
    assert before.profile is not None
    assert after.profile is not None
    if before.profile != after.profile and not across_machines:
        return (
            f"other machine: A on {machine_line(before.profile.as_dict())}; B on "
            f"{machine_line(after.profile.as_dict())}; to compare all the same: --across-machines"
        )
    if before.source != after.source:
        return f"A is {before.source}, B is {after.source}"
    newest = max(after.runs, key=lambda run: run.time)
    if not comparable(newest, before.runs):
        latest = max(before.runs, key=lambda run: run.time)
        return f"inputs changed: {', '.join(changed_inputs(newest, latest))}"
    return None


def _row(before: Level, after: Level) -> Row:
    newest = max(after.runs, key=lambda run: run.time)
    old, new = comparable(newest, before.runs), comparable(newest, after.runs)
    remarks = []
    if before.profile != after.profile:
        remarks.append("across machines: two sensors can differ by 5 % and more by themselves")
    elif other_card(newest, old[0]):
        remarks.append("other card of the same model: sensors can differ by 5 % by themselves")
    remarks += [
        f"its test failed in {side}, so its figure may be of something else"
        for side, level in (("A", before), ("B", after))
        if level.failed
    ]
    if after.source == "estimated":
        remarks.append("estimated, not measured")
    return Row(after.label, _level(old), _level(new), level_ratio(old, new), tuple(remarks))


def _level(runs: Sequence[Run]) -> float:
    return math.exp(mean(levels(sessions(runs), lambda run: run.log_joules)))
