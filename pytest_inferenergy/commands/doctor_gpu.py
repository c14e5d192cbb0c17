"""What the doctor finds out of NVIDIA's GPUs: by asking, since initialising proves nothing."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError

if TYPE_CHECKING:
    from pytest_inferenergy.meters.nvml.gpu import Gpu

LOOK_SECONDS: Final = 1.2
"""For so long the counters are watched."""
ADVICE: Final = (
    (
        "shared library not found",
        "no NVIDIA driver is here; a container has to be given its host's: docker run --gpus all",
    ),
    ("driver not loaded", "load the driver: sudo modprobe nvidia"),
    (
        "version mismatch",
        "the driver was updated and the old one is still loaded: restart the machine",
    ),
    ("permission", "this user may not open /dev/nvidia*: see its group, ls -l /dev/nvidia*"),
    ("gpu is lost", "the GPU has fallen off the bus: restart the machine"),
)


def examine_gpus() -> dict[str, Any]:
    """Every GPU that NVML knows of, or why it knows of none."""
    from pytest_inferenergy.meters.nvml.gpu import all_gpus, open_library
    from pytest_inferenergy.meters.nvml.visible import gpus_in_use

    try:
        nvml = open_library()
        try:
            gpus = all_gpus(nvml)
            used = {gpu.uuid for gpu in gpus_in_use(gpus)}
            periods = counter_periods(gpus)
            devices = [
                _device(gpu, gpu.uuid in used, told)
                for gpu, told in zip(gpus, periods, strict=True)
            ]
            return {"problem": None, "advice": None, "devices": devices}
        finally:
            with contextlib.suppress(nvml.NVMLError):
                nvml.nvmlShutdown()
    except MeterError as error:
        return {"problem": str(error), "advice": advice(str(error)), "devices": []}


def advice(problem: str) -> str | None:
    """What to do about an answer of NVML."""
    return next((hint for part, hint in ADVICE if part in problem.lower()), None)


def counter_periods(gpus: tuple[Gpu, ...]) -> list[dict[str, Any]]:
    """Of each energy counter: whether it counts, and how often it moves."""
    found: list[dict[str, Any]] = [{"problem": None, "period_seconds": None} for _ in gpus]
    moves: list[list[float]] = [[] for _ in gpus]
    last: list[float | None] = [None for _ in gpus]
    end = time.perf_counter() + LOOK_SECONDS
    while time.perf_counter() < end:
        for index, gpu in enumerate(gpus):
            if found[index]["problem"] is not None:
                continue
            try:
                joules = gpu.joules()
            except MeterError as error:
                found[index]["problem"] = str(error)
                continue
            if last[index] is not None and joules != last[index]:
                moves[index].append(time.perf_counter())
            last[index] = joules
        time.sleep(0.001)
    for told, seen, joules_now in zip(found, moves, last, strict=True):
        if told["problem"] is None and joules_now == 0:
            told["problem"] = "answers 0, as on some virtual GPUs: not to be trusted"
        elif told["problem"] is None and len(seen) < 2:
            told["problem"] = f"did not move within {LOOK_SECONDS:g} s: it does not count"
        elif told["problem"] is None:
            told["period_seconds"] = _median_distance(seen)
    return found


def sample_period(gpu: Gpu) -> dict[str, Any]:
    """Of the ring of power samples: whether there are any, and how far apart."""
    try:
        stamps = sorted(stamp / 1e6 for stamp, _ in gpu.samples())
    except MeterError as error:
        return {"problem": str(error), "period_seconds": None}
    if len(stamps) < 3:
        return {"problem": "the ring of power samples is empty", "period_seconds": None}
    return {"problem": None, "period_seconds": _median_distance(stamps)}


def _median_distance(instants: list[float]) -> float:
    """The usual distance; what is stamped again within a millisecond counts once."""
    distances = [b - a for a, b in pairwise(instants) if b - a >= 1e-3]
    return median(distances) if distances else 0.0


def _device(gpu: Gpu, in_use: bool, counter: dict[str, Any]) -> dict[str, Any]:
    watts = None
    with contextlib.suppress(MeterError):
        watts = gpu.watts()
    since = int((time.time() - 1.0) * 1e6)
    return {
        "name": gpu.name,
        "identity": gpu.identity,
        "driver": gpu.driver(),
        "power_limit_watts": gpu.power_limit(),
        "power_watts": watts,
        "mig": gpu.mig(),
        "in_use": in_use,
        "counter": counter,
        "samples": sample_period(gpu),
        "processes_readable": gpu.processes() is not None,
        "work_readable": gpu.working_processes(since) is not None,
    }
