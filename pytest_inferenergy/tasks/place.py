"""Where a model lives, and with what numbers it counts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.extras import need


@dataclass(frozen=True)
class Place:
    """A device and a type of numbers of ``torch``."""

    device: Any
    dtype: Any

    @property
    def dtype_name(self) -> str:
        """Such as ``float32``."""
        return str(self.dtype).removeprefix("torch.")

    @contextlib.contextmanager
    def building(self, seed: int = 0) -> Iterator[None]:
        """Here modules are made with their weights in this place, the same each time.

        A GPU draws the weights of a large model in a second, where its host takes a minute. The
        random numbers of everybody else go on as if nothing had been drawn.
        """
        torch = need("torch")
        before = torch.get_default_dtype()
        gpus = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(gpus), torch.device(self.device):
            torch.manual_seed(seed)
            torch.set_default_dtype(self.dtype)
            try:
                yield
            finally:
                torch.set_default_dtype(before)


def find_place(device: Any = "auto", dtype: Any = None) -> Place:
    """The place named: ``auto`` is the GPU, else Apple's, else the CPU; numbers are float32."""
    torch = need("torch")
    if device == "auto":
        device = _best(torch)
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError):
        raise MisuseError(f"device={device!r}: give auto, cpu, cuda, cuda:1 or mps") from None
    if found.type == "cuda":
        if not torch.cuda.is_available():
            raise MisuseError(f"device={device!r}: torch {torch.__version__} sees no CUDA device")
        found = torch.device(
            "cuda", torch.cuda.current_device() if found.index is None else found.index
        )
    kind = torch.float32 if dtype is None else dtype
    if isinstance(dtype, str):
        kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise MisuseError(f"dtype={dtype!r}: give float32, float16 or bfloat16")
    return Place(found, kind)


def _best(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
