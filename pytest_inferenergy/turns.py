"""Whose turn it is to measure: on each GPU, one process of this user at a time.

The locks are the system's: one that a killed process held is free. Whoever needs several takes
them in one order, so that nobody waits for somebody who waits for him.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.locks import lock_file


class Turns:
    """The turns of this process; ``workers`` is what the workers of one run lock in any case.

    That keeps measurements apart that no GPU does: of the CPU, or of a recorded trace.
    """

    def __init__(self, workers: Path | None) -> None:
        self._workers = workers
        self._uuids: frozenset[str] = frozenset()
        self._held = contextlib.ExitStack()

    @contextlib.contextmanager
    def take(self, uuids: frozenset[str]) -> Iterator[None]:
        """Wait for the turn on some GPUs, by UUID, and give it back at the end.

        Raises `MeterError` where nothing can be locked.
        """
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
        paths = [lock_file(uuid) for uuid in sorted(uuids)]
        if not uuids and self._workers is not None:
            paths = [self._workers]
        self._uuids = uuids
        for path in paths:
            import filelock

            try:
                self._held.enter_context(filelock.FileLock(path))
            except OSError as error:
                raise MeterError(f"{path}: cannot be locked: {error.strerror or error}") from error

    def _give_back(self) -> None:
        self._uuids = frozenset()
        self._held.close()
