"""What a workload says of itself: a few scalars that are stored with its runs and shown.

They end up in files that are committed and shared, so no absolute path stays in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_inferenergy.baselines.fields import LARGEST, is_absolute, line_problem
from pytest_inferenergy.names import unknown_task

Scalar = str | int | float | bool


def description_problem(description: object) -> str | None:
    """Why a description cannot be stored, in one line; ``None`` where it can."""
    if not isinstance(description, Mapping):
        return f"description={description!r:.80}: must be a dict"
    for name, value in description.items():
        problem = line_problem(name) if isinstance(name, str) else "must be a text"
        if problem is not None:
            return f"description: the name {name!r:.80} {problem}"
        problem = _value_problem(value)
        if problem is not None:
            return f"description: {name}={value!r:.80} {problem}"
    if "task" in description:
        return unknown_task(description["task"])
    return None


def _value_problem(value: object) -> str | None:
    if isinstance(value, str):
        return line_problem(_stored(value))
    if not isinstance(value, bool | int | float):
        return "must be a text, a number, True or False"
    return None if abs(value) <= LARGEST else "must be finite and of plausible size"


def described(description: Mapping[str, Scalar], task: str | None = None) -> dict[str, Any]:
    """The description as it is stored, sorted, with the task that the test names.

    Of an absolute path, such as a local model's, the last part stays; floats keep four digits.
    """
    named = ({} if task is None else {"task": task}) | dict(description)
    return {name: _stored(named[name]) for name in sorted(named)}


def _stored(value: Scalar) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, str) and is_absolute(value):
        parts = [part for part in re.split(r"[/\\]", value) if part]
        return parts[-1] if parts else "folder"
    return value
