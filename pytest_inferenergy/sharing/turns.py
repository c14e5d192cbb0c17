"""Whose turn it is to measure: on each GPU, one process of this user at a time.

The locks are the system's: one that a killed process held is free. Whoever needs several takes
them in one order, so that nobody waits for somebody who waits for him.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.live import Silence
from pytest_inferenergy.sharing.locks import holder_of, lock_file

LOOK_UP = 0.5
"""Who waits for a turn looks this often, in seconds, whether anybody still wants it."""
SHOWN = len("GPU-2f1c8a53")
"""Characters of a UUID that are told: enough to find the card in ``nvidia-smi -L``."""


class Turns:
    """The turns of this process; ``workers`` is what the workers of one run lock in any case.

    That keeps measurements apart that no GPU does: of the CPU, or of a recorded trace. ``live``
    hears which GPU is waited for, and for whom.
    """

    def __init__(self, workers: Path | None, live: Silence | None = None) -> None:
        self._workers = workers
        self._live = Silence() if live is None else live
        self._uuids: frozenset[str] = frozenset()
        self._held = contextlib.ExitStack()
        self._interrupted = threading.Event()

    @contextlib.contextmanager
    def take(self, uuids: frozenset[str]) -> Iterator[None]:
        """Wait for the turn on some GPUs, by UUID, and give it back at the end.

        Raises `MeterError` where nothing can be locked.
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
        """Wait for one lock, for as long as nobody interrupts."""
        import filelock

        lock = filelock.FileLock(path)
        start = time.monotonic()
        while True:
            try:
                lock.acquire(timeout=LOOK_UP)
            except filelock.Timeout:
                if self._interrupted.is_set():
                    raise MeterError("the measurement was cancelled") from None
                self._live.waiting(name, time.monotonic() - start, lambda: holder_of(path))
            else:
                self._held.callback(lock.release)
                return

    def interrupt(self) -> None:
        """From another thread: give up waiting."""
        self._interrupted.set()

    def _give_back(self) -> None:
        self._uuids = frozenset()
        self._held.close()
