"""Wait for the devices: a window's edge must not fall before the work it encloses.

Every framework that is loaded and initialised is asked, whatever the call returned; nothing is
imported or initialised here.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from pytest_inferenergy.meters.frameworks import (
    cupy_cuda,
    jax_devices,
    numba_devices,
    part_of,
    tensorflow_is_eager,
    torch_accelerator,
    torch_cuda,
    torch_devices,
)


def synchronise(result: object = None) -> None:
    """Block until the work issued so far is done; ``result`` is what it was to answer."""
    _torch()
    _cupy()
    _numba()
    _tensorflow()
    _jax(result)


def _torch() -> None:
    for index in torch_devices():
        torch_cuda().synchronize(index)
    mps, backends = part_of("torch", "mps"), part_of("torch", "backends")
    if mps is not None and backends is not None and backends.mps.is_available():
        mps.synchronize()
    for device in (part_of("torch", "xpu"), torch_accelerator()):
        if device is not None and device.is_available() and device.is_initialized():
            for index in range(device.device_count()):
                device.synchronize(index)


def _cupy() -> None:
    cuda = cupy_cuda()
    if cuda is not None:
        cuda.runtime.deviceSynchronize()


def _numba() -> None:
    for index in numba_devices():
        with part_of("numba.cuda", "gpus")[index]:
            part_of("numba.cuda", "synchronize")()


def _tensorflow() -> None:
    if tensorflow_is_eager():
        part_of("tensorflow", "test").experimental.sync_devices()


def _jax(result: object) -> None:
    block_until_ready = part_of("jax", "block_until_ready")
    if block_until_ready is None:
        return
    try:
        block_until_ready(result)
    except (TypeError, ValueError):  # no tree: keys of a dict that cannot be sorted
        pass
    except RuntimeError as error:
        if "deleted or donated" not in str(error):
            raise
    for device in jax_devices():
        # JAX has no call that waits for a device. It runs what one thread dispatches to a device
        # in order, so the last of it is waited for; also that whose results nobody holds
        with contextlib.suppress(Exception):
            scalar = part_of("jax", "device_put")(0.0, device)
            _last(part_of("jax", "jit"))(scalar).block_until_ready()


@functools.lru_cache(maxsize=1)
def _last(jit: Any) -> Any:
    """A computation of next to nothing, compiled once for each device."""
    return jit(lambda scalar: -scalar)
