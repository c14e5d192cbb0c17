"""A meter and a clock that a test moves by hand, for what does not depend on a device."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.measure import recorder as measure
from pytest_inferenergy.meters.base import DeviceState, MeterProfile, Reading


class Clock:
    """Seconds that pass only when somebody works."""

    def __init__(self) -> None:
        self.now = 100.0

    def work(self, seconds: float) -> None:
        self.now += seconds

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(measure, "time", SimpleNamespace(perf_counter=lambda: self.now))


class HandMeter:
    """Measures a constant power on a clock moved by hand; knows the energy a little late."""

    name = "hand"

    def __init__(
        self,
        clock: Clock,
        *,
        watts: float = 100.0,
        late: float = 0.0,
        component: str = "gpu",
        source: str = "measured",
    ) -> None:
        self.clock = clock
        self.watts = watts
        self.late = late
        self.reading = {"component": component, "source": source, "device": component}
        self.foreign: dict[tuple[float, float], tuple[int, ...]] = {}
        """Who worked between two instants."""
        self.fails_at = math.inf
        self.log: list[str] = []
        self.forgotten = -math.inf
        self._settled = -math.inf

    def attach(self) -> None:
        self.log.append("attach")

    def profile(self) -> MeterProfile:
        return MeterProfile(meter=self.name, device="Hand", count=1)

    def edge(self) -> float:
        self.log.append("edge")
        return self.clock.now

    def covered(self) -> float:
        return max(self._settled, self.clock.now - self.late)

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        self.log.append("settle")
        self._settled = max(self._settled, instant)

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        assert self.forgotten <= start <= end <= self.covered()
        if end > self.fails_at:
            raise MeterError("the meter fell off the table", "meter_lost")
        foreign: set[int] = set()
        for (begin, finish), pids in self.foreign.items():
            if begin < end and finish > start:
                foreign.update(pids)
        return (
            Reading(
                joules=self.watts * (end - start),
                stderr=0.5,
                state=DeviceState(foreign_processes=tuple(sorted(foreign))),
                **self.reading,  # type: ignore[arg-type]
            ),
        )

    def forget(self, before: float) -> None:
        self.forgotten = before

    def close(self) -> None:
        self.log.append("close")
