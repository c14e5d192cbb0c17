"""A stand-in for NVIDIA's management library, so that the real ``pynvml`` runs without a GPU.

`building.compile_library` builds a small C library that speaks NVML's binary interface, and one
that says in the CUDA driver's place which devices a process sees. `FakeNvml` is one machine: it
writes the control file that the libraries read, and adds lines to it while they run. Every process
that loads them sees the same devices, counter and samples, in real time.

    fake = FakeNvml(tmp_path, library, FakeDevice(watts=300))
    subprocess.run(command, env=os.environ | fake.env())

From inside such a process, ``FakeNvml.current()`` steers the same machine.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.nvml.building import CUDA_SONAME, SONAME
from tests.nvml.curve import Curve, played

ROOT = Path(__file__).parent.parent.parent
CONTROL_VARIABLE = "FAKE_NVML_CONFIG"

NOT_SUPPORTED = 3
GPU_IS_LOST = 15


@dataclass(frozen=True, slots=True)
class FakeDevice:
    """One GPU; the defaults are those of an idle-clocked H200 that draws a constant power."""

    watts: float = 300.0
    """Power drawn all the time; `curve` goes before it."""
    curve: Curve = ()
    name: str = "NVIDIA H200"
    uuid: str | None = None
    """``None``: one that follows from the index."""
    power_limit_watts: float = 700.0
    architecture: int = 9
    compute_capability: tuple[int, int] = (9, 0)

    counter: bool = True
    """Whether the energy counter is supported."""
    counter_start_joules: float = 1_000_000.0
    """What the counter showed when the machine was made: real ones run since the driver loaded."""
    beside_watts: float = 0.0
    """Power that the counter holds and the samples do not, as the rest of a superchip."""
    module_scope: bool = False
    """Whether NVML tells the power of the whole module (GPU and what is beside it), too."""
    tick: float = 0.1
    """Seconds between two changes of the counter."""
    tick_lag: float = 0.01
    """Seconds by which a change of the counter comes late."""
    tick_jitter: float = 0.0
    """Most by which a tick falls early or late, in seconds; must be less than half a tick."""
    latency: float = 0.0
    """Seconds that one reading of the counter takes (an H200: 0.003)."""

    samples: bool = True
    """Whether power samples are supported."""
    sample_period: float = 0.02
    sample_lag: float = 0.004
    """Age of a sample when it can first be read, in seconds."""
    sample_jitter: float = 0.0
    """Most by which a sample falls early or late, in seconds (an H200: 0.005)."""
    ring: int = 119
    """How many samples are kept."""
    drop_every: int = 0
    """Every how many samples one is lost; 0: never."""
    duplicate_every: int = 0
    """Every how many samples one comes again, stamped 3 µs later; 0: never."""
    power_window: float = 1.0
    """Seconds over which the power usage is averaged."""

    sm_clock_mhz: int = 1980
    memory_clock_mhz: int = 3201
    temperature_c: int = 45
    throttle_reasons: int = 0
    memory_total_bytes: int = 150_754_820_096
    memory_used_bytes: int = 1 << 30
    utilization_percent: int = 90
    mig: bool | None = False
    """``None``: the device knows no MIG."""
    pid_shift: int = 0
    """What the utilisation of processes adds to their ids: those of another PID namespace."""
    hosts_caller: bool = False
    """Whether every process that asks finds itself at work on the device."""

    def pieces(self) -> Curve:
        return self.curve or ((1.0, self.watts),)

    def lines(self, index: int) -> Iterator[str]:
        """The control lines that describe the device."""
        limit = round(self.power_limit_watts * 1000)
        numbers = {
            "architecture": self.architecture,
            "cc_major": self.compute_capability[0],
            "cc_minor": self.compute_capability[1],
            "bus": 0x19 + index,
            "power_limit": limit,
            "power_default": limit,
            "power_min": limit * 2 // 7,
            "power_max": limit,
            "sm_clock": self.sm_clock_mhz,
            "mem_clock": self.memory_clock_mhz,
            "max_sm_clock": 1980,
            "max_mem_clock": self.memory_clock_mhz,
            "app_sm_clock": 1980,
            "app_mem_clock": self.memory_clock_mhz,
            "temperature": self.temperature_c,
            "reasons": self.throttle_reasons,
            "gpu_util": self.utilization_percent,
            "mem_util": self.utilization_percent // 2,
            "persistence": 1,
            "mem_total": self.memory_total_bytes,
            "mem_used": self.memory_used_bytes,
            "mem_reserved": 512 << 20,
            "mig": -1 if self.mig is None else int(self.mig),
            "max_mig": 7,
            "pid_shift": self.pid_shift,
            "counter_start": round(self.counter_start_joules * 1000),
            "beside": round(self.beside_watts * 1000),
            "module": int(self.module_scope),
            "tick": _nanoseconds(self.tick),
            "tick_lag": _nanoseconds(self.tick_lag),
            "tick_jitter": _nanoseconds(self.tick_jitter),
            "sample": _nanoseconds(self.sample_period),
            "sample_lag": _nanoseconds(self.sample_lag),
            "sample_jitter": _nanoseconds(self.sample_jitter),
            "power_window": _nanoseconds(self.power_window),
            "ring": self.ring,
            "drop_every": self.drop_every,
            "duplicate_every": self.duplicate_every,
            "latency": round(self.latency * 1e6),
        }
        yield f"name {self.name}"
        yield f"uuid {self.uuid or default_uuid(index)}"
        for key, number in numbers.items():
            yield f"{key} {number}"
        for seconds, watts in self.pieces():
            yield f"piece {_nanoseconds(seconds)} {round(watts * 1e6)}"
        if not self.counter:
            yield f"error nvmlDeviceGetTotalEnergyConsumption {NOT_SUPPORTED} 0 -1"
        if not self.samples:
            yield f"error nvmlDeviceGetSamples {NOT_SUPPORTED} 0 -1"
        if self.hosts_caller:
            yield f"process 0 {self.memory_used_bytes} {self.utilization_percent}"


def default_uuid(index: int) -> str:
    return f"GPU-{index:08x}-fa4e-0000-0000-000000000000"


class FakeNvml:
    """A machine with GPUs, made of one control file that is only ever added to."""

    def __init__(
        self,
        directory: Path,
        library: Path,
        *devices: FakeDevice,
        driver: str = "580.159.04",
        nvml: str = "13.580.159.04",
    ) -> None:
        """Write the control file into ``directory``; the power curves begin now."""
        self.library = library
        self.control = directory / "fake_nvml.control"
        epoch = _monotonic()
        lines = [
            f"0 * epoch {epoch} {time.time_ns() // 1000}",
            f"0 * driver {driver}",
            f"0 * nvml {nvml}",
        ]
        for index, device in enumerate(devices):
            lines += [f"0 {index} {line}" for line in device.lines(index)]
        # Exclusive, since a file that shrinks would not be read anew.
        with self.control.open("x") as file:
            file.write("\n".join(lines) + "\n")
        self._epoch = epoch

    @classmethod
    def current(cls) -> FakeNvml:
        """The machine that this process runs on; for test bodies inside a subprocess."""
        self = cls.__new__(cls)
        self.control = Path(os.environ[CONTROL_VARIABLE])
        self.library = Path(os.environ["LD_LIBRARY_PATH"].split(os.pathsep)[0]) / SONAME
        self._epoch = int(self.control.read_text().split("\n", 1)[0].split()[3])
        return self

    # -- how a process comes to use it -------------------------------------------------------

    def env(self) -> dict[str, str]:
        """Environment variables for a process that is to run on this machine."""
        return {
            CONTROL_VARIABLE: str(self.control),
            "LD_LIBRARY_PATH": _joined(self.library.parent, "LD_LIBRARY_PATH"),
            "PYTHONPATH": _joined(ROOT, "PYTHONPATH"),
        }

    def preload(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make ``pynvml`` of this very process use the machine until ``monkeypatch`` is undone.

        The dynamic linker answers a later request for the same soname with what is loaded already.
        """
        import pynvml

        from pytest_inferenergy.meters.nvml import cuda_driver

        for name, value in self.env().items():
            monkeypatch.setenv(name, value)
        ctypes.CDLL(str(self.library))
        ctypes.CDLL(str(self.library.with_name(CUDA_SONAME)))
        monkeypatch.setattr(cuda_driver, "_asked", {})
        monkeypatch.setattr(pynvml, "nvmlLib", None)
        monkeypatch.setattr(pynvml, "_nvmlLib_refcount", 0)
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})

    # -- what can happen to it ---------------------------------------------------------------

    def scale(self, factor: float, device: int = 0) -> None:
        """Multiply the device's power curve by ``factor`` from now on."""
        self._add(device, f"scale {round(factor * 1e6)}")

    def fail(
        self,
        function: str,
        code: int = GPU_IS_LOST,
        *,
        after: int = 0,
        times: int | None = None,
        device: int | None = None,
    ) -> None:
        """Let a function answer an error, from the ``after``-th next call on, ``times`` times.

        ``function`` may leave its ``_v2`` out, and may end in ``*``. Each process counts its calls
        by itself; pynvml makes two of the C library for lists (samples, processes).
        """
        target = "*" if device is None else str(device)
        self._add(target, f"error {function} {code} {after} {-1 if times is None else times}")

    def recover(self, function: str, device: int | None = None) -> None:
        """Undo a `fail` of the same function and device."""
        self.fail(function, 0, times=0, device=device)

    def lose(self, device: int = 0) -> None:
        """The device falls off the bus: every call about it answers that the GPU is lost."""
        self.fail("nvmlDevice*", GPU_IS_LOST, device=device)

    def counter(
        self,
        mode: Literal["normal", "frozen", "zero", "back"],
        *,
        joules: float = 1000.0,
        device: int = 0,
    ) -> None:
        """How the energy counter answers from now on.

        ``frozen``: what it showed at this moment; ``zero``: 0; ``back``: less by ``joules`` than it
        should; ``normal``: the truth again.
        """
        self._add(device, f"counter {mode} {round(joules * 1000)}")

    def step_clock(self, seconds: float, device: int = 0) -> None:
        """Set the wall clock that stamps the samples forward (or back) by ``seconds``."""
        self._add(device, f"shift {round(seconds * 1e6)}")

    def gap(self, seconds: float, device: int = 0) -> None:
        """Lose the power samples of the next ``seconds``."""
        until = _monotonic() - self._epoch + _nanoseconds(seconds)
        self._add(device, f"gap {until}")

    def process(
        self, pid: int, *, sm_percent: int = 50, memory_bytes: int = 1 << 30, device: int = 0
    ) -> None:
        """Put a process on the device; with ``sm_percent=0`` it only holds a context."""
        self._add(device, f"process {pid} {memory_bytes} {sm_percent}")

    def foreign(self, pid: int, *, sm_percent: int = 50, device: int = 0) -> None:
        """Let a foreign process work on the device from now on."""
        self.process(pid, sm_percent=sm_percent, device=device)

    def gone(self, pid: int, device: int = 0) -> None:
        """Take a process off the device; that it worked until now stays on record."""
        self._add(device, f"process {pid} -1 0")

    def set(
        self,
        *,
        device: int = 0,
        sm_clock_mhz: int | None = None,
        temperature_c: int | None = None,
        throttle_reasons: int | None = None,
        power_limit_watts: float | None = None,
        memory_used_bytes: int | None = None,
        tick: float | None = None,
        latency: float | None = None,
    ) -> None:
        """Change a fact of the device."""
        changes = {
            "sm_clock": sm_clock_mhz,
            "temperature": temperature_c,
            "reasons": throttle_reasons,
            "power_limit": None if power_limit_watts is None else round(power_limit_watts * 1000),
            "mem_used": memory_used_bytes,
            "tick": None if tick is None else _nanoseconds(tick),
            "latency": None if latency is None else round(latency * 1e6),
        }
        for key, value in changes.items():
            if value is not None:
                self._add(device, f"{key} {value}")

    # -- the truth, to check a meter against -------------------------------------------------

    def since_epoch(self, instant: float) -> float:
        """Seconds of a ``time.perf_counter()`` instant since the machine was made."""
        return instant - self._epoch * 1e-9

    def joules(self, start: float, end: float, device: int = 0) -> float:
        """What the device truly drew between two instants of ``time.perf_counter()``."""
        pieces: list[tuple[float, float]] = []
        steps: list[tuple[float, float]] = []
        for line in self.control.read_text().splitlines():
            when, target, key, *rest = line.split()
            if target != str(device):
                continue
            if key == "piece":
                pieces.append((int(rest[0]) * 1e-9, int(rest[1]) * 1e-6))
            elif key == "scale":
                steps.append((int(when) * 1e-9, int(rest[0]) * 1e-6))
        cursor, stop = self.since_epoch(start), self.since_epoch(end)
        factor, total = 1.0, 0.0
        for when_s, value in steps:
            if cursor < when_s < stop:
                total += factor * (played(pieces, when_s) - played(pieces, cursor))
                cursor = when_s
            if when_s < stop:
                factor = value
        return total + factor * (played(pieces, stop) - played(pieces, cursor))

    def _add(self, device: int | str, line: str) -> None:
        text = f"{max(_monotonic() - self._epoch, 1)} {device} {line}\n"
        descriptor = os.open(self.control, os.O_WRONLY | os.O_APPEND)
        try:  # one write, so that lines of several processes do not mix
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def _monotonic() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _joined(first: Path, variable: str) -> str:
    rest = [part for part in os.environ.get(variable, "").split(os.pathsep) if part]
    return os.pathsep.join([str(first), *(part for part in rest if part != str(first))])
