"""The reference: a process of its own that records every counter tick and every power sample.

It knows nothing of the tools compared. Each tick is awaited with one call of the counter after the
other, so that it is placed to within the 3 ms that one call takes on an H200.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

LEAD = 0.009
"""How long before the expected tick the calls begin, seconds."""
LEARNT_FROM = 12
"""Ticks after which the period is known, and the counter left alone between ticks."""
SAMPLES_EVERY = 0.5
"""Distance of looks at the sample ring, seconds; it is 2.4 s deep."""
GIVE_UP = 2.0
"""A counter that has not moved for so long is not waited for, seconds."""
BREATH = 0.0005
"""Pause between two calls that take no time, seconds."""


@dataclass
class Recorded:
    """Ticks: (instant, joules, seconds of doubt about the instant); samples: (instant, watts)."""

    ticks: list[tuple[float, float, float]] = field(default_factory=list)
    samples: list[tuple[float, float]] = field(default_factory=list)
    calls: int = 0


class Recorder:
    """Runs the recorder process; ``fetch`` returns what was recorded since the last time."""

    def __init__(self, index: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, index), daemon=True)
        self._process.start()
        theirs.close()
        if self._pipe.recv() != "recording":
            raise RuntimeError("the recorder did not start")

    def fetch(self) -> Recorded:
        self._pipe.send("fetch")
        found: Recorded = self._pipe.recv()
        return found

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send("stop")
        self._process.join(5.0)
        self._process.terminate()


@contextlib.contextmanager
def recording(index: int) -> Iterator[Recorder]:
    """A recorder of the GPU with this NVML index."""
    recorder = Recorder(index)
    try:
        yield recorder
    finally:
        recorder.close()


def _serve(pipe: Connection, index: int) -> None:
    recorder = _Recording(index)
    pipe.send("recording")
    while True:
        if pipe.poll():
            if pipe.recv() == "stop":
                return
            recorder.collect_samples()
            pipe.send(recorder.recorded)
            recorder.recorded = Recorded()
        recorder.next_tick()


class _Recording:
    def __init__(self, index: int) -> None:
        import pynvml

        pynvml.nvmlInit()
        self._nvml: Any = pynvml
        self._device = pynvml.nvmlDeviceGetHandleByIndex(index)
        self.recorded = Recorded()
        self._newest_stamp = 0
        self._samples_due = 0.0
        self._ticks: list[float] = []
        self._period: float | None = None

    def next_tick(self) -> None:
        """Wait for one tick and note it; look at the samples when they are due."""
        if self._period is not None:
            pause = self._ticks[-1] + self._period - LEAD - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
        begin, before, joules = self._ask()
        end = before
        while end - begin < GIVE_UP:
            start, end, now = self._ask()
            if now != joules:
                # the middle of the last call of the old answer and the first of the new one
                self._note(0.5 * (before + start), now, end - before)
                break
            before = end
            if end - start < BREATH:
                time.sleep(BREATH)
        if end >= self._samples_due:
            self.collect_samples()
            self._samples_due = end + SAMPLES_EVERY

    def _ask(self) -> tuple[float, float, float]:
        start = time.perf_counter()
        millijoules = self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._device)
        self.recorded.calls += 1
        return start, time.perf_counter(), millijoules / 1e3

    def _note(self, instant: float, joules: float, doubt: float) -> None:
        self.recorded.ticks.append((instant, joules, doubt))
        self._ticks.append(instant)
        if self._period is None and len(self._ticks) > LEARNT_FROM:
            steps = [b - a for a, b in zip(self._ticks, self._ticks[1:], strict=False)]
            self._period = statistics.median(steps)

    def collect_samples(self) -> None:
        """Take the samples that are new; their stamps are of the wall clock."""
        nvml = self._nvml
        try:
            kind, samples = nvml.nvmlDeviceGetSamples(
                self._device, nvml.NVML_TOTAL_POWER_SAMPLES, self._newest_stamp
            )
        except nvml.NVMLError:  # nothing new, or none at all
            return
        distance = time.time() - time.perf_counter()
        name = {1: "uiVal", 2: "ulVal", 3: "ullVal"}.get(kind, "uiVal")
        for sample in samples:
            if sample.timeStamp > self._newest_stamp:
                self._newest_stamp = sample.timeStamp
                watts = getattr(sample.sampleValue, name) / 1e3
                self.recorded.samples.append((sample.timeStamp / 1e6 - distance, watts))
