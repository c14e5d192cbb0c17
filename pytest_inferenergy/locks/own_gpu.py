"""A GPU for each test worker, where the machine has several and nobody has shared them out."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.locks.files import lock_file, make_ready

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""CUDA reads it when it is initialised, and shows the process these devices alone."""


def own_a_gpu(worker: int) -> Any:
    """Show this process one GPU; returns what must be kept for as long as it is owned.

    ``worker`` is its number, from 0. Nothing happens where `VISIBLE` is set (whatever it says is
    somebody's decision), where CUDA is at work already, and where there are not several whole GPUs.
    With more workers than GPUs some share one, and take turns at measuring.
    """
    if VISIBLE in os.environ:
        return None
    from pytest_inferenergy.meters.frameworks import cupy_cuda, torch_cuda

    if torch_cuda() is not None or cupy_cuda() is not None:
        return None
    uuids = _uuids()
    if len(uuids) < 2:
        return None
    import filelock

    first = worker % len(uuids)
    for uuid in uuids[first:] + uuids[:first]:
        path = lock_file(f"own-{uuid}")
        lock = filelock.FileLock(path)
        with contextlib.suppress(filelock.Timeout, OSError):
            make_ready(path)
            lock.acquire(timeout=0)
            os.environ[VISIBLE] = uuid
            return lock
    os.environ[VISIBLE] = uuids[first]
    return None


def _uuids() -> list[str]:
    """UUIDs of the machine's GPUs; none where one is split, or NVML does not answer."""
    from pytest_inferenergy.meters.nvml.gpu import all_gpus, open_library

    try:
        nvml = open_library()
    except MeterError:
        return []
    try:
        gpus = all_gpus(nvml)
        return [] if any(gpu.mig() for gpu in gpus) else [gpu.uuid for gpu in gpus]
    except MeterError:
        return []
    finally:
        with contextlib.suppress(nvml.NVMLError):
            nvml.nvmlShutdown()
