"""Device memory: whether it grows over repeats, a sign that calls leave something behind."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Sequence

from pytest_inferenergy.meters.frameworks import torch_cuda

LEAST_GROWTH = 1 << 20
"""Growth below this many bytes over all windows is not worth a word."""


def device_memory() -> int | None:
    """Bytes of device memory that torch's tensors hold; ``None`` where torch has no device."""
    cuda = torch_cuda()
    if cuda is None:
        return None
    return sum(int(cuda.memory_allocated(index)) for index in range(cuda.device_count()))


def release_memory() -> None:
    """Give back what nobody holds any more, so that other processes can have it."""
    gc.collect()
    cuda = torch_cuda()
    if cuda is not None:
        cuda.empty_cache()


def grows(levels: Sequence[int | None]) -> bool:
    """Whether memory, read after each window, rises step by step rather than once.

    It must rise in three quarters of the steps, never fall back to where it began, and by at least
    1 MiB in all.
    """
    known = [level for level in levels if level is not None]
    if len(known) < 4:
        return False
    steps = [b - a for a, b in itertools.pairwise(known)]
    rising = sum(step > 0 for step in steps)
    return rising >= 0.75 * len(steps) and known[-1] - known[0] >= LEAST_GROWTH
