"""Which GPUs this process uses, asked of those who know; environment variables are never parsed.

In this order: the frameworks that are loaded and initialised (their devices, by UUID), then the
GPUs on which this process or its children run, then those the CUDA driver shows to this process.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

from pytest_inferenergy.meters.frameworks import cupy_cuda, torch_cuda, torch_devices
from pytest_inferenergy.meters.nvml_gpu import Gpu
from pytest_inferenergy.meters.processes import Family


def gpus_in_use(gpus: Sequence[Gpu]) -> tuple[Gpu, ...]:
    """Those of ``gpus`` that the work in this process uses; empty where it can see none."""
    uuids = framework_uuids()
    if uuids:
        chosen = tuple(gpu for gpu in gpus if gpu.uuid in uuids)
        if chosen:
            return chosen
    ours = Family()
    running = tuple(g for g in gpus if any(pid in ours for pid in g.processes() or ()))
    if running:
        return running
    visible = cuda_visible_uuids()
    if visible is None:
        return tuple(gpus)
    # slices of a card have UUIDs of their own: the cards they may belong to are refused later
    seen = tuple(gpu for gpu in gpus if gpu.uuid in visible)
    return seen or tuple(gpu for gpu in gpus if visible and gpu.mig())


def framework_uuids() -> frozenset[str]:
    """UUIDs of the devices that loaded and initialised frameworks hold; imports nothing."""
    return _torch_uuids() | _cupy_uuids()


def _torch_uuids() -> frozenset[str]:
    cuda = torch_cuda()
    if cuda is None:
        return frozenset()
    used = torch_devices() or [cuda.current_device()]
    uuids = (getattr(cuda.get_device_properties(i), "uuid", None) for i in used)
    return frozenset(f"GPU-{uuid}" for uuid in uuids if uuid is not None)


def _cupy_uuids() -> frozenset[str]:
    cuda = cupy_cuda()
    if cuda is None:
        return frozenset()
    # CuPy's own text of a UUID ends at its first zero byte
    visible, index = cuda_visible_uuids() or (), cuda.Device().id
    return frozenset(visible[index : index + 1])


def cuda_visible_uuids() -> tuple[str, ...] | None:
    """UUIDs the CUDA driver shows to this process, by its numbers; ``None``: no driver library.

    The driver itself applies ``CUDA_VISIBLE_DEVICES`` and ``CUDA_DEVICE_ORDER``. Asked last, since
    initialising it in a process that then forks is not free of side effects.
    """
    try:
        cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
    no_device = 100
    answer = cuda.cuInit(0)
    if answer == no_device:
        return ()
    count = ctypes.c_int(0)
    if answer != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return None
    found = []
    for index in range(count.value):
        device, raw = ctypes.c_int(0), (ctypes.c_ubyte * 16)()
        if cuda.cuDeviceGet(ctypes.byref(device), index) != 0:
            return None
        if cuda.cuDeviceGetUuid(ctypes.byref(raw), device) != 0:
            return None
        found.append(_uuid_text(bytes(raw)))
    return tuple(found)


def _uuid_text(raw: bytes) -> str:
    """NVML's spelling of a 16-byte UUID."""
    import uuid

    return f"GPU-{uuid.UUID(bytes=raw)}"
