"""Work that outlives its call: threads of this process that still run when nobody waits for them.

A call may start a thread, or hand work to a pool of a library's own, and return. Part of its energy
then falls outside its window, and into whatever is measured next. Frameworks that can be waited for
are waited for before (`synchronise`); what runs on after that is found here, by the states and the
processor times of threads. Without Linux's ``/proc`` only that of the whole process is known.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass, field
from time import process_time

from pytest_inferenergy.clock import time

STEP = 0.002
"""Seconds between two looks."""
LOOKS = 3
"""So many looks in a row must find nobody running."""
SPINNING = 0.5
"""Threads of OpenMP, OpenBLAS or ONNX Runtime spin for up to 0.2 s after their work, seconds."""
LEAST_OWN = 0.002
"""A thread of Python's that goes to sleep needs less processor time than this, seconds."""
BUSY = 0.2
"""Share of one processor beyond which a process is at work, where threads are not told apart."""
REST_SECONDS = 2.0
"""So long a measurement waits at most for what ran before it, seconds."""
TASKS = "/proc/self/task"
_processor_seconds = process_time  # bound before a test can put its own in its place


@dataclass
class _Watch:
    """The other threads of this process since an instant; ours are left out."""

    began: dict[int, float] = field(default_factory=dict)
    used: dict[int, float] = field(default_factory=dict)
    """Processor seconds since then, by thread."""
    python: set[int] = field(default_factory=set)

    def look(self) -> bool:
        """Whether one of them runs, or waits for a processor, now."""
        ours = {threading.get_native_id()}
        for thread in threading.enumerate():
            if thread.native_id is not None:
                (ours if _is_ours(thread) else self.python).add(thread.native_id)
        running = False
        for name in os.listdir(TASKS):
            number = int(name)
            if number not in ours:
                with contextlib.suppress(OSError, ValueError, IndexError):  # it may have ended
                    running |= self._one(number)
        return running

    def _one(self, number: int) -> bool:
        with open(f"{TASKS}/{number}/schedstat", encoding="ascii") as file:
            seconds = 1e-9 * int(file.read().split()[0])
        self.used[number] = seconds - self.began.setdefault(number, seconds)
        with open(f"{TASKS}/{number}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] == "R"


def _is_ours(thread: threading.Thread) -> bool:
    """Whether it belongs to a meter: this package's threads, and codecarbon's."""
    owner = getattr(getattr(thread, "function", None), "__self__", None)
    return thread.name.startswith("inferenergy") or type(owner).__module__.startswith("codecarbon")


def outlasts() -> bool:
    """Right after a call: whether its work goes on. Takes half a second at most, mostly none."""
    watch = _Watch()
    quiet = _wait(watch, SPINNING)
    if not quiet:
        return True
    return any(watch.used.get(number, 0.0) >= LEAST_OWN for number in watch.python)


def rest(seconds: float = REST_SECONDS) -> bool:
    """Wait until nothing of this process runs but this thread; whether that came to be."""
    return _wait(_Watch(), seconds)


def _wait(watch: _Watch, seconds: float) -> bool:
    deadline, quiet = time.monotonic() + seconds, 0
    by_thread = os.path.exists(f"{TASKS}/{threading.get_native_id()}/schedstat")
    look = watch.look if by_thread else _works
    while quiet < LOOKS:
        quiet = 0 if look() else quiet + 1
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP)
    return True


def _works() -> bool:
    """Whether this process uses a processor while this thread sleeps."""
    start, used = time.perf_counter(), _processor_seconds()
    time.sleep(10 * STEP)
    return _processor_seconds() - used > BUSY * (time.perf_counter() - start)
