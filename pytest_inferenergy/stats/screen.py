"""The rule of one new run against stored sessions: which prior decides at which number of them.

The priors were chosen by simulation (`benchmarks/worlds.py`): normal differences between runs of
0.15 to 3.2 % (sd, as six workloads had on one GPU), 5 and 10 % as margins. False alarms at the
tolerance stay below 1 in 1,000 from one session on, wrong passes at must_detect below 1 in 100 from
two on, and each further session finds as much as the one before, or more.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_inferenergy.stats.change import Bound, Change
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.stored_levels import Prior, StoredLevels, mean_error, stored_levels

FEW = (Prior(4.0, 0.015), Prior(4.0, 0.0175), Prior(4.0, 0.02))
"""With one, two and three sessions the prior convicts alone."""
PLAIN = Prior(0.0, 0.0, floor=0.005)
"""Student's t: what the stored sessions themselves show, 0.5 % at least."""
MANY = {4: Prior(4.0, 0.0175), 5: Prior(4.0, 0.02)}
MOST = Prior(4.0, 0.0225)
"""From four sessions on two tests share α: plain t, sharp on calm work, and a prior, which is sharp
where a few sessions differ much."""
WIDE_MARGIN = 0.08
"""Below this must_detect only plain t passes: a step of the machine by 4 % would pass +4 %."""


def convicting(sessions: int) -> tuple[Prior, ...]:
    """The priors that may say ``regressed``, which share α."""
    if sessions <= len(FEW):
        return (FEW[sessions - 1],)
    return PLAIN, MANY.get(sessions, MOST)


def acquitting(stored: StoredLevels, must_detect: float) -> Prior:
    """The prior that may say ``passed`` and ``improved``.

    With one session that is an assumption, of runs that differ by 1.5 %: where they differ by more
    than 2.4 % the promise of 1 wrong pass in 100 does not hold. Of work that waits for its host one
    session says nothing: there one degree of freedom makes the bound too wide to pass.
    """
    if stored.sessions == 1:
        return Prior(1.0, FEW[0].sd) if stored.least else FEW[0]
    if must_detect < WIDE_MARGIN:
        return PLAIN
    return Prior(3.0, 0.02) if stored.sessions == 2 else Prior(1.0, 0.01)


def change_of(new: float, stored: StoredLevels, own: float, margins: Margins) -> Change:
    """The change of a new run's level (log scale; ``own``: its standard error) with its bounds."""
    priors = convicting(stored.sessions)
    alpha, beta = margins.alpha / len(priors), margins.beta
    passing = acquitting(stored, margins.must_detect)
    return Change(
        log_ratio=new - stored.level,
        below=tuple(Bound(*stored.spread(prior, own), alpha) for prior in priors),
        above=Bound(*stored.spread(passing, own), beta),
        margins=margins,
    )


def total_change(new: Run, baseline: Sequence[Run], margins: Margins) -> Change:
    """Change of joules per inference; its verdict by the two margins."""
    stored = stored_levels(new, baseline)
    return change_of(new.log_joules, stored, mean_error(new, baseline), margins)


def check(run: Run) -> None:
    """Raise `ValueError` for a run whose figures cannot be computed with."""
    figures = {
        "log_joules": run.log_joules,
        "log_seconds": run.log_seconds,
        "stderr": run.stderr,
        "window_sd": run.window_sd,
        "time": run.time,
    }
    for name, value in figures.items():
        if not abs(value) < _LARGEST:
            raise ValueError(f"{name} of a run must be finite, not {value!r}")
    for name in ("stderr", "window_sd"):
        if figures[name] < 0:
            raise ValueError(f"{name} of a run must not be negative, not {figures[name]!r}")
    if run.windows < 1:
        raise ValueError(f"a run has at least one window, not {run.windows}")


_LARGEST = 1e15
