"""One monotone energy curve from a coarse counter and fine power samples.

NVML's energy counter is absolute but moves in ticks of about 100 ms; its power samples are about
20 ms apart but carry a gain of their own. Joined, they tell the energy between any two instants:

* the samples, integrated, give the *shape*: each sample stands for the time since the one before;
* between two ticks the shape is scaled to the counter's step, so nothing drifts from the counter;
* a tick shows an instant of the samples' clock that lies a ``delay`` back. The delay differs by
  device and recording and is estimated from this recording (`fit`): it is the shift at which the
  steps of the shape match the steps of the counter best. A weak prior at 0 matters only where a
  steady load leaves the delay open, and there the delay does not matter.

Instants are in the counter's clock: at a tick the curve equals the counter. To ask about an instant
of the samples' clock, add `Timeline.delay`.

The standard error is found from the recording too: how badly the scaled samples miss the counter's
steps tells how far a point of the curve can be off (`Timeline._edge_variance`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.fit import Fit, fit
from pytest_inferenergy.meters.samples import Samples
from pytest_inferenergy.meters.ticks import Step, Ticks

__all__ = ["Energy", "Timeline"]

FIT_TICKS = 600
"""The fit is made from this many of the newest ticks, and `forget` keeps them."""
REFIT_EVERY = 50
"""New ticks after which the fit is made again; sooner while there are few."""
BEFORE_TICKS = 1.0
"""Samples are kept for so long before the oldest tick, seconds: more than any delay."""
KEPT_WITHOUT_TICKS = 2.0
"""What `forget` leaves before the instant where there are only samples, seconds."""
GAIN_DOUBT = 0.01
"""Relative error of samples without ticks around them: over bursts they have been 1 % off."""


class Timeline:
    """What a meter recorded; answers how many joules passed between two instants.

    ``ticks`` are (seconds, joules) pairs of the counter at its changes, ``samples`` (seconds,
    watts) pairs, both in order of time and one clock. Either may be empty: without samples the
    curve runs straight between ticks, without ticks it is the integral of the samples alone; the
    standard error says what that costs. Raises ``ValueError`` for numbers that are not finite, and
    for a counter that goes back.
    """

    def __init__(
        self,
        ticks: Iterable[tuple[float, float]] = (),
        samples: Iterable[tuple[float, float]] = (),
    ) -> None:
        self._ticks = Ticks()
        self._samples = Samples()
        self._fitted = Fit()
        self._fitted_at = 0  # how many ticks there had been
        self.extend(ticks, samples)

    # -- recording -----------------------------------------------------------------------------

    def extend(
        self,
        ticks: Iterable[tuple[float, float]] = (),
        samples: Iterable[tuple[float, float]] = (),
        *,
        blur: float = 0.0,
    ) -> None:
        """Append newer ticks and samples; ``blur``: to how many seconds these ticks are told."""
        for time, joules in ticks:
            self._ticks.add(float(time), float(joules), blur)
        for time, watts in samples:
            self._samples.add(float(time), float(watts))

    def forget(self, before: float) -> None:
        """Drop what lies before an instant; what the fit and the edges need stays, bounded."""
        self._ticks.forget(before, keep=FIT_TICKS)
        if len(self._ticks):
            self._samples.forget(self._ticks.first - BEFORE_TICKS)
        else:
            self._samples.forget(before - KEPT_WITHOUT_TICKS)

    @property
    def recorded(self) -> int:
        """How many ticks and samples are kept just now."""
        return len(self._ticks) + len(self._samples)

    # -- what can be asked ---------------------------------------------------------------------

    @property
    def delay(self) -> float:
        """Seconds by which the counter's ticks follow the samples, as estimated."""
        return self._fit().delay

    @property
    def gain(self) -> float:
        """Joules of the counter for each joule of the samples; near 1 on a healthy device."""
        return self._fit().gain

    @property
    def sensors_disagree(self) -> bool:
        """Whether counter and samples tell of different powers."""
        return self._fit().disagree

    @property
    def sampled_every(self) -> float | None:
        """Usual distance of the power samples, seconds; ``None`` while that is not known."""
        return self._samples.period

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last instant for which energy can be told, ``None`` while there is none."""
        told = self._ticks if len(self._ticks) else self._samples
        return (told.first, told.last) if len(told) >= 2 else None

    @property
    def settled(self) -> float:
        """Up to where what is told will not change: the last tick that the samples reach.

        Between later ticks the newest sample is held, and where the load has just ended that
        shapes the interval wrongly. Minus infinity while nothing can be told.
        """
        span = self.span
        if span is None:
            return -math.inf
        if not len(self._ticks) or len(self._samples) < 2:
            return span[1]
        settled = self._ticks.until(self._samples.last + self.delay)
        return -math.inf if settled is None else settled

    def energy_between(self, t0: float, t1: float) -> Energy:
        """Joules from ``t0`` to ``t1`` (seconds, counter's clock) and their standard error.

        The error has one part for each edge, and they are added as if independent: the curve
        meets the counter at every tick, so an error at one edge says nothing of the other.
        Raises ``ValueError`` where the recording does not reach.
        """
        if not t0 <= t1:
            raise ValueError(f"a window must end after it starts, got {t0} to {t1}")
        if not len(self._ticks):
            joules = self._samples.joules(t1) - self._samples.joules(t0)
            variance = self._samples.variance(t0, t1) + (GAIN_DOUBT * joules) ** 2
            return Energy(joules, math.sqrt(variance))
        joules = self._curve(t1) - self._curve(t0)
        if t0 == t1:
            return Energy(0.0, 0.0)
        return Energy(joules, math.sqrt(self._edge_variance(t0) + self._edge_variance(t1)))

    def course(self, instants: Sequence[float]) -> list[float]:
        """Joules from the first of some instants (counter's clock) to each of them.

        Raises ``ValueError`` where the recording does not reach.
        """
        told = self._curve if len(self._ticks) else self._samples.joules
        first = told(instants[0])
        return [told(instant) - first for instant in instants]

    # -- the curve -----------------------------------------------------------------------------

    def _curve(self, t: float) -> float:
        """What the counter would show at ``t``, had it no ticks, joules."""
        k = self._ticks.step_at(t)
        if k is None:
            tick, joules = self._ticks.end(first=t < self._ticks.first)
            return joules + self.gain * self._shape(tick, t)
        step = self._ticks.step(k)
        share = step.share(t)
        if self._is_shaped(step):
            whole = self._shape(step.start, step.end)
            if whole > 0:
                share = self._shape(step.start, t) / whole
        return step.base + share * step.joules

    def _is_shaped(self, step: Step) -> bool:
        return self._samples.tell(step.start - self.delay, step.end - self.delay)

    def _shape(self, tick: float, t: float) -> float:
        """Joules of the samples from a tick to ``t``, both in the counter's clock."""
        if t == tick:
            return 0.0
        try:
            return self._samples.joules(t - self.delay) - self._samples.joules(tick - self.delay)
        except ValueError:
            raise ValueError(
                f"the recording runs from {self._ticks.first:.6f} to {self._ticks.last:.6f} s; "
                f"{t:.6f} s is outside"
            ) from None

    # -- how sure ------------------------------------------------------------------------------

    def _edge_variance(self, t: float) -> float:
        """Variance of the curve at one instant, J^2.

        The misfit of the whole recording (ticks noticed late, samples that do not add up), and

        * where samples tell the shape: power that changes within the sample around the edge, and
          the doubt about the delay, which matters as power at the ticks differs from the mean;
        * where they have a gap: the step may have come in any course. A load switched once errs
          by at most E u (1 - u) for a point a share u into a step of E joules;
        * where there are none: the same, but power stays within what the steps show of it, and
          the misfit is that of straight lines;
        * beyond the ticks: the samples' own gain;
        * what the recorder itself says of the ticks around.
        """
        fitted = self._fit()
        k = self._ticks.step_at(t)
        if k is None:
            tick, _ = self._ticks.end(first=t < self._ticks.first)
            return fitted.misfit**2 + (GAIN_DOUBT * self._shape(tick, t)) ** 2
        step = self._ticks.step(k)
        bend = step.share(t) * (1.0 - step.share(t))
        variance = (step.blur * step.watts) ** 2
        if not self._is_shaped(step):
            swing = max(self._ticks.range_near(k), fitted.unrest) * (step.end - step.start)
            return variance + fitted.rough**2 + (swing * bend) ** 2
        variance += fitted.misfit**2 + self._samples.edge_variance(t - fitted.delay)
        before, after = (self._samples.watts(x - fitted.delay) for x in (step.start, step.end))
        off_mean = before + step.share(t) * (after - before) - fitted.watts
        variance += (fitted.delay_doubt * off_mean) ** 2
        if self._samples.have_gap(step.start - fitted.delay, step.end - fitted.delay):
            variance += (step.joules * bend) ** 2
        return variance

    # -- the fit of samples to ticks -----------------------------------------------------------

    def _fit(self) -> Fit:
        """The fit, made again when enough ticks have come."""
        due = self._fitted_at + min(REFIT_EVERY, 1 + self._fitted_at // 4)
        if self._ticks.added >= due and len(self._ticks) >= 2:
            self._fitted_at = self._ticks.added
            ticks, joules = self._ticks.newest(FIT_TICKS)
            self._fitted = fit(ticks, joules, *self._samples.since(ticks[0] - BEFORE_TICKS))
        return self._fitted
