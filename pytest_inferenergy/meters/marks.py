"""Cumulative energy at marked instants: what a counter that is read at the edges has told."""

from __future__ import annotations

from bisect import bisect_left
from math import sqrt
from typing import Final

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.energy import Energy

MOST_MARKS: Final = 50_000
"""Beyond this many the older half is dropped, whether or not somebody called `forget`."""


class Marks:
    """Rows of cumulative joules, one column a counter, in the order of time."""

    def __init__(self) -> None:
        self._instants: list[float] = []
        self._rows: list[tuple[float, ...]] = []
        self._gaps: list[str | None] = []

    def __len__(self) -> int:
        return len(self._instants)

    @property
    def newest(self) -> float:
        """The newest instant marked, seconds; minus infinity where none is."""
        return self._instants[-1] if self._instants else float("-inf")

    def add(self, instant: float, grown: tuple[float, ...], gap: str | None = None) -> None:
        """Mark an instant by the joules since the mark before.

        ``gap`` says why that energy is unknown; asking for a time that includes it is an error.
        """
        last = self._rows[-1] if self._rows else (0.0,) * len(grown)
        self._rows.append(tuple(sum(pair) for pair in zip(last, grown, strict=True)))
        self._instants.append(instant)
        self._gaps.append(gap)
        if len(self._instants) > MOST_MARKS:
            self.forget(self._instants[MOST_MARKS // 2])

    def between(self, start: float, end: float) -> tuple[Energy, ...]:
        """Joules between two instants, for each counter.

        The standard error is that of interpolation alone: 0 where both instants were marked.
        Raises `MeterError` outside the marks, across a gap, or when the end is not after the start.
        """
        if not end > start:
            raise MeterError(f"a window must end after it starts, not {start - end:.6f} s before")
        if not self._instants or start < self._instants[0]:
            raise MeterError("the window began before this meter's first mark that is still known")
        if end > self._instants[-1]:
            late = end - self._instants[-1]
            raise MeterError(f"the window ends {late:.3f} s after the newest mark: settle first")
        first, last = bisect_left(self._instants, start), bisect_left(self._instants, end)
        inner = first if self._instants[first] == start else first - 1
        for gap in self._gaps[inner + 1 : last + 1]:
            if gap is not None:
                raise MeterError(gap, "energy_gap")
        return tuple(
            Energy(high - low, sqrt(low_variance + high_variance))
            for (low, low_variance), (high, high_variance) in zip(
                self._at(start, first), self._at(end, last), strict=True
            )
        )

    def forget(self, before: float) -> None:
        """Drop the marks that no window from ``before`` on can need."""
        keep = bisect_left(self._instants, before)
        if keep < len(self._instants) and self._instants[keep] > before:
            keep -= 1  # the neighbour to interpolate from
        keep = max(0, min(keep, len(self._instants) - 1))
        del self._instants[:keep], self._rows[:keep], self._gaps[:keep]

    def _at(self, instant: float, index: int) -> list[tuple[float, float]]:
        """Cumulative joules and their variance at an instant; ``index`` is the mark from it on."""
        if self._instants[index] == instant:
            return [(joules, 0.0) for joules in self._rows[index]]
        before = self._instants[index - 1]
        share = (instant - before) / (self._instants[index] - before)
        # How the energy is spread over the time is unknown: at worst it all came at one moment,
        # before the instant or after it, and no error of mean zero can be larger than that.
        return [
            (low + share * (high - low), share * (1 - share) * (high - low) ** 2)
            for low, high in zip(self._rows[index - 1], self._rows[index], strict=True)
        ]
