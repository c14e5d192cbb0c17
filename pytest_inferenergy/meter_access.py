"""The meters of one process, and whose turn it is to use them.

They are opened before the first measurement and never earlier; meanwhile nobody else of this user
measures on the same devices, and what all measurements took is held against the session's limit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_inferenergy.clock import real_time, time
from pytest_inferenergy.errors import InferenergyError, MisuseError
from pytest_inferenergy.locks.gpu_lock import GpuLock

if TYPE_CHECKING:
    from pytest_inferenergy.measure.recorder import WindowRecorder
    from pytest_inferenergy.meters.meter_set import MeterSet
    from pytest_inferenergy.progress import ProgressReporter
    from pytest_inferenergy.settings import Settings


class Peers:
    """The processes that do the same work: none, where a process works by itself."""

    def gpus(self, meters: MeterSet) -> frozenset[str]:
        """Let meters know the processes; UUIDs of the GPUs they use."""
        del meters
        return frozenset()

    def begin(self) -> None:
        """Have them begin the body of a window; it opens when this returns."""


class MeterAccess:
    """Where a process measures; ``lock``: what the workers of one run take turns by in any case."""

    def __init__(self, settings: Settings, live: ProgressReporter, lock: Path | None) -> None:
        self._settings = settings
        self._turns = GpuLock(lock, live)
        self._meters: MeterSet | None = None
        self._refusal: str | None = None
        self._busy = False
        self._spent = 0.0
        self._over = False
        self.partners = Peers()

    def close(self) -> None:
        """Stop the meters, and whatever a thread still measures."""
        self._over = True
        self._turns.interrupt()
        if self._meters is not None:
            self._meters.close()

    def interrupt(self) -> None:
        """From another thread: have a measurement stop waiting for its turn or for a meter."""
        self._turns.interrupt()
        if self._meters is not None:
            self._meters.interrupt()

    def ready(self, settings: Settings | None = None) -> MeterSet | str:
        """The meters, opened by now, or why there is nothing to measure with.

        ``settings``: those of the test. Raises `MisuseError` within a measurement.
        """
        settings = settings or self._settings
        if self._busy:
            raise MisuseError(
                "a measurement inside a measured call: measurements cannot be nested, measure one "
                "or the other"
            )
        if self._over:
            return "the session is over"
        if settings.disable:
            return "disabled by --energy-disable"
        if self.seconds_left(settings) <= 0:
            return (
                f"the {self._settings.session_seconds:g} s of --energy-session-seconds were spent"
            )
        self._turns.allow(settings.max_seconds)
        if self._meters is None and self._refusal is None:
            self._open()
        return self._meters or self._refusal or "no meter"

    def _open(self) -> None:
        from pytest_inferenergy.meters.select import open_meters

        try:
            with self.alone(), real_time():  # else a library is imported under a stopped clock
                self._meters = open_meters(self._settings.meter, self._settings.prometheus)
        except (InferenergyError, ImportError) as error:  # perhaps numpy is missing
            self._refusal = f"nothing to measure with ({self._settings.meter}): {error}"

    def seconds_left(self, settings: Settings) -> float:
        """Seconds that a test may measure: its own limit, or what the session's leaves."""
        if self._settings.session_seconds is None:
            return settings.max_seconds
        return min(settings.max_seconds, self._settings.session_seconds - self._spent)

    def attach(self, measuring: WindowRecorder) -> None:
        """Choose the devices, now that the workload has shown which it uses, and wait for them."""
        also = self.partners.gpus(measuring.meters)
        self._turns.widen(measuring.meters.gpus_in_use() | also)
        measuring.attach(also)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the devices: nobody else of ours measures on them meanwhile."""
        uuids = frozenset[str]() if self._meters is None else self._meters.gpus_in_use()
        with self._turns.take(uuids):
            start, self._busy = time.perf_counter(), True
            try:
                yield
            finally:
                self._busy = False
                self._spent += time.perf_counter() - start
