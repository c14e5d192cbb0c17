"""JSON as a baseline file holds it: strict to read, laid out for review and merging to write."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

LARGEST_FILE: Final = 50_000_000
"""Bytes; a thousand tests of twenty runs each take about ten million."""
DEEPEST_BLOCK: Final = 4
"""Objects nested deeper than this stay on one line: a run is a line."""

_CONFLICT: Final = re.compile(rb"^(<{7} |>{7} |={7}\r?$)", re.MULTILINE)


def decode(data: bytes) -> object:
    """Parse a file's bytes; `ValueError` says what is wrong and, where it can, what to do."""
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{len(data) / 1e6:.0f} MB is too large for a baseline file")
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse,
        )
    except RecursionError:
        raise ValueError("not a baseline file: nested too deeply") from None
    except ValueError as error:  # of decoding, of JSON, or ours
        if _CONFLICT.search(data):
            raise ValueError(
                "holds the markers of an unfinished git merge (<<<<<<<); each run is one line: "
                "keep the lines of both sides and delete the markers"
            ) from None
        raise ValueError(f"no valid JSON: {error}") from None


def encode(document: object) -> str:
    """Lay a document out: ASCII, sorted keys, one run a line, a newline at the end."""
    return _text(document, 0) + "\n"


def _text(value: object, depth: int) -> str:
    if depth <= DEEPEST_BLOCK and isinstance(value, dict) and _holds_objects(value.values()):
        items = [f"{_line(key)}: {_text(value[key], depth + 1)}" for key in sorted(value)]
        return _block("{", items, "}", depth)
    if depth <= DEEPEST_BLOCK and isinstance(value, list) and _holds_objects(value):
        return _block("[", [_text(item, depth + 1) for item in value], "]", depth)
    return _line(value)


def _block(opening: str, items: list[str], closing: str, depth: int) -> str:
    outer = "\n" + "  " * depth
    return opening + outer + "  " + f",{outer}  ".join(items) + outer + closing


def _line(value: object) -> str:
    # ASCII, so that no invisible character hides in a review.
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _holds_objects(values: Any) -> bool:
    return any(isinstance(value, dict) for value in values)


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
