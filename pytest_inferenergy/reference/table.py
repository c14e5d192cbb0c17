"""The rows of the study's table."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal, cast

from pytest_inferenergy.errors import StudyError

Kind = Literal["task-specific", "multi-purpose"]

STUDY_TASKS: Final = {
    "text-classification": "text classification",
    "token-classification": "token classification",
    "fill-mask": "masked language modeling",
    "question-answering": "extractive question answering",
    "summarization": "summarization",
    "text-generation": "text generation",
    "image-classification": "image classification",
    "object-detection": "object detection",
    "image-to-text": "image captioning",
    "text-to-image": "image generation",
}
"""The ten tasks by our names, each with the name it has in the table."""

_PUBLISHED: Final = ("yes", "unclear")
"""``unclear``: three models of token classification that the paper's figures need."""


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one data set: the mean of ten runs of 1,000 inferences."""

    task: str
    dataset: str
    model: str
    """Id on the Hugging Face hub, as it was in 2023."""
    kind: Kind
    params_million: float | None
    """Parameters in millions, as published; `None` where the study lists none."""
    kwh_per_1k: float
    """Kilowatt-hours of the whole node for 1,000 inferences."""
    in_paper: bool
    """Whether it belongs to the published tables."""


@functools.cache
def rows() -> tuple[Row, ...]:
    """All rows but those of pictures in their original size, which the paper leaves out."""
    ours = {theirs: name for name, theirs in STUDY_TASKS.items()}
    text = resources.files(__package__).joinpath("power_hungry_2023.csv").read_text("utf-8")
    return tuple(
        Row(
            task=ours[line["task"]],
            dataset=line["dataset"],
            model=line["model"],
            kind=cast(Kind, line["architecture_kind"]),
            params_million=float(line["params_million"]) if line["params_million"] else None,
            kwh_per_1k=float(line["kwh_per_1k"]),
            in_paper=line["in_paper"] in _PUBLISHED,
        )
        for line in csv.DictReader(text.splitlines())
        if line["input_variant"] != "original size"
    )


def check_task(task: str) -> str:
    """The task, where it is one of the ten; else `StudyError` that lists them."""
    if task not in STUDY_TASKS:
        raise StudyError(f"the study has no task {task!r}: give one of {', '.join(STUDY_TASKS)}")
    return task
