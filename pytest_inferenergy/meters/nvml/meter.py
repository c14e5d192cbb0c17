"""The meter ``nvml``: NVIDIA GPUs, measured, one recorder thread for all of them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence

from pytest_inferenergy import threads
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import MeterProfile, Reading
from pytest_inferenergy.meters.nvml.gpu import Gpu, all_gpus, open_library
from pytest_inferenergy.meters.nvml.processes import Family
from pytest_inferenergy.meters.nvml.track import Track
from pytest_inferenergy.meters.nvml.visible import gpus_in_use

IDLE_AFTER, IDLE_SECONDS = 0.1, 0.6
"""Idle power is measured so long after the work, for so long, seconds."""
SETTLE_SECONDS = 5.0
"""A recording reaches an instant within this time, or something is wrong."""
LOOK_UP = 1.0
"""The recorder looks up this often while nothing is due, seconds."""


class NvmlMeter:
    """Records the GPUs that the work in this process uses, from ``attach`` to ``rest``.

    Other test workers at work on a GPU are strangers like any other. Raises `MeterError`
    where no GPU answers.
    """

    name = "nvml"

    def __init__(self) -> None:
        self._nvml = open_library()
        self._family = Family()
        self._tracks: dict[str, Track] = {}  # by UUID: all that were ever attached
        self._attached: tuple[Track, ...] = ()
        self._shared: frozenset[str] = frozenset()  # UUIDs
        self._idle: dict[str, float] = {}  # watts by UUID
        self._lock = threads.Lock()  # guards what follows
        self._wake, self._news = threads.Bell(), threads.Bell()  # for the recorder; for who waits
        self._recording = self._closed = False
        self._wanted = -math.inf
        self._thread: threads.Thread | None = None
        self._turn: Track | None = None  # whose counter is being asked
        try:
            self._gpus = all_gpus(self._nvml)
        except MeterError:
            self.close()
            raise

    # -- which GPUs, and when ------------------------------------------------------------------

    def share(self, uuids: frozenset[str]) -> None:
        """GPUs that a partner process uses, which are measured beside those of this process."""
        self._shared = uuids

    def adopt(self, pids: frozenset[int]) -> None:
        """Processes that do the same work: they are no strangers, and their GPUs are measured."""
        self._family.adopt(pids)

    def gpus_in_use(self) -> frozenset[str]:
        """UUIDs of the GPUs that an ``attach`` would choose now."""
        return frozenset(gpu.uuid for gpu in self._chosen())

    def _chosen(self) -> tuple[Gpu, ...]:
        used = gpus_in_use(self._gpus, self._family)
        return tuple(gpu for gpu in self._gpus if gpu in used or gpu.uuid in self._shared)

    def attach(self) -> None:
        """Choose the GPUs in use now, and record them; returns when the recording has begun."""
        chosen = self._chosen()
        if not chosen:
            raise MeterError("no GPU is visible to this process", "no_gpu")
        for gpu in chosen:
            if gpu.mig():
                raise MeterError(
                    f"{gpu.name} is in MIG mode: its counters cover the whole board, not this "
                    "slice, so no figure would be yours; measure on a GPU without MIG",
                    "mig",
                )
        for gpu in chosen:
            known = self._tracks.get(gpu.uuid)
            if known is None or known.fault is not None:
                self._tracks[gpu.uuid] = Track(gpu, self._family)
        attached = tuple(self._tracks[gpu.uuid] for gpu in chosen)
        now = time.perf_counter()
        with self._lock:
            for track in attached:
                if not self._recording or track not in self._attached:
                    track.resume()
            self._attached, self._recording = attached, True
            if self._thread is None:
                self._thread = threads.start(self._record, "inferenergy-nvml")
        self._wake.ring()
        self.wait_until_covered(now, SETTLE_SECONDS + len(attached))

    def rest(self) -> None:
        """Between measurements: measure idle power where it is not known, then record nothing."""
        with contextlib.suppress(MeterError):  # nice to know, and the measurement is done
            self._measure_idle()
        with self._lock:
            self._recording = False

    def _measure_idle(self) -> None:
        """Power of the attached GPUs with the context open and nothing to do; once for each."""
        missing = [track for track in self._attached if track.gpu.uuid not in self._idle]
        if not missing or not self._recording:
            return
        time.sleep(IDLE_AFTER)
        start = time.perf_counter()
        time.sleep(IDLE_SECONDS)
        end = time.perf_counter()
        self.wait_until_covered(end)
        for track in missing:
            reading = track.read(start, end)
            if reading.state is None or not reading.state.foreign_processes:
                self._idle[track.gpu.uuid] = reading.joules / (end - start)

    def close(self) -> None:
        """Stop the recorder and leave NVML."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._wake.ring()
        if self._thread is not None:
            self._thread.join(timeout=SETTLE_SECONDS)
            if self._thread.is_alive():
                return  # the driver hangs, and would hang here too
        with contextlib.suppress(self._nvml.NVMLError):  # the driver may have gone first
            self._nvml.nvmlShutdown()

    # -- recorder thread -----------------------------------------------------------------------

    def _record(self) -> None:
        while not self._closed:
            with self._lock:
                track, pause = self._next()
                urgent = track is not None and self._wanted > track.covered()
            if track is None or pause > 0:
                self._wake.wait(min(pause, LOOK_UP))
            else:
                track.poll(urgent=urgent)
                self._news.ring()

    def _next(self) -> tuple[Track | None, float]:
        """The track to ask next, and in how many seconds; none while nothing is recorded.

        One that awaits a tick keeps the slow calls of others waiting: in turns all would miss it.
        """
        tracks = [t for t in self._attached if t.fault is None] if self._recording else []
        if not tracks:
            return None, math.inf
        now = time.perf_counter()
        first = min(tracks, key=lambda t: (not (t.quick and t.due <= now), t.due))
        if not first.quick:
            if self._turn in tracks and self._turn.watching:
                first = self._turn
            self._turn = first
        return first, first.due - now

    # -- what can be asked ---------------------------------------------------------------------

    def profile(self) -> MeterProfile:
        """Model, number, power limit, driver and idle power of the attached GPUs."""
        gpus = [track.gpu for track in self._attached]
        names = sorted({gpu.name for gpu in gpus})
        limits = {gpu.power_limit() for gpu in gpus}
        idle = [self._idle[gpu.uuid] for gpu in gpus if gpu.uuid in self._idle]
        return MeterProfile(
            meter=self.name,
            device=" + ".join(names),
            count=len(gpus),
            power_limit_watts=limits.pop() if len(limits) == 1 else None,
            driver=gpus[0].driver() if gpus else None,
            idle_watts=sum(idle) if gpus and len(idle) == len(gpus) else None,
        )

    def edge(self) -> float:
        """The present instant; the recorder needs no help."""
        return time.perf_counter()

    def covered(self) -> float:
        """Instant up to which all attached GPUs can tell their energy."""
        return min((track.covered() for track in self._attached), default=-math.inf)

    def wait_until_covered(self, instant: float, timeout: float = SETTLE_SECONDS) -> None:
        """Wait until the recording reaches ``instant``; `MeterError` if it does not."""
        deadline = time.perf_counter() + timeout
        with self._lock:
            self._wanted = instant
            self._each_uncovered(instant, Track.hurry)
        self._wake.ring()
        while self.covered() < instant:
            self._each_uncovered(instant, Track.check)
            if time.perf_counter() > deadline or not self._alive():
                raise MeterError(
                    f"the GPU's energy up to the end of the window did not arrive within "
                    f"{timeout:.0f} s",
                    "meter_silent",
                )
            self._news.wait(0.05)

    def check(self, instant: float) -> None:
        """Raise `MeterError` where the recording will not reach an instant."""
        self._each_uncovered(instant, Track.check)
        if self.covered() < instant and not self._alive():
            raise MeterError("the GPU is recorded no more", "meter_silent")

    def _each_uncovered(self, instant: float, act: Callable[[Track], None]) -> None:
        for track in self._attached:
            if track.covered() < instant:
                act(track)

    def _alive(self) -> bool:
        return self._recording and self._thread is not None and self._thread.is_alive()

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """One reading for each attached GPU."""
        return tuple(track.read(start, end) for track in self._attached)

    def course(self, instants: Sequence[float]) -> dict[str, list[float]]:
        """Joules of all attached GPUs, by component, from the first of some instants to each."""
        each: dict[str, list[list[float]]] = {}
        for track in self._attached:
            each.setdefault(track.component, []).append(track.course(instants))
        return {
            component: [sum(joules) for joules in zip(*courses, strict=True)]
            for component, courses in each.items()
        }

    def forget(self, before: float) -> None:
        """Drop recordings before an instant."""
        for track in self._tracks.values():
            track.forget(before)
