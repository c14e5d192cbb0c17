"""One device as a Prometheus server has scraped it: its series joined to one timeline.

A scrape shows what the exporter held just then, which may be older. So a counter's tick is a scrape
that brought a new value, and where scrapes repeat a value, the exporter is the slower of the two
and the tick is told no better than to the time between two scrapes.

Labels of a series change when a pod restarts; where a label names the card, all series of it are
one counter, taken from one series as long as that lives, so that nothing is counted twice.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import combinations
from statistics import median
from types import MappingProxyType
from typing import Final

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.nvml.gpu import hashed
from pytest_inferenergy.meters.prometheus.answer import Series
from pytest_inferenergy.meters.prometheus.overlap import check, one_counter, read_twice
from pytest_inferenergy.meters.prometheus.source import ENERGY_METRIC, Source
from pytest_inferenergy.meters.samples import ABSURD
from pytest_inferenergy.meters.timeline import Timeline

CARD_LABELS: Final = ("UUID", "uuid", "gpu_uuid")
"""Labels that name a card; the first is DCGM exporter's."""
GAP: Final = 2.5
"""A pause longer than this many usual distances lacks a scrape."""
REMEMBERED: Final = 64
"""Ticks by which the usual distance is known."""
MOST_WATTS: Final = 5e3
"""No single card draws as much; a counter of one that grew faster has jumped."""
UNIFORM: Final = 1 / math.sqrt(12)
"""Standard deviation of an instant that may lie anywhere in a second."""


def device_key(series: Series) -> str:
    """What tells a device from others: the card where a label names it, else all labels."""
    for label in CARD_LABELS:
        if series.labels.get(label):
            return series.labels[label]
    return repr(labels_of(series))


def labels_of(series: Series) -> tuple[tuple[str, str], ...]:
    """What tells a series from others."""
    return tuple(sorted(series.labels.items()))


def since_reset(series: Series) -> Series:
    """A counter's series from the last time that it began anew."""
    values = [value for _, value in series.samples]
    begins = [i for i in range(1, len(values)) if values[i] < values[i - 1]]
    return Series(series.labels, series.samples[begins[-1] :]) if begins else series


def by_device(
    found: Iterable[Series], same: Mapping[str, str | None] = MappingProxyType({})
) -> dict[str, list[Series]]:
    """Series by their device; those without a number are left out.

    ``same``: keys that stand for another's device, or for none.
    """
    devices: dict[str, list[Series]] = {}
    for series in found:
        key = device_key(series)
        found_as = same.get(key, key)
        if series.samples and found_as is not None:
            devices.setdefault(found_as, []).append(series)
    return devices


def same_devices(found: Iterable[Series]) -> dict[str, str | None]:
    """Keys of series that are another's counter once more, with that one's, for `by_device`.

    Cards are told by their label alone. Raises `MeterError` where series overlap otherwise.
    """
    others = {
        key: group[0]
        for key, group in by_device(found).items()
        if not any(group[0].labels.get(label) for label in CARD_LABELS)
    }
    same: dict[str, str | None] = {}
    for (one, its), (other, others_own) in combinations(sorted(others.items()), 2):
        if one in same or other in same:
            continue
        if one_counter(its, others_own):
            same[other] = one
        elif read_twice(its.labels, others_own.labels):
            same[other] = None
        elif read_twice(others_own.labels, its.labels):
            same[one] = None
    check(series.labels for key, series in others.items() if key not in same)
    return same


class ScrapedDevice:
    """Follows one device; instants are the server's."""

    def __init__(self, key: str, source: Source) -> None:
        self.identity = hashed(key)
        self.labels: Mapping[str, str] = {}
        self._source = source
        self._timeline = Timeline()
        self._followed: tuple[tuple[str, str], ...] | None = None
        self._seen = -math.inf
        self._value = -math.inf
        self._distances: deque[float] = deque(maxlen=REMEMBERED)
        self._tick = -math.inf
        self._repeats = False
        self._gaps: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self.fault: MeterError | None = None
        """Why nothing can be told of what comes after the newest tick."""

    @property
    def seen(self) -> float:
        """The newest scrape."""
        return self._seen

    @property
    def moved(self) -> float:
        """The newest scrape that brought a new value."""
        return self._tick

    @property
    def sampling_interval(self) -> float:
        """Usual distance of new values, seconds; not a number while there are fewer than two."""
        return median(self._distances) if len(self._distances) >= 2 else math.nan

    @property
    def told(self) -> float:
        """Up to when the energy is known: the newest tick."""
        span = self._timeline.span
        return -math.inf if span is None else span[1]

    def follow(self, found: list[Series], doubt: float) -> None:
        """Take what was scraped; ``doubt``: standard error of the server's clock, seconds."""
        self._choose(found)
        for series in found:
            if labels_of(series) == self._followed:
                for time, value in series.samples:
                    if time > self._seen:
                        self._add(time, value, doubt)

    def _choose(self, found: list[Series]) -> None:
        """Stay with the series that is followed; move on to the newest when it has ended."""
        newest = max(found, key=lambda series: (series.samples[-1][0], labels_of(series)))
        last = {labels_of(series): series.samples[-1][0] for series in found}
        ours = last.get(self._followed, -math.inf) if self._followed else -math.inf
        patience = (
            GAP * self.sampling_interval
            if self._distances and not math.isnan(self.sampling_interval)
            else 0.0
        )
        if newest.samples[-1][0] > ours + patience:
            self._followed = labels_of(newest)
            self.labels = newest.labels

    def _add(self, time: float, value: float, doubt: float) -> None:
        before, self._seen = self._seen, time
        self.fault = self.fault or self._problem(time, value)
        if self.fault is not None:
            return
        if value == self._value and not self._source.is_power:
            self._repeats = True
            return
        if self._tick > -math.inf:
            distance = time - self._tick
            if distance > GAP * self.sampling_interval:
                self._gaps.append((self._tick, time))
            self._distances.append(distance)
        self._value, self._tick = value, time
        figure = self._source.scale * value
        if self._source.is_power:
            self._timeline.extend(samples=[(time, figure)])
        else:
            stale = UNIFORM * (time - before) if self._repeats else 0.0
            self._timeline.extend(ticks=[(time, figure)], blur=math.hypot(stale, doubt))

    def _problem(self, time: float, value: float) -> MeterError | None:
        """What makes the energy up to this scrape unknown."""
        if abs(self._source.scale * value) >= ABSURD:
            return MeterError(f"{self.name} is {value:g}, which no device can reach")
        if self._source.is_power:
            if value < 0:
                return MeterError(f"{self.name}: a negative power was scraped")
            return None
        if value < self._value:
            return self._began_anew()
        grown = self._source.scale * (value - self._value)
        if self._source.metric == ENERGY_METRIC and grown > MOST_WATTS * (time - self._tick):
            return MeterError(f"{self.name} jumped by {grown:.3g} J at once", "counter_jump")
        return None

    def _began_anew(self) -> MeterError:
        if self._source.metric == ENERGY_METRIC:
            return MeterError(
                f"{self.name} went back during the measurement: its node or driver restarted, and "
                "the energy since is not known",
                "counter_back",
            )
        return MeterError(  # how far it counts is not told
            f"{self.name} began anew during the measurement: it reached the end of its range, or "
            "its exporter or node restarted, and the energy since is not known",
            "counter_back",
        )

    @property
    def name(self) -> str:
        """The device in words."""
        where = self.labels.get("Hostname") or self.labels.get("instance")
        card = self.labels.get("gpu")
        place = "" if where is None else f" at {where}" + ("" if card is None else f", GPU {card}")
        return f"{self._source.metric}{place}"

    def check(self, start: float, end: float) -> None:
        """Raise `MeterError` for a window about which nothing can be said."""
        if self.fault is not None and end > self._tick:
            raise self.fault
        if end - start < 2 * self.sampling_interval:
            raise MeterError(
                f"a window of {end - start:.1f} s is too short for {self.name}, which brings a new "
                f"value each {self.sampling_interval:.1f} s: let the test repeat its work "
                "(energy.run), or shorten the scrape interval",
                "too_short",
            )
        if any(gap[0] <= start and end <= gap[1] for gap in self._gaps):
            raise MeterError(f"{self.name} was not scraped during a window", "scrape_gap")

    def energy(self, start: float, end: float) -> Energy:
        """Joules between two instants; `MeterError` where the scrapes do not reach."""
        self.check(start, end)
        try:
            return self._timeline.energy_between(start, end)
        except ValueError as error:
            raise MeterError(f"{self.name} was not scraped all through a window: {error}") from None

    def has_gap(self, start: float, end: float) -> bool:
        """Whether a scrape is missing at one of the two instants."""
        return any(gap[0] < t < gap[1] for gap in self._gaps for t in (start, end))

    def forget(self, before: float) -> None:
        """Drop what was scraped before an instant."""
        self._timeline.forget(before)
