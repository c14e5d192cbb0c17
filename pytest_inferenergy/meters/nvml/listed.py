"""Whether a GPU is listed on this machine, though perhaps no energy can be asked of it."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.gpu import open_library

DEVICES: Final = Path("/dev")


def gpu_is_listed() -> bool:
    """By the system, as the device of a driver (Linux), or by NVML.

    A container that was given no GPU sees no such device, whatever its host has.
    """
    with contextlib.suppress(OSError):
        if any(re.fullmatch(r"nvidia\d+", path.name) for path in DEVICES.iterdir()):
            return True
    try:
        nvml = open_library()
    except MeterError:
        return False
    try:
        return int(nvml.nvmlDeviceGetCount()) > 0
    except nvml.NVMLError:
        return False
    finally:
        with contextlib.suppress(nvml.NVMLError):
            nvml.nvmlShutdown()
