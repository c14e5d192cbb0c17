"""The node id of a model that is measured without a test file: ``inferenergy::task[model]``."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final

FILE = "inferenergy"
"""What stands in the place of a test file; no such file need exist."""
RANDOM = "random:"
"""Before the name of an architecture that is built with random weights, without a download."""


def item_name(task: str, model: str) -> str:
    """The part of the node id behind the file."""
    return f"{task}[{model}]"


def is_model(nodeid: str) -> bool:
    """Whether a node id is a model's, and no test's."""
    return nodeid.startswith(f"{FILE}::")


def model_name(model: str, folder: Path, root: Path) -> str:
    """A model as it stands in a node id: as it was typed, but of a folder no absolute path.

    ``folder``: where it was typed. A folder below the rootdir is named by its way from there, any
    other one by its last part.
    """
    path = Path(os.path.abspath(folder / model))
    if not path.is_dir():
        return model
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def quoted(nodeid: str) -> str:
    """A node id for the shell, always in quotes, since parameters stand in brackets."""
    return f"'{nodeid}'" if "'" not in nodeid else shlex.quote(nodeid)


def again(nodeid: str) -> str:
    """What to give pytest to measure a test, or a model, once more."""
    if not is_model(nodeid):
        return quoted(nodeid)
    task, _, model = nodeid.partition("::")[2].partition("[")
    return (
        f"--energy-model {shlex.quote(model.removesuffix(']'))} --energy-task {shlex.quote(task)}"
    )


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
