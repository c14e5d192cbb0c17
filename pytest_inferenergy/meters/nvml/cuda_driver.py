"""What the CUDA driver shows a process, asked without initialising it in this one.

``cuInit`` in the test process would break the processes that tests fork later, so a process of its
own asks: this file, run as a script. It applies the environment as the driver does.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import uuid

ANSWER_SECONDS = 30.0
"""A driver without persistence takes some seconds for many GPUs."""
NO_DEVICE = 100
Popen = subprocess.Popen  # tests replace it in its module

_asked: dict[tuple[str | None, ...], tuple[str, ...] | None] = {}


def cuda_visible_uuids() -> tuple[str, ...] | None:
    """UUIDs the driver shows to a process of this environment, by its numbers.

    ``None``: it cannot be asked. Asked once for each value of the variables that it applies.
    """
    names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "LD_LIBRARY_PATH")
    key = tuple(os.environ.get(name) for name in names)
    if key not in _asked:
        _asked[key] = _ask_a_child()
    return _asked[key]


def _ask_a_child() -> tuple[str, ...] | None:
    command = [sys.executable, "-I", "-S", __file__]
    try:
        child = Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None
    with child:
        try:
            told, _ = child.communicate(timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return None
    if child.returncode != 0:
        return None
    return tuple(told.decode("ascii", "replace").split())


def initialised_uuids() -> tuple[str, ...]:
    """The same of the driver that a framework initialised in this process; empty: none did."""
    library = _library()
    return () if library is None else _uuids(library) or ()


def _library() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None


def _uuids(cuda: ctypes.CDLL) -> tuple[str, ...] | None:
    """UUIDs of the devices of an initialised driver, as NVML spells them."""
    count = ctypes.c_int(0)
    if cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return None
    found = []
    for index in range(count.value):
        device, raw = ctypes.c_int(0), (ctypes.c_ubyte * 16)()
        if cuda.cuDeviceGet(ctypes.byref(device), index) != 0:
            return None
        if cuda.cuDeviceGetUuid(ctypes.byref(raw), device) != 0:
            return None
        found.append(f"GPU-{uuid.UUID(bytes=bytes(raw))}")
    return tuple(found)


def _main() -> int:
    """In the process of its own: print the UUIDs; not 0 where there is no driver."""
    library = _library()
    if library is None:
        return 1
    answer = library.cuInit(0)
    uuids = () if answer == NO_DEVICE else _uuids(library)
    if uuids is None:
        return 1
    print(*uuids)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
