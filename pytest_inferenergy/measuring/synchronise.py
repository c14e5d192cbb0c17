"""Wait for the devices: a window's edge must not fall before the work it encloses.

Frameworks are asked only where they are loaded and initialised; nothing is imported here.
"""

from __future__ import annotations

import sys
from typing import Any

from pytest_inferenergy.meters.frameworks import cupy_cuda, torch_cuda, torch_devices


def synchronise(result: object = None) -> None:
    """Block until the work issued so far is done; ``result`` is what it was to answer."""
    _torch()
    _cupy()
    _jax(result)


def _torch() -> None:
    for index in torch_devices():
        torch_cuda().synchronize(index)
    torch: Any = sys.modules.get("torch")
    mps = getattr(torch, "mps", None)
    if mps is not None and torch.backends.mps.is_available():
        mps.synchronize()
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available() and xpu.is_initialized():
        xpu.synchronize()


def _cupy() -> None:
    cuda = cupy_cuda()
    if cuda is not None:
        cuda.runtime.deviceSynchronize()


def _jax(result: object) -> None:
    jax: Any = sys.modules.get("jax")
    if jax is not None and hasattr(jax, "block_until_ready"):
        jax.block_until_ready(result)
