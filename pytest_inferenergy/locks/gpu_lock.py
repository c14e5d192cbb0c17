"""Whose turn it is to measure: on each GPU, one process of this user at a time.

The locks are the system's: one that a killed process held is free. Whoever needs several takes
them in one order, so that nobody waits for somebody who waits for him.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.locks.files import date_turn, hold, holder_of, lock_file, turn_of
from pytest_inferenergy.progress import ProgressReporter

LOOK_UP = 0.05
"""Who waits for a turn looks this often, in seconds, whether it has come."""
PATIENCE = 60.0
"""A turn may last so long in any case, seconds..."""
LONGER = 10.0
"""... and so many times what its test may measure: the first call may have to compile."""
LONGEST = 86_400.0
"""But not so long, whatever the lock file's date says."""
SHOWN = len("GPU-2f1c8a53")
"""Characters of a UUID that are told: enough to find the card in ``nvidia-smi -L``."""


class GpuLock:
    """The turns of this process; ``workers`` is what the workers of one run lock in any case.

    That keeps measurements apart that no GPU does: of the CPU, or of a recorded trace. ``live``
    hears which GPU is waited for, and for whom.
    """

    def __init__(self, workers: Path | None, live: ProgressReporter | None = None) -> None:
        self._workers = workers
        self._live = ProgressReporter() if live is None else live
        self._uuids: frozenset[str] = frozenset()
        self._held = contextlib.ExitStack()
        self._interrupted = threading.Event()
        self._seconds = 0.0

    def allow(self, seconds: float) -> None:
        """How long the test that measures next may measure."""
        self._seconds = seconds

    @contextlib.contextmanager
    def take(self, uuids: frozenset[str]) -> Iterator[None]:
        """Wait for the turn on some GPUs, by UUID, and give it back at the end.

        Raises `MeterError` where nothing can be locked, or the holder does not come to an end.
        """
        self._interrupted.clear()
        try:
            self._wait(uuids)
            yield
        finally:
            self._give_back()

    def widen(self, uuids: frozenset[str]) -> None:
        """Between calls: the work uses these GPUs, too."""
        if not uuids <= self._uuids:
            wanted = self._uuids | uuids
            self._give_back()
            self._wait(wanted)

    def _wait(self, uuids: frozenset[str]) -> None:
        paths = {lock_file(uuid): uuid[:SHOWN] for uuid in sorted(uuids)}
        if not uuids and self._workers is not None:
            paths = {self._workers: "the machine"}
        self._uuids = uuids
        with self._live.telling():
            for path, name in paths.items():
                try:
                    self._lock(path, name)
                except OSError as error:
                    reason = error.strerror or error
                    raise MeterError(f"{path}: cannot be locked: {reason}") from error

    def _lock(self, path: Path, name: str) -> None:
        """Wait for one lock: for as long as its holders change, or the present one may take."""
        start = since = time.perf_counter()
        turn: int | None = None
        limit = PATIENCE
        while (let_go := hold(path)) is None:
            if self._interrupted.is_set():
                raise MeterError("the measurement was cancelled")
            now = time.perf_counter()
            found, left = turn_of(path)
            if found != turn:
                turn, since, limit = found, now, min(max(PATIENCE, left), LONGEST)
            if now - since > limit:
                who = holder_of(path) or "another session"
                raise MeterError(
                    f"waited {now - start:.0f} s for {name}, where {who} measures and does not "
                    "come to an end: end it, or measure when it is done"
                )
            self._live.waiting(name, now - start, lambda: holder_of(path))
            time.sleep(LOOK_UP)
        self._held.callback(let_go)
        date_turn(path, LONGER * self._seconds)

    def interrupt(self) -> None:
        """From another thread: give up waiting."""
        self._interrupted.set()

    def _give_back(self) -> None:
        self._uuids = frozenset()
        self._held.close()
