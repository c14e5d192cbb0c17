"""The meter ``prometheus:URL``: a deployment through the exporters that clusters already run.

Energy counters (DCGM exporter's, or any other by a selector) are scraped every few seconds by a
Prometheus server, which is asked for the raw samples with their true scrape times. Between scrapes
the curve runs straight, so a window must be several scrapes long (`grain`).

Whole devices are counted: idle ones, and what other tenants do on them, too. A scrape tells nothing
of who worked, so every figure carries ``contention_unknown``.
"""

from __future__ import annotations

import math
import threading
from typing import Final

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import DeviceState, MeterProfile, Reading
from pytest_inferenergy.meters.prometheus.answer import Series
from pytest_inferenergy.meters.prometheus.clock import ServerClock
from pytest_inferenergy.meters.prometheus.device import (
    ScrapedDevice,
    by_device,
    same_devices,
    since_reset,
)
from pytest_inferenergy.meters.prometheus.overlap import series_name
from pytest_inferenergy.meters.prometheus.server import Server, ServerAwayError
from pytest_inferenergy.meters.prometheus.source import DCGM, Source

HISTORY: Final = 600.0
"""How much of the past is asked for at first, seconds."""
OVERLAP: Final = 10.0
"""What is asked for again each time, seconds: a scrape that took long comes late."""
CLOCK_SECONDS: Final = 10.0
"""The server's clock is asked for this often."""
FEWEST_TICKS: Final = 3
PATIENCE: Final = 6.0
"""A device that brings nothing new for so many usual distances is lost."""
LEAST_PATIENCE: Final = 10.0
START_SECONDS: Final = 90.0
"""How long to wait for the first scrapes of an exporter that has just begun."""


class PrometheusMeter:
    """All devices that a selector matches, over any number of nodes.

    Nothing runs between the questions, which are asked between windows. Raises `MeterError` where
    the server does not answer, or nothing matches.
    """

    name = "prometheus"

    def __init__(self, url: str, source: Source | None = None) -> None:
        self._server = Server(url)
        self._clock = ServerClock()
        self._asked = self._clock_asked = -math.inf
        self._away: tuple[float, ServerAwayError] | None = None
        self._devices: dict[str, ScrapedDevice] = {}
        self._same: dict[str, str | None] = {}
        self._is_spoiled = False
        self._begun = -math.inf
        """The newest scrape when the devices were chosen."""
        self._interrupted = threading.Event()
        try:
            self._ask_clock()
            self._source, found = self._first_found((source,) if source else DCGM)
        except BaseException:
            self.close()
            raise
        self._choose(found)

    def _first_found(self, sources: tuple[Source, ...]) -> tuple[Source, tuple[Series, ...]]:
        for source in sources:
            found = self._server.samples(source.selector, HISTORY)
            if any(series.samples for series in found):
                return source, found
        names = " nor ".join(source.selector for source in sources)
        raise MeterError(
            f"{self._server.name} has no series of {names} in the latest {HISTORY / 60:g} minutes; "
            "name the counter in the ini key energy_prometheus"
        )

    # -- what the measuring side asks ----------------------------------------------------------

    @property
    def sampling_interval(self) -> float:
        """Seconds between new values, of the slowest device; 0 while it is not known."""
        known = [
            d.sampling_interval
            for d in self._devices.values()
            if not math.isnan(d.sampling_interval)
        ]
        return max(known, default=0.0)

    def attach(self) -> None:
        """Wait until each device has been scraped often enough to tell how often that is."""
        self._interrupted.clear()
        if self._is_spoiled:  # what was lost, or has joined, is a matter of the measurement before
            self._choose(self._server.samples(self._source.selector, HISTORY))
        deadline = time.perf_counter() + START_SECONDS
        while any(math.isnan(device.sampling_interval) for device in self._devices.values()):
            if time.perf_counter() > deadline:
                name = next(
                    d.name for d in self._devices.values() if math.isnan(d.sampling_interval)
                )
                raise MeterError(f"{name} brought no {FEWEST_TICKS} new values in {HISTORY:g} s")
            self._pause(0.25)
            self._poll()

    def profile(self) -> MeterProfile:
        """Model and number of the devices, by DCGM exporter's labels or the metric's name."""
        labels = [device.labels for device in self._devices.values()]
        models = {found.get("modelName") or self._source.metric for found in labels}
        drivers = {found.get("DCGM_FI_DRIVER_VERSION") for found in labels}
        driver = drivers.pop() if len(drivers) == 1 else None
        return MeterProfile(
            self.name,
            " + ".join(sorted(models)),
            len(labels),
            driver=driver,
            added_up=tuple(sorted(map(series_name, labels))),
        )

    def edge(self) -> float:
        """The present instant."""
        return time.perf_counter()

    def covered(self) -> float:
        """The newest value of the device that is furthest behind."""
        self._poll()
        return self._clock.local(min(device.told for device in self._devices.values()))

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:  # noqa: ARG002
        """Wait for the first scrape after ``instant`` of each device; a lost one ends that."""
        deadline = time.perf_counter() + 2 * self._patience
        while self.covered() < instant:
            if time.perf_counter() > deadline:
                raise MeterError(
                    f"{self._server.name} told no energy up to the end of the window for "
                    f"{2 * self._patience:.0f} s",
                    "meter_silent",
                )
            self._pause(min(max(0.1 * self.sampling_interval, 0.05), 1.0))

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """Energy between two edges, one reading a device."""
        since, until = self._clock.server(start), self._clock.server(end)
        return tuple(self._reading(d, since, until) for d in self._devices.values())

    def _reading(self, device: ScrapedDevice, since: float, until: float) -> Reading:
        energy = device.energy(since, until)
        gap = device.has_gap(since, until)
        return Reading(
            component=self._source.component,
            source="measured",
            joules=energy.joules,
            stderr=energy.stderr,
            device=device.identity,
            state=DeviceState(),  # who worked on it is not known
            flags=frozenset({"scrape_gap"} if gap else ()),
        )

    def forget(self, before: float) -> None:
        """Drop what was scraped before an instant."""
        for device in self._devices.values():
            device.forget(self._clock.server(before))

    def interrupt(self) -> None:
        """Have whoever waits in another thread give up."""
        self._interrupted.set()

    def close(self) -> None:
        """Drop the connections."""
        self._server.close()

    # -- asking the server ---------------------------------------------------------------------

    def _pause(self, seconds: float) -> None:
        if self._interrupted.wait(seconds):
            raise MeterError("the measurement was cancelled")

    def _poll(self) -> None:
        """Ask for what is new, unless that was done just before."""
        now = time.perf_counter()
        if now - self._asked < min(max(0.1 * self.sampling_interval, 0.05), 1.0):
            return
        self._asked = now
        try:
            if now - self._clock_asked > CLOCK_SECONDS:
                self._ask_clock()
            seen = min(device.seen for device in self._devices.values())
            since = self._clock.server(now) - seen + OVERLAP
            found = self._server.samples(self._source.selector, since)
        except ServerAwayError as error:
            began = now if self._away is None else self._away[0]
            self._away = began, error
            if now - began > self._patience:
                raise
            return
        self._away = None
        try:
            self._take(found)
            self._check_alive(now)
        except MeterError:
            self._is_spoiled = True
            raise

    @property
    def _patience(self) -> float:
        if any(math.isnan(device.sampling_interval) for device in self._devices.values()):
            return START_SECONDS
        return max(LEAST_PATIENCE, PATIENCE * self.sampling_interval)

    def _ask_clock(self) -> None:
        for _ in range(3):
            self._clock.observe(*self._server.time())
        self._clock_asked = time.perf_counter()

    def _choose(self, found: tuple[Series, ...]) -> None:
        """Take the devices that are scraped now, with what is known of their past."""
        doubt = self._clock.doubt(time.perf_counter())
        self._devices, self._is_spoiled = {}, False
        self._same = same_devices(found)
        for key, series in by_device(found, self._same).items():
            device = ScrapedDevice(key, self._source)
            device.follow(series if self._source.is_power else [*map(since_reset, series)], doubt)
            self._devices[key] = device
        self._begun = max((device.seen for device in self._devices.values()), default=-math.inf)
        oldest = self._begun - max(LEAST_PATIENCE, PATIENCE * self.sampling_interval)
        self._devices = {k: d for k, d in self._devices.items() if d.seen >= oldest}
        if not self._devices:
            raise MeterError(
                f"{self._server.name} has no series of {self._source.selector} any more",
                "series_lost",
            )

    def _take(self, found: tuple[Series, ...]) -> None:
        """Add what is new; `MeterError` where a device has joined."""
        doubt = self._clock.doubt(time.perf_counter())
        for key, series in by_device(found, self._same).items():
            if key in self._devices:
                self._devices[key].follow(series, doubt)
            elif (newest := max(s.samples[-1][0] for s in series)) > self._begun:
                joined = ScrapedDevice(key, self._source)
                joined.follow(series, doubt)
                raise MeterError(
                    f"another device joined during the measurement ({joined.name}, scraped at "
                    f"{newest:.0f}): hold the number of nodes still, or pin the devices by labels "
                    "in energy_prometheus",
                    "device_joined",
                )

    def _check_alive(self, now: float) -> None:
        """Raise `MeterError` for a device of which nothing more can be told."""
        limit = self._clock.server(now) - self._patience
        for device in self._devices.values():
            if device.fault is not None:
                raise device.fault
            if device.seen < limit:
                raise MeterError(
                    f"{device.name} is not scraped any more: its exporter or its node is gone",
                    "series_lost",
                )
            if device.moved < limit:
                raise MeterError(
                    f"{device.name} is scraped, but its counter stands still: leave it out by "
                    "labels in energy_prometheus if it does not count",
                    "counter_frozen",
                )
