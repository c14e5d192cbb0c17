"""The results as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_inferenergy.errors import InferenergyError

SCHEMA = 1


def write_json(
    path: Path,
    outcomes: Sequence[Mapping[str, Any]],
    comparisons: Sequence[Mapping[str, Any]],
    *,
    settings: Mapping[str, Any],
    summary: str,
    against: Mapping[str, Any] | None = None,
) -> None:
    """Write the results; raises `InferenergyError` naming the path where that fails."""
    data = {
        "schema": SCHEMA,
        "settings": dict(settings),
        "summary": summary,
        "measurements": [dict(outcome) for outcome in outcomes],
        "comparisons": [dict(comparison) for comparison in comparisons],
    }
    if against is not None:
        data["against"] = dict(against)
    text = json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise InferenergyError(f"--energy-json: cannot write {path}: {error.strerror}") from error
