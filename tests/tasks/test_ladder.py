"""The named architectures are the study's: their parameters, counted without a byte of weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pytest_inferenergy import tasks
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.reference import rows
from pytest_inferenergy.tasks.architecture import Architecture
from pytest_inferenergy.tasks.building import build
from pytest_inferenergy.tasks.ladder import LADDER, find_architecture
from pytest_inferenergy.tasks.place import Place
from pytest_inferenergy.tasks.task import find

OF_TRANSFORMERS = [one for one in LADDER if one.kind != "diffusion" and one.study]
PARTIAL = ("ydshieh/vit-gpt2-coco-en",)
"""Of which the study lists the text decoder only."""
META = Place(torch.device("meta"), torch.float32)


KNOWN = {row.model: row.params_million for row in rows() if row.params_million}
"""Millions of parameters by model, as the study has them."""


def named(one: Architecture) -> str:
    return f"{one.kind}-{one.name}"


def counts_of(model: Any) -> list[float]:
    """Millions of parameters: of all, without the task's head, without the words it ends in.

    The study counted some models without their head, and T5 as if it ended in the words it begins
    with, which depends on the version of ``transformers``.
    """
    words = model.get_output_embeddings()
    whole = model.num_parameters()
    ends = 0 if words is None else sum(weight.numel() for weight in words.parameters())
    return [count / 1e6 for count in (whole, model.base_model.num_parameters(), whole - ends)]


@pytest.mark.parametrize("one", OF_TRANSFORMERS, ids=named)
def test_parameters_are_as_the_study_counted_them(one: Architecture) -> None:
    model = build(one, find((one.tasks or ("summarization",))[0]), META)
    counts = counts_of(model)
    for study in one.study:
        near = pytest.approx(KNOWN[study], rel=0.015)
        assert near in counts or study in PARTIAL, (study, counts)


PAINTERS = [("tiny-sd", 323), ("sd-1.5", 860), ("sd-2.1", 866), ("sdxl", 2567)]
"""Millions of parameters of the UNets, as their authors state them."""


@pytest.mark.parametrize(("name", "millions"), PAINTERS)
def test_the_unets_are_as_published(name: str, millions: int) -> None:
    diffusers = pytest.importorskip("diffusers")
    one = find_architecture(find("text-to-image"), name)
    with torch.device("meta"):
        unet = diffusers.UNet2DConditionModel(**one.config["unet"])
    assert unet.num_parameters() / 1e6 == pytest.approx(millions, abs=1)


@pytest.mark.parametrize("task", tasks.TASKS)
def test_each_task_has_a_tiny_one_and_two_sizes_of_the_study(task: str) -> None:
    direct = [one for one in tasks.architectures(task) if task in one.tasks]
    assert {"tiny", "small"} < {one.name for one in direct}
    assert len([one for one in direct if one.study]) >= 2
    names = [one.name for one in direct]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("task", ["text-classification", "question-answering", "summarization"])
def test_generators_are_offered_where_they_can_be_asked(task: str) -> None:
    names = [one.name for one in tasks.architectures(task)]
    assert {"flan-t5-large", "bloomz-560m"} < set(names)
    assert "flan-t5-large" not in [one.name for one in tasks.architectures("fill-mask")]


def test_a_model_of_the_study_is_found_by_its_id() -> None:
    one = find_architecture(find("text-generation"), "facebook/opt-1.3b")
    assert one.name == "opt-1.3b"


def test_a_name_that_is_almost_right_is_corrected() -> None:
    with pytest.raises(MisuseError, match=r"did you mean distilbert\?"):
        find_architecture(find("fill-mask"), "distlbert")


def test_an_architecture_of_another_task_says_which() -> None:
    with pytest.raises(MisuseError, match="resnet-50 is an architecture for image-classification"):
        find_architecture(find("text-classification"), "resnet-50")
