"""Wait for the devices: a window's edge must not fall before the work it encloses.

Frameworks are asked only where they are loaded and initialised; nothing is imported here.
"""

from __future__ import annotations

from pytest_inferenergy.meters.frameworks import cupy_cuda, part_of, torch_cuda, torch_devices


def synchronise(result: object = None) -> None:
    """Block until the work issued so far is done; ``result`` is what it was to answer."""
    _torch()
    _cupy()
    _jax(result)


def _torch() -> None:
    for index in torch_devices():
        torch_cuda().synchronize(index)
    mps, backends = part_of("torch", "mps"), part_of("torch", "backends")
    if mps is not None and backends is not None and backends.mps.is_available():
        mps.synchronize()
    xpu = part_of("torch", "xpu")
    if xpu is not None and xpu.is_available() and xpu.is_initialized():
        xpu.synchronize()


def _cupy() -> None:
    cuda = cupy_cuda()
    if cuda is not None:
        cuda.runtime.deviceSynchronize()


def _jax(result: object) -> None:
    block_until_ready = part_of("jax", "block_until_ready")
    if block_until_ready is not None:
        block_until_ready(result)
