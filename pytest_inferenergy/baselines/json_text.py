"""JSON as a baseline file holds it: strict to read, plain to write."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

LARGEST_FILE: Final = 50_000_000
"""Bytes; a thousand tests of twenty runs each take about ten million."""

_CONFLICT: Final = re.compile(rb"^(<{7} |>{7} |={7}\r?$)", re.MULTILINE)


class TooLargeError(ValueError):
    """A file of a size that no baselines have."""


def decode(data: bytes) -> object:
    """Parse a file's bytes; `ValueError` says what is wrong and, where it can, what to do."""
    try:
        return loads(text_of(data))
    except TooLargeError:
        raise
    except ValueError as error:  # of decoding, of JSON, or ours
        if _CONFLICT.search(data):
            raise ValueError(
                "holds the markers of an unfinished git merge (<<<<<<<); each run is one line: "
                "keep the lines of both sides and delete the markers"
            ) from None
        raise ValueError(f"no valid JSON: {error}") from None


def text_of(data: bytes) -> str:
    """A file's bytes as text, whatever its line ends; `ValueError` where they are none."""
    if len(data) > LARGEST_FILE:
        raise TooLargeError(f"{len(data) / 1e6:.0f} MB is too large for a baseline file")
    return data.decode("utf-8-sig").replace("\r\n", "\n")


def loads(text: str) -> object:
    """Parse JSON; `ValueError` for what is none, and for a key that comes twice."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def line(value: object) -> str:
    """A value on one line: ASCII, so that no invisible character hides in a review, keys sorted."""
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:80]!a} occurs twice in one object")
            seen.add(key)
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse)
