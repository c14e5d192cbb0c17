"""A digest of the inputs: data values alone can move a GPU's power, so a change must be seen."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

MOST_BYTES = 64 << 20
"""Arrays beyond this are told apart by shape and type alone: copying them off would take long."""
DEEPEST = 20


def input_digest(*inputs: object) -> str:
    """Twelve hexadecimal digits for the values of strings, numbers, arrays and containers of them.

    What has no values of its own (a model, a client) counts with the name of its type.
    """
    digest = hashlib.sha256()
    _feed(digest, inputs, DEEPEST)
    return digest.hexdigest()[:12]


def _feed(digest: Any, value: object, depth: int) -> None:
    kind = type(value)
    digest.update(f"<{kind.__module__}.{kind.__qualname__}>".encode())
    if value is None or depth == 0:
        return
    if isinstance(value, bool | int | float | complex | str):
        digest.update(repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, bytes | bytearray | memoryview):
        digest.update(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _feed(digest, key, depth - 1)
            _feed(digest, item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _feed(digest, item, depth - 1)
    else:
        _feed_array(digest, value)


def _feed_array(digest: Any, value: Any) -> None:
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or dtype is None:
        return
    digest.update(f"{tuple(shape)} {dtype}".encode())
    if int(getattr(value, "nbytes", MOST_BYTES + 1)) > MOST_BYTES:
        return
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    elif hasattr(value, "tobytes"):
        digest.update(value.tobytes())
