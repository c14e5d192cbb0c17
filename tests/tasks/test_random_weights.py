"""Named architectures with random weights: every task answers, and says what it measured."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from pytest_inferenergy import tasks
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.tasks.task import find

ASKED = ("text-classification", "question-answering", "summarization")


def load(task: str, name: str = "tiny", **options: Any) -> Workload:
    if task == "text-to-image":
        pytest.importorskip("diffusers")
        options.setdefault("steps", 2)
    return tasks.load(task, name, device="cpu", random_weights=True, **options)


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("task", tasks.TASKS)
def test_every_task_answers_a_batch(task: str, batch_size: int) -> None:
    workload = load(task, batch_size=batch_size)
    assert workload.inferences == batch_size
    assert len(workload()) == batch_size
    assert workload.description["task"] == task
    assert workload.description["batch_size"] == batch_size
    assert workload.description["dtype"] == "float32"
    assert workload.description["device"] == "cpu"
    assert workload.description["multi_purpose"] is False
    assert int(workload.description["parameters"]) > 10_000
    assert workload.images == (batch_size if task == "text-to-image" else None)


@pytest.mark.parametrize(
    "task", ["text-generation", "summarization", "image-to-text", *(f"{task}!" for task in ASKED)]
)
def test_generators_write_so_many_tokens_and_no_other_number(task: str) -> None:
    task, asked = task.rstrip("!"), task.endswith("!")
    name = "tiny-t5" if asked else "tiny"
    workload = load(task, name, batch_size=2, max_new_tokens=7)
    starts = 0 if task == "text-generation" else 1  # the token that the decoder begins with
    assert [len(ids) - starts for ids in workload()] == [7, 7]
    assert workload.tokens == 14
    assert workload.prefill is not None
    assert workload.inputs is not None
    assert [len(ids) - starts for ids in workload.prefill(workload.inputs[0])] == [1, 1]


@pytest.mark.parametrize("task", ASKED)
@pytest.mark.parametrize("name", ["tiny-t5", "gpt2"])
def test_a_generator_at_another_task_is_asked(
    task: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    specific = load(task)
    if name == "gpt2":  # a decoder alone, made small
        from pytest_inferenergy.tasks import from_random
        from pytest_inferenergy.tasks.ladder import find_architecture

        tiny = find_architecture(find("text-generation"), "tiny")
        monkeypatch.setattr(from_random, "find_architecture", lambda *_: tiny)
    workload = load(task, name)
    assert workload.description["multi_purpose"] is True
    assert workload.tokens == find(task).prompted_tokens
    assert specific.description["multi_purpose"] is False
    assert workload.prompt_tokens is not None
    assert workload.prompt_tokens > (find(task).input_tokens or 0)


def test_an_architecture_of_the_study_names_the_model_it_stands_for() -> None:
    workload = load("image-classification", "resnet-18")
    assert workload.description["study_model"] == "microsoft/resnet-18"
    assert "study_model" not in load("image-classification").description


def test_prompt_tokens_are_those_of_the_whole_batch() -> None:
    assert load("text-generation", batch_size=3).prompt_tokens == 96
    assert load("image-to-text").prompt_tokens is None  # an image is no tokens
    assert load("fill-mask").prompt_tokens is None


def test_weights_and_inputs_are_the_same_each_time_and_leave_no_trace() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first, second = load("text-generation"), load("text-generation")
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_default_dtype() is torch.float32
    assert first() == second()
    assert first.digest() == second.digest()


def test_the_digest_is_of_inputs_and_lengths_and_not_of_the_model() -> None:
    small, other = load("text-classification"), load("text-classification", dtype="bfloat16")
    assert small.digest() == other.digest()
    assert load("text-generation").digest() != load("text-generation", batch_size=2).digest()
    assert load("text-generation").digest() != load("text-generation", max_new_tokens=5).digest()
    drawn = load("image-classification"), load("image-classification", image_size=48)
    assert drawn[0].digest() != drawn[1].digest()


@pytest.mark.parametrize("dtype", ["bfloat16", torch.float16, None])
def test_numbers_of_another_type(dtype: Any) -> None:
    workload = load("image-classification", dtype=dtype)
    name = str(dtype or "float32").removeprefix("torch.")
    assert workload.description["dtype"] == name
    assert workload()


@pytest.mark.parametrize("size", [48, (32, 64)])
@pytest.mark.parametrize("task", ["image-classification", "object-detection", "image-to-text"])
def test_another_size_of_the_images_a_model_gets(task: str, size: Any) -> None:
    if task == "image-to-text" and size != 48:
        pytest.skip("BLIP learns positions of squares only")
    workload = load(task, image_size=size)
    assert workload()
    height, width = (size, size) if isinstance(size, int) else size
    assert (workload.description["height"], workload.description["width"]) == (height, width)


def test_the_size_and_the_steps_of_the_images_a_model_makes() -> None:
    workload = load("text-to-image", image_size=(32, 48), steps=3)
    (image,) = workload()
    assert image.size == (48, 32)
    assert workload.description["steps"] == 3


def test_nothing_a_model_computes_is_beyond_numbers() -> None:
    seen: list[float] = []

    def check(module: Any, inputs: Any, output: Any) -> None:
        tensors = [output] if torch.is_tensor(output) else list(getattr(output, "values", list)())
        seen.extend(float(t.abs().max()) for t in tensors if torch.is_tensor(t))

    handle = torch.nn.modules.module.register_module_forward_hook(check)
    try:
        for task in tasks.TASKS:
            load(task)()
    finally:
        handle.remove()
    assert len(seen) > 100
    assert all(map(math.isfinite, seen))
