"""One fresh run against stored ones: the change of the total energy."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_inferenergy.deciding.between import mean_error, stored_levels
from pytest_inferenergy.deciding.change import Change
from pytest_inferenergy.deciding.margins import Margins
from pytest_inferenergy.deciding.run import Run
from pytest_inferenergy.deciding.screen import change_of


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
