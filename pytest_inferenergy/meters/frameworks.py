"""The frameworks that are loaded and at work on a GPU; nothing is imported or initialised here."""

from __future__ import annotations

import sys
from typing import Any


def part_of(module: str, name: str) -> Any:
    """A part of a module that is loaded; ``None`` where it is not, or is half loaded or broken."""
    try:
        return getattr(sys.modules.get(module), name, None)
    except Exception:
        return None


COMPILERS = ("torch._dynamo", "jax", "numba", "tensorflow", "triton", "cupy", "tvm", "openvino")
"""Where one of these is loaded, a first call may compile; they are loaded where they are used."""


def has_compiled() -> bool:
    """Whether a first call may have compiled code, or loaded a GPU's, as far as we know."""
    return torch_cuda() is not None or any(name in sys.modules for name in COMPILERS)


def torch_cuda() -> Any:
    """``torch.cuda`` where torch has begun to use it, else ``None``."""
    cuda = part_of("torch", "cuda")
    return cuda if cuda is not None and cuda.is_initialized() else None


def torch_devices() -> list[int]:
    """The devices on which torch holds memory: where it holds none it has no work."""
    cuda = torch_cuda()
    if cuda is None:
        return []
    return [i for i in range(cuda.device_count()) if cuda.memory_reserved(i) > 0]


def cupy_cuda() -> Any:
    """``cupy.cuda`` where this thread has a CUDA context, else ``None``.

    Other questions to CuPy would make a context where there is none yet.
    """
    cuda = part_of("cupy", "cuda")
    try:
        return cuda if cuda is not None and cuda.driver.ctxGetCurrent() else None
    except Exception:  # no driver, no device, or not begun: each has an error of its own
        return None


def torch_accelerator() -> Any:
    """The module of an accelerator that is none of torch's own three (CUDA, MPS, XPU)."""
    current = part_of("torch.accelerator", "current_accelerator")
    try:  # what torch was compiled for; asking does not initialise it
        device = None if current is None else current()
    except Exception:
        return None
    if device is None or device.type in ("cuda", "mps", "xpu"):
        return None
    return part_of("torch", device.type)


def numba_devices() -> list[int]:
    """The devices on which numba has a CUDA context."""
    driver = part_of("numba.cuda.cudadrv.driver", "driver")
    try:
        if driver is None or not driver.is_initialized or driver.initialization_error:
            return []
        return [i for i, device in driver.devices.items() if device.primary_context is not None]
    except Exception:  # no driver, or a numba that keeps this elsewhere
        return []


def tensorflow_is_eager() -> bool:
    """Whether TensorFlow has begun, and may be asked to wait: not within a graph."""
    context_safe = part_of("tensorflow.python.eager.context", "context_safe")
    try:
        context = None if context_safe is None else context_safe()
        return bool(context is not None and context._initialized and context.executing_eagerly())
    except Exception:
        return False


def jax_devices() -> list[Any]:
    """The devices of this process in all of JAX's backends that have begun."""
    backends = part_of("jax._src.xla_bridge", "_backends")
    try:
        return [device for client in dict(backends).values() for device in client.local_devices()]
    except Exception:  # none is loaded, or a JAX that keeps them elsewhere
        return []
