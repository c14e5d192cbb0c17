"""The results as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_json(document: Mapping[str, Any]) -> str:
    """The text of ``--energy-json``: sorted keys, one a line, of the document and its measurements.

    What lies deeper is one line: the encoder written in C knows no other way, and takes a tenth of
    the time. Raises ``TypeError`` or ``ValueError`` for what is no JSON.
    """
    return f"{_object(document, '')}\n"


def _object(data: Mapping[str, Any], pad: str) -> str:
    inner = f"{pad} "
    lines = [f"{inner}{_compact(key)}: {_value(data[key], inner)}" for key in sorted(data)]
    return "{\n" + ",\n".join(lines) + f"\n{pad}}}" if lines else "{}"


def _value(value: object, pad: str) -> str:
    if pad == " " and isinstance(value, Mapping):
        return _object(value, pad)
    if (
        pad == " "
        and isinstance(value, list)
        and value
        and all(isinstance(item, Mapping) for item in value)
    ):
        inner = f"{pad} "
        items = [f"{inner}{_object(item, inner)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{pad}]"
    return _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)
