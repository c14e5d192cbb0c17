"""The meter ``nvml``: NVIDIA GPUs, measured, one recorder thread for all of them."""

from __future__ import annotations

import contextlib
import threading
import time

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import MeterProfile, Reading
from pytest_inferenergy.meters.nvml_gpu import Gpu, open_library
from pytest_inferenergy.meters.nvml_track import FROZEN, Track
from pytest_inferenergy.meters.processes import process_tree
from pytest_inferenergy.meters.visible import gpus_in_use

IDLE_SECONDS = 0.6


class NvmlMeter:
    """Records the GPUs that the work in this process uses.

    ``family_root`` is the process whose descendants count as our own (this process by default;
    under xdist the controller, so that sibling workers are no strangers). Raises `MeterError`
    where no GPU answers.
    """

    name = "nvml"

    def __init__(self, family_root: int | None = None) -> None:
        self._nvml = open_library()
        self._root = family_root
        count = self._device_count()
        self._gpus = tuple(Gpu(self._nvml, index) for index in range(count))
        if not self._gpus:
            raise MeterError("NVML answers, but this machine has no NVIDIA GPU")
        self._tracks: dict[str, Track] = {}
        self._attached: tuple[Track, ...] = ()
        self._idle: dict[str, float] = {}
        self._stop = False
        self._wanted = float("-inf")
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def _device_count(self) -> int:
        try:
            return int(self._nvml.nvmlDeviceGetCount())
        except self._nvml.NVMLError as error:
            raise MeterError(f"NVML does not count its devices: {error}") from error

    def attach(self) -> None:
        """Choose the GPUs in use now, and record those that are not recorded yet."""
        chosen = gpus_in_use(self._gpus)
        if not chosen:
            raise MeterError("no GPU is visible to this process", "no_gpu")
        for gpu in chosen:
            if gpu.mig():
                raise MeterError(
                    f"{gpu.name} is in MIG mode: its counters cover the whole board, not this "
                    "slice, so no figure would be yours; measure on a GPU without MIG",
                    "mig",
                )
        with self._wake:
            for gpu in chosen:
                if gpu.uuid not in self._tracks:
                    self._tracks[gpu.uuid] = Track(gpu, lambda: process_tree(self._root))
            self._attached = tuple(self._tracks[gpu.uuid] for gpu in chosen)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._record, name="inferenergy-nvml", daemon=True
                )
                self._thread.start()
            self._wake.notify_all()

    def _record(self) -> None:
        while True:
            with self._wake:
                if self._stop:
                    return
                tracks = tuple(self._tracks.values())
                pause = min((t.due for t in tracks), default=0.0) - time.perf_counter()
                if pause > 0:
                    self._wake.wait(pause)
                urgent = self._wanted > min(t.covered() for t in tracks)
            now = time.perf_counter()
            for track in tracks:
                if track.due <= now:
                    track.poll(urgent)
            with self._wake:
                self._wake.notify_all()

    def profile(self) -> MeterProfile:
        """Model, number, power limit and driver of the attached GPUs."""
        gpus = [track.gpu for track in self._attached]
        names = sorted({gpu.name for gpu in gpus})
        limits = {gpu.power_limit() for gpu in gpus}
        idle = [self._idle.get(gpu.uuid) for gpu in gpus]
        return MeterProfile(
            meter=self.name,
            device=" + ".join(names),
            count=len(gpus),
            power_limit_watts=limits.pop() if len(limits) == 1 else None,
            driver=gpus[0].driver() if gpus else None,
            idle_watts=sum(w for w in idle if w is not None) if None not in idle else None,
        )

    def measure_idle(self) -> None:
        """Measure the power of the attached GPUs at rest, once for each; takes 0.6 s then."""
        missing = [track for track in self._attached if track.gpu.uuid not in self._idle]
        if not missing:
            return
        time.sleep(0.1)  # the load's last samples
        start = time.perf_counter()
        time.sleep(IDLE_SECONDS)
        end = time.perf_counter()
        self.settle(end)
        for track in missing:
            self._idle[track.gpu.uuid] = track.energy(start, end).joules / (end - start)

    def edge(self) -> float:
        """The present instant; the recorder needs no help."""
        return time.perf_counter()

    def covered(self) -> float:
        """Instant up to which all attached GPUs can tell their energy."""
        return min((track.covered() for track in self._attached), default=float("-inf"))

    def settle(self, instant: float, timeout: float = 5.0) -> None:
        """Wait until the recording reaches ``instant``; `MeterError` if it does not."""
        deadline = time.perf_counter() + timeout
        with self._wake:
            self._wanted = instant
            for track in self._attached:
                track.hurry()
            self._wake.notify_all()
            while self.covered() < instant:
                for track in self._attached:
                    if track.fault is not None:
                        raise MeterError(track.fault.message, track.fault.flag)
                if time.perf_counter() > deadline or not self._alive():
                    raise MeterError(
                        f"the GPU's energy up to the end of the window did not arrive within "
                        f"{timeout:.0f} s",
                        "meter_silent",
                    )
                self._wake.wait(0.02)

    def _alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """One reading for each attached GPU."""
        readings = []
        for track in self._attached:
            energy = track.energy(start, end)
            readings.append(
                Reading(
                    component="gpu",
                    source="measured",
                    joules=energy.joules,
                    stderr=energy.stderr,
                    device=track.gpu.identity,
                    state=track.state(start, end),
                )
            )
        return tuple(readings)

    def forget(self, before: float) -> None:
        """Drop recordings before an instant."""
        for track in self._tracks.values():
            track.forget(before)

    def close(self) -> None:
        """Stop the recorder and leave NVML."""
        with self._wake:
            if self._stop:
                return
            self._stop = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=FROZEN)
        with contextlib.suppress(self._nvml.NVMLError):  # the driver may have gone first
            self._nvml.nvmlShutdown()
