"""The named architectures: models of the study that are built from a configuration alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.tasks.task import Task

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


def study_model(one: Architecture, task: str) -> str | None:
    """The model of the study that it stands for at a task; ``None``: the study had none there."""
    from pytest_inferenergy.reference import rows

    recorded = {row.model for row in rows() if row.task == task}
    return next((model for model in one.study if model in recorded), None)
