"""A digest of the inputs: data values alone can move a GPU's power, so a change must be seen."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Mapping
from typing import Any

MOST_BYTES = 64 << 20
"""Arrays beyond this are told apart by shape and type alone: copying them off would take long."""
DEEPEST = 20


def input_digest(*inputs: object, root: str = "") -> str:
    """Twelve hexadecimal digits for the values of strings, numbers, arrays and containers of them.

    What has no values of its own (a model, a client) counts with the name of its type. ``root``:
    a folder that is left out of texts, where two checkouts are to have equal digests.
    """
    digest = hashlib.sha256()
    _feed(digest, _without(inputs, root, DEEPEST) if root else inputs, DEEPEST)
    return digest.hexdigest()[:12]


def _without(value: Any, root: str, depth: int) -> Any:
    """The same inputs with the folder ``root`` left out of their texts."""
    if isinstance(value, str):
        return value.replace(root, "")
    if depth and type(value) in (list, tuple):
        return type(value)(_without(item, root, depth - 1) for item in value)
    if depth and type(value) is dict:
        return {key: _without(item, root, depth - 1) for key, item in value.items()}
    return value


def _feed(digest: Any, value: object, depth: int) -> None:
    kind = type(value)
    digest.update(f"<{kind.__module__}.{kind.__qualname__}>".encode())
    if value is None or depth == 0:
        return
    if isinstance(value, bool | int | float | complex | str):
        digest.update(repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, bytes | bytearray | memoryview):
        digest.update(f"{len(value)}:".encode())
        digest.update(value)
    elif isinstance(value, Mapping):
        _feed_unordered(digest, list(value.items()), depth)
    elif isinstance(value, set | frozenset):
        _feed_unordered(digest, list(value), depth)
    elif isinstance(value, list | tuple):
        digest.update(f"{len(value)}:".encode())
        for item in value:
            _feed(digest, item, depth - 1)
    else:
        _feed_array(digest, value)


def _feed_unordered(digest: Any, items: list[Any], depth: int) -> None:
    """The items by digests of their own, sorted: neither order nor hash seeds matter."""
    parts = []
    for item in items:
        part = hashlib.sha256()
        _feed(part, item, depth - 1)
        parts.append(part.digest())
    digest.update(f"{len(parts)}:".encode())
    for digits in sorted(parts):
        digest.update(digits)


def _feed_array(digest: Any, value: Any) -> None:
    """Shape, type and bytes of an array, a tensor or an image; whatever fails is left out."""
    shape = getattr(value, "shape", getattr(value, "size", None))
    kind = getattr(value, "dtype", getattr(value, "mode", None))
    if shape is None or kind is None:
        return
    with contextlib.suppress(Exception):
        digest.update(f"{tuple(shape)} {kind}".encode())
        if int(getattr(value, "nbytes", 0)) <= MOST_BYTES:
            digest.update(_bytes_of(value))


def _bytes_of(value: Any) -> bytes:
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1)
        value = flat.view(torch.uint8).numpy()
    found: bytes = value.tobytes()
    return found
