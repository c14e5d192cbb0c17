"""The processor's own energy counters (RAPL), read at the edges through Linux powercap."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable, Sequence
from math import hypot, sqrt
from pathlib import Path
from typing import Final

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters.base import MeterProfile, Reading
from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.marks import Marks
from pytest_inferenergy.meters.rapl import powercap
from pytest_inferenergy.meters.rapl.mirrors import without_mirrors
from pytest_inferenergy.meters.rapl.powercap import Zone

PERIOD: Final = 1e-3
"""Seconds between updates of a counter, about (Intel SDM vol. 3B, RAPL interfaces; AMD alike)."""
EDGE_SPREAD: Final = PERIOD / sqrt(6)
"""Each edge sees a count up to one period old, evenly so: standard deviation period/√12; the
difference of two edges has √2 times that."""
MOST_WATTS: Final = {"cpu": 1000.0, "ram": 300.0}
"""More than one socket, or its memory, can draw."""
SLACK: Final = 0.1
"""Seconds by which a plausible growth may outrun the clock: a late update, a suspended clock."""
FROZEN_AFTER: Final = 0.05
"""A counter that did not move for this long, seconds, does not count."""


class RaplMeter:
    """CPU packages and their DRAM. Nothing runs between the edges.

    Raises `MeterError` where there is no counter, it may not be read, or it stands still.
    """

    name = "rapl"

    def __init__(
        self,
        root: Path = powercap.ROOT,
        *,
        cpuinfo: Path = Path("/proc/cpuinfo"),
        now: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        found = powercap.find(root)
        if found.problem is not None:
            raise AbsentError(found.problem)
        self._now = now
        self._sleep = sleep
        self._cpu = cpu_model(cpuinfo)
        self._handles: dict[Zone, int] = {}
        self._marks = Marks()
        self._raw: list[int] = []
        try:
            for zone in found.zones:
                self._handles[zone] = os.open(zone.path, os.O_RDONLY)
            zones = without_mirrors(found.zones, self._read, now, sleep)
            self._idle = self._watts_now(zones)
        except OSError as error:
            self.close()
            raise MeterError(f"rapl: a counter cannot be opened: {error}") from error
        except BaseException:
            self.close()
            raise
        self._zones = tuple(self._idle)
        self.edge()

    def attach(self) -> None:
        """Nothing to choose: the counters are those of the whole machine."""

    def profile(self) -> MeterProfile:
        """CPU model and number of sockets."""
        return MeterProfile("rapl", self._cpu, len({zone.socket for zone in self._zones}))

    def edge(self) -> float:
        """Read the counters now."""
        instant = self._now()
        raw = [self._read(zone) for zone in self._zones]
        if not self._raw:
            self._marks.add(instant, (0.0,) * len(raw))
        else:
            self._mark(instant, raw)
        self._raw = raw
        return instant

    def covered(self) -> float:
        """The newest edge."""
        return self._marks.newest

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        """Wait for an instant that is still to come, and mark it."""
        if self.covered() >= instant:
            return
        wait = instant - self._now()
        if wait > timeout:
            raise MeterError(f"rapl: asked to wait {wait:.1f} s for an instant still to come")
        if wait > 0:
            self._sleep(wait)
        self.edge()

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """Energy between two edges, one reading a counter."""
        energies = self._marks.between(start, end)
        return tuple(
            self._reading(zone, energy, end - start)
            for zone, energy in zip(self._zones, energies, strict=True)
        )

    def forget(self, before: float) -> None:
        """Drop the edges before an instant."""
        self._marks.forget(before)

    def close(self) -> None:
        """Close the counters' files."""
        while self._handles:
            os.close(self._handles.popitem()[1])

    def _mark(self, instant: float, raw: list[int]) -> None:
        elapsed = instant - self._marks.newest
        joules, lost = [], None
        for zone, before, after in zip(self._zones, self._raw, raw, strict=True):
            step = growth(before, after, zone.range_uj, MOST_WATTS[zone.component], elapsed)
            joules.append(step or 0.0)
            if step is None:
                lost = _lost(zone, elapsed)
        self._marks.add(instant, tuple(joules), lost)

    def _reading(self, zone: Zone, energy: Energy, seconds: float) -> Reading:
        if energy.joules == 0 and seconds >= FROZEN_AFTER:
            raise MeterError(
                f"{zone.path} did not move for {seconds:.2f} s: it does not count", "counter_frozen"
            )
        # A window of a few milliseconds can fall between two updates and seem to cost nothing.
        watts = max(energy.joules / seconds, self._idle[zone])
        return Reading(
            component=zone.component,
            source="measured",
            joules=energy.joules,
            stderr=hypot(watts * EDGE_SPREAD, energy.stderr),
            device=zone.name,
        )

    def _watts_now(self, zones: Sequence[Zone]) -> dict[Zone, float]:
        """The power of the counters that count; a package that does not is an error."""
        start = self._now()
        first = {zone: self._read(zone) for zone in zones}
        watts: dict[Zone, float] = {}
        while len(watts) < len(zones) and self._now() - start < 2 * FROZEN_AFTER:
            self._sleep(0.01)
            elapsed = self._now() - start
            for zone in zones:
                moved = (self._read(zone) - first[zone]) % zone.range_uj
                if moved and zone not in watts:
                    watts[zone] = moved / 1e6 / elapsed
        for zone in zones:
            if zone.component == "cpu" and zone not in watts:
                raise MeterError(
                    f"{zone.path} stands still: this machine shows a counter that does not count, "
                    "as virtual machines do",
                    "counter_frozen",
                )
        # Some boards list a DRAM counter that never moves: it is left out.
        return {zone: watts[zone] for zone in zones if zone in watts}

    def _read(self, zone: Zone) -> int:
        if zone not in self._handles:
            raise MeterError("rapl: the meter is closed")
        for is_last in (False, True):  # one failure may pass
            try:
                return int(os.pread(self._handles[zone], 64, 0))
            except (OSError, ValueError) as error:
                if is_last:
                    raise MeterError(f"{zone.path}: cannot be read: {error}") from error
        raise AssertionError


def growth(before: int, after: int, span: int, most_watts: float, elapsed: float) -> float | None:
    """Joules between two readings of a counter that begins again after ``span`` microjoules.

    ``None`` where the readings fit more than one number of wraps, or none, at up to ``most_watts``.
    """
    joules = (after - before) % span / 1e6
    most = most_watts * (elapsed + SLACK)
    return joules if joules <= most < joules + span / 1e6 else None


def _lost(zone: Zone, elapsed: float) -> str:
    return (
        f"{zone.name}: its counter's step over {elapsed:.0f} s has more than one meaning, or none "
        f"(it begins again every {zone.range_uj / 1e6:.0f} J); measure shorter windows"
    )


def cpu_model(cpuinfo: Path) -> str:
    """The processor's name as the kernel knows it."""
    with contextlib.suppress(OSError):
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip().lower() in {"model name", "cpu model"} and value.strip():
                return " ".join(value.split())
    return platform.processor() or platform.machine() or "unknown CPU"
