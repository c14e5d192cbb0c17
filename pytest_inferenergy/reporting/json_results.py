"""The results as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_NUMBERS = re.compile(r"\[\n\s+([-+.\de]+(?:,\n\s+[-+.\de]+)*)\n\s+\]")
"""A list of numbers over several lines; no text of JSON holds a line break."""


def to_json(document: Mapping[str, Any]) -> str:
    """The text of ``--energy-json``: sorted keys, one a line; a list of numbers is one line."""
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"
