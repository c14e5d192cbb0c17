"""The named architectures: models of the study that are built from a configuration alone."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.task import Task, find

DIRECT: Mapping[str, tuple[str, ...]] = {
    "encoder": ("text-classification", "token-classification", "fill-mask", "question-answering"),
    "summarizer": ("summarization",),
    "causal": ("text-generation",),
    "seq2seq": (),
    "classifier": ("image-classification",),
    "detector": ("object-detection",),
    "captioner": ("image-to-text",),
    "diffusion": ("text-to-image",),
}
"""The tasks that a kind of model is made for."""

GENERATORS = ("causal", "seq2seq")
"""The kinds that can be asked, in words, to do tasks that they were not made for."""


@dataclass(frozen=True)
class Architecture:
    """A model as a configuration, to be filled with random weights.

    ``config`` holds the arguments of the configuration ``model_type`` of ``transformers``; for
    text-to-image, those of `pytest_inferenergy.tasks.diffusion`.
    """

    name: str
    kind: str
    model_type: str
    config: Mapping[str, Any]
    study: tuple[str, ...] = ()
    """The ids of the models of the study that have this architecture."""
    image_size: tuple[int, int] | None = None
    """Height and width of an image as the model gets it, or makes it; pixels."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks it is made for."""
        return DIRECT[self.kind]

    def answers(self, task: Task) -> bool:
        """Whether it can do a task at all: made for it, or by asking."""
        return task.name in self.tasks or (task.prompt is not None and self.kind in GENERATORS)


def architectures(task: str) -> tuple[Architecture, ...]:
    """The named architectures for a task, those made for it first."""
    from pytest_inferenergy.tasks.ladder import LADDER

    wanted = find(task)
    able = [one for one in LADDER if one.answers(wanted)]
    return tuple(sorted(able, key=lambda one: wanted.name not in one.tasks))


def study_model(one: Architecture, task: str) -> str | None:
    """The model of the study that it stands for at a task; ``None``: the study had none there."""
    from pytest_inferenergy.reference import rows

    recorded = {row.model for row in rows() if row.task == task}
    return next((model for model in one.study if model in recorded), None)


def find_architecture(task: Task, name: str) -> Architecture:
    """The architecture of that name, or of that model of the study, for a task."""
    from pytest_inferenergy.tasks.ladder import LADDER

    able = architectures(task.name)
    for one in able:
        if name == one.name or name in one.study:
            return one
    names = [one.name for one in able]
    others = sorted({does for one in LADDER if one.name == name for does in one.tasks})
    if others:
        raise MisuseError(
            f"{name} is an architecture for {', '.join(others)}, not for {task.name}; "
            f"for that there are {', '.join(names)}"
        )
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise MisuseError(
        f"{name!r} is no named architecture for {task.name} (random_weights=True): {hint}"
    )
