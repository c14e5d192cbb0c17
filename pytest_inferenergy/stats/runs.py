"""What one process measured of one workload: the unit of replication of a stored baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_inferenergy.stats.series import mean


@dataclass(frozen=True, slots=True)
class Run:
    """One run's summary. Unknown is ``None``.

    The statistics are on the log scale, in natural logarithms (statistics: ratio becomes
    difference).
    """

    log_joules: float
    """Mean over windows of ln(joules per inference)."""
    log_seconds: float
    """Mean over windows of ln(seconds per inference): the pace."""
    stderr: float
    """Standard error of ``log_joules`` within this run, by batch means."""
    window_sd: float
    """Standard deviation of ln(joules per inference) over windows, or over so many neighbouring
    ones as make up a second where they are shorter; of one window alone the spread cannot be
    known, and the meter's relative standard error stands here."""
    windows: int
    window_seconds: float
    """Mean length of a window, seconds."""
    time: float
    """When the run ended, Unix seconds; runs less than 6 h apart are one session."""
    waiting_watts: float | None = None
    """Slope of joules over seconds across windows, watts: power while waiting for the host."""
    waiting_watts_stderr: float | None = None
    idle_watts: float | None = None
    """Power of the device(s) at rest with their context open, watts; of what is gated."""
    inferences_per_call: int = 1
    concurrency: int = 1
    tokens_per_inference: float | None = None
    """Mean over all windows."""
    device: str | None = None
    """Hashed identity of the card(s)."""
    input_digest: str | None = None
    locked_clock_mhz: int | None = None
    driver: str | None = None
    power_limit_watts: float | None = None
    sm_clock_mhz: float | None = None
    temperature_c: float | None = None
    throttle_reasons: int | None = None
    commit: str | None = None
    description: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """What the workload says of itself, e.g. ``{"model": "distilgpt2", "batch_size": 1}``."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Versions of the libraries loaded by the test, e.g. ``{"torch": "2.13.0"}``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of Python and of every other package imported, by import name."""


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
