"""Threads and locks of the system, also where gevent has put its own in their place.

A meter has to record while the test computes; a greenlet would only run when the test pauses.
"""

from __future__ import annotations

import _thread
import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Protocol

_gevent = sys.modules.get("gevent.monkey")  # it may have come before us
_start = (
    _thread.start_new_thread
    if _gevent is None
    else _gevent.get_original("_thread", "start_new_thread")
)
Lock = (
    _thread.allocate_lock if _gevent is None else _gevent.get_original("_thread", "allocate_lock")
)


class Thread(Protocol):
    """A thread that was started."""

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, for so many seconds at most."""


class Bell:
    """Wakes the one thread that waits for it; a ring before that is heard by who waits next."""

    def __init__(self) -> None:
        self._silence = Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """Wake who waits."""
        with contextlib.suppress(RuntimeError):  # it has rung already
            self._silence.release()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, for so many seconds at most; whether there was one."""
        return self._silence.acquire(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))


def start(work: Callable[[], None], name: str) -> Thread:
    """Run something in a thread of the system's that does not keep the process from ending."""
    gevent = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("threading"):
        return _Bare(work)
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


class _Bare:
    """A thread that the module `threading` knows nothing of."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._running = Lock()
        self._running.acquire()
        self._work = work
        _start(self._run, ())

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._running.release()

    def is_alive(self) -> bool:
        return self._running.locked()

    def join(self, timeout: float | None = None) -> None:
        if self._running.acquire(timeout=-1 if timeout is None else timeout):
            self._running.release()
