"""Which GPUs the work under test uses, asked of those who know.

These together: the devices of frameworks that are loaded and hold memory there, those on which a
process runs that this one started, and those on which this one itself works. Where there are none:
those on which it has a context. Where NVML's ids tell of none of our processes: those that CUDA
shows to this environment. What environment variables mean is left to the driver.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from pytest_inferenergy.clock import time
from pytest_inferenergy.meters.frameworks import cupy_cuda, torch_cuda, torch_devices
from pytest_inferenergy.meters.nvml.cuda_driver import cuda_visible_uuids, initialised_uuids
from pytest_inferenergy.meters.nvml.gpu import Gpu
from pytest_inferenergy.meters.nvml.processes import Family, one_unknown

LATELY = 1.0
"""This process works on a GPU where NVML saw it busy within so many seconds."""


def gpus_in_use(gpus: Sequence[Gpu], ours: Family | None = None) -> tuple[Gpu, ...]:
    """Those of ``gpus`` that the work uses; empty where this process can see none.

    ``ours``: the processes that do the work; by default this one and those it started.
    """
    ours = Family() if ours is None else ours
    held = framework_uuids()
    at_work = tuple(gpu for gpu in gpus if gpu.uuid in held or _is_at_work(gpu, ours))
    if at_work:
        return at_work
    context = tuple(gpu for gpu in gpus if os.getpid() in (gpu.processes() or ()))
    if context:
        return context
    current = _current_uuids()
    return tuple(gpu for gpu in gpus if gpu.uuid in current) or _visible(gpus)


def framework_uuids() -> frozenset[str]:
    """UUIDs of the devices that loaded and initialised frameworks hold; imports nothing."""
    return _torch_uuids(torch_devices()) | _cupy_uuids()


def _is_at_work(gpu: Gpu, ours: Family) -> bool:
    """Whether another process of ours runs there, or this one works there.

    That this one has a context alone says little: libraries make some that they never use.
    """
    own, holding = os.getpid(), gpu.processes() or frozenset()
    if any(pid != own and pid in ours for pid in holding):
        return True
    if own not in holding:
        return False
    working = gpu.working_processes(int((time.time() - LATELY) * 1e6)) or frozenset()
    return own in working or one_unknown(working)


def _current_uuids() -> frozenset[str]:
    """The device that torch would use next; it holds nothing yet, or no longer."""
    cuda = torch_cuda()
    return frozenset() if cuda is None else _torch_uuids([cuda.current_device()])


def _torch_uuids(indices: Sequence[int]) -> frozenset[str]:
    cuda = torch_cuda()
    uuids = (getattr(cuda.get_device_properties(i), "uuid", None) for i in indices)
    return frozenset(f"GPU-{uuid}" for uuid in uuids if uuid is not None)


def _cupy_uuids() -> frozenset[str]:
    cuda = cupy_cuda()
    if cuda is None:
        return frozenset()
    # CuPy's own text of a UUID ends at its first zero byte
    index = cuda.Device().id
    return frozenset(initialised_uuids()[index : index + 1])


def _visible(gpus: Sequence[Gpu]) -> tuple[Gpu, ...]:
    """Those that CUDA shows to this environment: all, unless somebody chose or a card is split."""
    is_split = any(gpu.mig() for gpu in gpus)
    if "CUDA_VISIBLE_DEVICES" not in os.environ and not is_split:
        return tuple(gpus)
    visible = cuda_visible_uuids()
    if visible is None:
        return tuple(gpus)
    # slices of a card have UUIDs of their own: the cards they may belong to are refused later
    seen = tuple(gpu for gpu in gpus if gpu.uuid in visible)
    return seen or tuple(gpu for gpu in gpus if visible and gpu.mig())
