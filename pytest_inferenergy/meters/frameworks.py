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
