"""The names of the ten tasks. Imports nothing: markers are checked with it during collection."""

from __future__ import annotations

from typing import Final

TASKS: Final = (
    "text-classification",
    "token-classification",
    "fill-mask",
    "question-answering",
    "summarization",
    "text-generation",
    "image-classification",
    "object-detection",
    "image-to-text",
    "text-to-image",
)
"""As the model hub names them."""


def unknown_task(task: object) -> str | None:
    """Why a task is none of the ten, in one line that lists them; ``None`` where it is one."""
    if isinstance(task, str) and task in TASKS:
        return None
    return f"unknown task {task!r:.80}: give one of {', '.join(TASKS)}"
