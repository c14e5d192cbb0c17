"""Sessions: the replicates of a stored baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pytest_inferenergy.deciding.run import Run
from pytest_inferenergy.deciding.series import mean

SESSION_SECONDS = 6 * 3600.0


def sessions(runs: Iterable[Run]) -> list[list[Run]]:
    """Group runs, oldest first: a session is what ran within 6 h of its first run.

    Counted from the first run and not from the latest one, so that runs every hour do not chain
    into one endless session that never becomes evidence.
    """
    groups: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.time):
        if groups and run.time - groups[-1][0].time < SESSION_SECONDS:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def levels(groups: Sequence[Sequence[Run]], value: Callable[[Run], float]) -> list[float]:
    """One mean a session of a value of its runs."""
    return [mean([value(run) for run in group]) for group in groups]
