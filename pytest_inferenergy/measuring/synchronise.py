"""Wait for the devices: a window's edge must not fall before the work it encloses.

Frameworks are asked only where they are loaded and initialised; nothing is imported here.
"""

from __future__ import annotations

import sys
from typing import Any


def synchronise(result: object = None) -> None:
    """Block until the work issued so far is done; ``result`` is the last call's answer."""
    _torch()
    _cupy()
    _jax(result)


def _torch() -> None:
    torch: Any = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda"):  # only half imported
        return
    if torch.cuda.is_initialized():
        for index in range(torch.cuda.device_count()):
            # a device without memory of ours has no work of ours
            if torch.cuda.memory_reserved(index) > 0:
                torch.cuda.synchronize(index)
    mps = getattr(torch, "mps", None)
    if mps is not None and torch.backends.mps.is_available():
        mps.synchronize()
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available() and xpu.is_initialized():
        xpu.synchronize()


def _cupy() -> None:
    cupy: Any = sys.modules.get("cupy")
    if cupy is not None and hasattr(cupy, "cuda"):
        cupy.cuda.runtime.deviceSynchronize()


def _jax(result: object) -> None:
    jax: Any = sys.modules.get("jax")
    if jax is not None and hasattr(jax, "block_until_ready"):
        jax.block_until_ready(result)
