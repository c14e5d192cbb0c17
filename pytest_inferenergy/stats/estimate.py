"""From the windows of one run to an estimate with its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.stats import line, series, student
from pytest_inferenergy.stats.runs import Run

HOST_BOUND_SD = 0.015
"""Windows that wander by less than this are calm, whatever the cause."""
HOST_BOUND_SHARE = 0.5
"""Share of the windows' variance that pace must explain."""
MOSTLY_WAITING = 0.5
"""Waiting power over mean power from which a card mostly waits: a busy card whose windows have a
hiccup is not host-bound."""

SPREAD_SECONDS = 1.0
"""Time scale of `Estimate.window_sd`, seconds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one run says of one workload; statistics in natural logarithms. Unknown is ``None``."""

    log_joules: float
    """Mean over windows of ln(joules per inference)."""
    stderr: float
    """Standard error of ``log_joules`` within this run: batch means, never below the meter's."""
    degrees: float
    """Degrees of freedom of ``stderr``; infinite where only the meter's error is known."""
    window_sd: float | None
    """Standard deviation of ln(joules per inference) over windows, or over so many neighbouring
    ones as make up a second where they are shorter; ``None``: one window."""
    log_seconds: float
    """Mean over windows of ln(seconds per inference)."""
    windows: int
    window_seconds: float
    """Mean length of a window, seconds."""
    waiting_watts: float | None
    """Slope of joules over seconds across windows, watts; ``None``: not identified."""
    waiting_watts_stderr: float | None
    pace_share: float | None
    """Share of the windows' variance that the pace explains (R² of that line)."""

    @classmethod
    def from_windows(
        cls,
        joules_per_inference: Sequence[float],
        seconds_per_inference: Sequence[float],
        window_seconds: Sequence[float],
        meter_stderr: Sequence[float],
        *,
        shared_stderr: float = 0.0,
    ) -> Estimate:
        """Estimate from windows in the order they were taken, one value a window each.

        ``meter_stderr`` is relative: the meter's standard error of a window's joules divided by
        those joules. ``shared_stderr``, relative too, is what all windows may be off by alike, so
        that more of them do not lessen it. Raises `ValueError` for anything but finite positive
        values.
        """
        _check(joules_per_inference, seconds_per_inference, window_seconds, meter_stderr)
        joules = [math.log(value) for value in joules_per_inference]
        seconds = [math.log(value) for value in seconds_per_inference]
        n = len(joules)
        several = n > 1
        meter = math.sqrt(math.fsum(value * value for value in meter_stderr)) / n
        error = series.mean_error(joules) if several else series.MeanError(0.0, math.inf)
        length = neighbours(window_seconds)
        slope = line.fit(joules_per_inference, seconds_per_inference)
        return cls(
            log_joules=series.mean(joules),
            stderr=math.hypot(max(error.stderr, meter), shared_stderr),
            degrees=error.degrees,
            window_sd=series.spread(joules, length) if several else None,
            log_seconds=series.mean(seconds),
            windows=n,
            window_seconds=series.mean(window_seconds),
            waiting_watts=slope.watts if slope else None,
            waiting_watts_stderr=slope.stderr if slope else None,
            pace_share=slope.share if slope else None,
        )

    @property
    def joules_per_inference(self) -> float:
        """Geometric mean over windows, joules."""
        return math.exp(self.log_joules)

    @property
    def seconds_per_inference(self) -> float:
        """Geometric mean over windows, seconds."""
        return math.exp(self.log_seconds)

    @property
    def host_bound(self) -> bool:
        """Whether windows wander, mostly with the host's pace, and the card mostly waits."""
        if self.window_sd is None or self.pace_share is None or self.waiting_watts is None:
            return False
        mean_watts = math.exp(self.log_joules - self.log_seconds)
        return (
            self.window_sd > HOST_BOUND_SD
            and self.pace_share >= HOST_BOUND_SHARE
            and self.waiting_watts >= MOSTLY_WAITING * mean_watts
        )

    def half_width(self, confidence: float = 0.99) -> float:
        """Half the interval's width on the log scale: t · stderr."""
        return student.quantile(0.5 + confidence / 2, self.degrees) * self.stderr

    def interval(self, confidence: float = 0.99) -> tuple[float, float]:
        """Two-sided interval of joules per inference: repeatability within this run.

        It says nothing of other runs, days or devices.
        """
        half = self.half_width(confidence)
        return student.ratio(self.log_joules - half), student.ratio(self.log_joules + half)

    def to_run(self, time: float, **facts: Any) -> Run:
        """The `Run` to compare and to store; ``facts`` are its remaining fields by name."""
        return Run(
            log_joules=self.log_joules,
            log_seconds=self.log_seconds,
            stderr=self.stderr,
            window_sd=self.stderr if self.window_sd is None else self.window_sd,
            windows=self.windows,
            window_seconds=self.window_seconds,
            time=time,
            waiting_watts=self.waiting_watts,
            waiting_watts_stderr=self.waiting_watts_stderr,
            **facts,
        )


def neighbours(window_seconds: Sequence[float]) -> int:
    """How many neighbouring windows make up a second, at least nine tenths of it.

    The spread of windows stands for that of runs where nothing else is known, and the evidence for
    that is from windows of a second (NVIDIA H200: 0.3 to 0.8 %, fresh processes 0.43 %). Shorter
    ones are noisier by what the meter misses at their edges, which the next window gets back.
    """
    return max(1, math.ceil(0.9 * SPREAD_SECONDS / series.mean(window_seconds)))


def _check(
    joules: Sequence[float],
    seconds: Sequence[float],
    lengths: Sequence[float],
    stderrs: Sequence[float],
) -> None:
    if not joules:
        raise ValueError("an estimate needs at least one window")
    if not len(joules) == len(seconds) == len(lengths) == len(stderrs):
        raise ValueError("joules, seconds, window lengths and meter errors differ in number")
    positive = {
        "joules per inference": joules,
        "seconds per inference": seconds,
        "window length": lengths,
    }
    for name, values in positive.items():
        for value in values:
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be finite and positive, not {value!r}")
    for value in stderrs:
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"meter error must be finite and not negative, not {value!r}")
