"""The clock of a Prometheus server beside ``time.perf_counter()``."""

from __future__ import annotations

import math
from typing import Final

from pytest_inferenergy.errors import MeterError

DRIFT: Final = 5e-4
"""Two clocks drift apart by no more than this: the fastest slew of an NTP daemon."""
RESOLUTION: Final = 1e-3
"""Prometheus tells time in milliseconds."""
STEP: Final = 0.25
"""A change of the distance beyond what is doubtful by this, seconds, is a step of a clock."""


class ServerClock:
    """Follows the distance between two clocks by what the server says, when asked for its time.

    The answer was made at some instant of the round trip; half of that is the doubt.
    """

    def __init__(self) -> None:
        self._distance = 0.0
        self._doubt = math.inf
        self._at = -math.inf

    def observe(self, server: float, sent: float, received: float) -> None:
        """Take an answer; `MeterError` where it shows that a clock was set meanwhile."""
        distance = server - 0.5 * (sent + received)
        doubt = 0.5 * (received - sent) + RESOLUTION
        grown = self.doubt(received)
        if abs(distance - self._distance) > doubt + grown + STEP:
            raise MeterError(
                f"the clock of the Prometheus server was set {distance - self._distance:+.2f} s "
                "while it was measured: its times can no longer be told",
                "clock_step",
            )
        if doubt <= grown:
            self._distance, self._doubt, self._at = distance, doubt, received

    def doubt(self, now: float) -> float:
        """How far the distance may be off, seconds."""
        if math.isinf(self._doubt):
            return math.inf
        return self._doubt + DRIFT * max(now - self._at, 0.0)

    def server(self, instant: float) -> float:
        """The server's time at an instant of ``perf_counter``."""
        return instant + self._distance

    def local(self, server: float) -> float:
        """The instant of ``perf_counter`` at a time of the server."""
        return server - self._distance
