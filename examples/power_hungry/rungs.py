"""What is measured: rungs of the ladder, and the steps of the three sweeps. Data, no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_inferenergy import tasks
from pytest_inferenergy.measure.workload import Workload


@dataclass(frozen=True)
class Rung:
    """A model at a task, and what else `tasks.load` is told."""

    task: str
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Its name in the test's id."""
        told = [f"{name}={value}" for name, value in self.options.items()]
        return "-".join([self.task, self.model, *told])

    def load(self) -> Workload:
        """The model with random weights, on the GPU where there is one."""
        return tasks.load(self.task, self.model, random_weights=True, **self.options)


def _rungs(models: Mapping[str, Sequence[str]], **options: Any) -> list[Rung]:
    return [Rung(task, model, options) for task, names in models.items() for model in names]


SECONDS = {"small": 1.0, "full": 4.0}
"""Measuring of one rung, beyond its warm-up."""

_SIZES = ("tiny", "small")
_QUICK = [
    *_rungs({"image-to-text": _SIZES}, max_new_tokens=5),
    *_rungs({"text-to-image": _SIZES}, steps=5),
]
_OTHERS = [task for task in tasks.TASKS if task not in ("image-to-text", "text-to-image")]

LADDER = {
    "small": _rungs(dict.fromkeys(_OTHERS, _SIZES)) + _QUICK,
    "full": _rungs(
        {
            "text-classification": (
                "distilbert", "roberta-base", "xlm-roberta-base", "roberta-large",
            ),
            "token-classification": (
                "distilbert-cased", "bert-base-cased", "bert-large-cased", "xlm-roberta-large",
            ),
            "fill-mask": ("distilbert", "albert-base", "bert-base", "deberta-base"),
            "question-answering": (
                "distilbert-cased", "electra-base", "bert-large", "mdeberta-v3-base",
            ),
            "image-classification": (
                "mobilenet-v1-0.75-192", "resnet-18", "resnet-50", "vit-b-16-224",
                "vit-b-16-384", "convnextv2-tiny",
            ),
            "object-detection": (
                "yolos-tiny", "detr-resnet-50", "deformable-detr", "yolos-small",
            ),
            "text-generation": ("distilgpt2", "gpt2", "opt-1.3b", "opt-6.7b", "gpt2-xl"),
            "summarization": ("bart-base", "distilbart", "bart-large", "pegasus"),
            "image-to-text": ("git-base", "vit-gpt2", "blip-base", "blip-2"),
            "text-to-image": ("tiny-sd", "sd-1.5", "sd-2.1", "sdxl"),
        }
    ),
}  # fmt: skip
"""Models made for their task, small to large; those of ``full`` are the study's."""

MULTI_PURPOSE = {
    "small": _rungs({"text-classification": ("tiny-t5", "small-t5")}),
    "full": _rungs(
        {"text-classification": ("flan-t5-base", "flan-t5-large", "flan-t5-xl", "bloomz-560m")}
    ),
}
"""Generators that are asked to do what others were made for."""


def _sweep(task: str, models: Sequence[str], option: str, values: Sequence[Any]) -> list[Rung]:
    more = {"steps": 5} if task == "text-to-image" else {}
    return [Rung(task, model, {option: value, **more}) for model in models for value in values]


OUTPUT_LENGTH = {
    "small": _sweep("summarization", ("small", "small-t5"), "max_new_tokens", (8, 32)),
    "full": _sweep(
        "summarization", ("bart-base", "flan-t5-base"), "max_new_tokens", (10, 20, 40, 80)
    ),
}
"""A task-specific and a multi-purpose model side by side."""

IMAGE_SIZE = {
    "small": _sweep("image-classification", ("small",), "image_size", (64, 128, 192)),
    "full": [
        *_sweep("image-classification", ("vit-b-16-224",), "image_size", (224, 384, 512)),
        *_sweep("text-to-image", ("sd-1.5",), "image_size", (256, 512, 768)),
    ],
}

PARAMETERS = {
    "small": _rungs({"text-generation": _SIZES}),
    "full": _rungs(
        {
            "text-generation": ("distilgpt2", "gpt2", "gpt2-medium", "gpt2-xl"),
            "text-classification": ("distilbert", "roberta-base", "roberta-large"),
        }
    ),
}
