"""Models that ``save_pretrained`` wrote: every task loads them and answers."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_inferenergy import tasks
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.workload import Workload
from tests.tasks.conftest import Folder
from tests.tasks.folders import LETTERS, LONGEST

QUESTION = {"question": "Who?", "context": "Anna and Otto went to the sea in the rain."}


def load(folder: Folder, task: str, name: str = "tiny", **options: Any) -> Workload:
    if task == "text-to-image":
        pytest.importorskip("diffusers")
        options |= {"steps": 2, "image_size": 32}
    return tasks.load(task, folder(task, name), device="cpu", **options)


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("task", tasks.TASKS)
def test_every_task_loads_and_answers(folder: Folder, task: str, batch_size: int) -> None:
    workload = load(folder, task, batch_size=batch_size)
    assert len(workload()) == batch_size
    assert workload.inferences == batch_size
    assert workload.description["model"] == f"tiny-{task}"  # and not where it lies
    assert workload.description["random_weights"] is False
    assert workload.inputs is not None
    assert all(len(card) == batch_size for card in workload.inputs)
    if task != "text-to-image":
        assert len(workload.inputs) > 1


def test_labels_are_the_model_s_own(folder: Folder) -> None:
    labels = load(folder, "text-classification", batch_size=3)()
    assert {label.startswith("LABEL_") for label in labels} == {True}


def test_each_token_gets_a_label_and_padding_none(folder: Folder) -> None:
    short, long = load(folder, "token-classification", inputs=["ab", "abcd"], batch_size=2)()
    assert len(short) == 4  # with the first and the last, which the tokenizer adds
    assert len(long) == 6


def test_an_answer_is_a_passage(folder: Folder) -> None:
    (answer,) = load(folder, "question-answering", inputs=[QUESTION])()
    assert isinstance(answer, str)


def test_the_mask_is_filled_wherever_the_tokenizer_has_its_own(folder: Folder) -> None:
    workload = load(folder, "fill-mask", inputs=["a [MASK] c"])
    (filled,) = workload()
    assert isinstance(filled, str)
    with pytest.raises(MisuseError, match=r"input 2: no \[MASK\] in 'no mask'"):
        load(folder, "fill-mask", inputs=["a [MASK] c", "no mask"])


def test_texts_are_generated(folder: Folder) -> None:
    workload = load(folder, "text-generation", batch_size=2, max_new_tokens=4)
    assert workload.tokens == 8
    assert all(isinstance(text, str) for text in workload())


def test_prompt_tokens_are_counted_without_padding(folder: Folder) -> None:
    prompts = ["a" * 10, "a" * 20]
    workload = load(folder, "text-generation", inputs=prompts, batch_size=2)
    assert workload.prompt_tokens == 10 + 20 + 2 * 2  # each with a first and a last token


def test_long_texts_are_cut_to_leave_room_for_what_is_written(folder: Folder) -> None:
    workload = load(folder, "text-generation", inputs=["a" * 1000], max_new_tokens=8)
    assert workload.prompt_tokens == LONGEST - 8
    assert workload()


@pytest.mark.parametrize("name", ["tiny-t5", "tiny"])
@pytest.mark.parametrize("task", ["text-classification", "question-answering", "summarization"])
def test_a_generator_is_asked_in_words(folder: Folder, task: str, name: str) -> None:
    home = "summarization" if name == "tiny-t5" else "text-generation"
    given = [QUESTION] if task == "question-answering" else ["Anna saw the sea."]
    workload = tasks.load(task, folder(home, name), device="cpu", inputs=given)
    assert workload.description["multi_purpose"] is True
    assert workload.tokens == {"text-classification": 3, "question-answering": 5}.get(task, 13)
    assert workload.prompt_tokens is not None
    assert workload.prompt_tokens > len("Anna saw the sea.") + 10
    assert workload()


@pytest.mark.parametrize("name", ["tiny-t5", "tiny"])
@pytest.mark.parametrize("task", ["text-classification", "question-answering", "summarization"])
def test_of_a_long_text_the_text_is_cut_and_not_the_question(
    folder: Folder, task: str, name: str
) -> None:
    home = "summarization" if name == "tiny-t5" else "text-generation"
    given = {"question": "Who?", "context": "sea " * 500, "text": "sea " * 500}
    workload = tasks.load(task, folder(home, name), device="cpu", inputs=[given] * 2, batch_size=2)
    assert workload.inputs is not None
    call: Any = workload.call
    ids = call.prepare(workload.inputs[0])["input_ids"]
    assert ids.shape[1] == LONGEST - (0 if name == "tiny-t5" else call.options["max_new_tokens"])
    closing = {"text-classification": "Sentiment:", "question-answering": "Who?[UNK]Answer:"}
    prompt = "".join(call.tokenizer.batch_decode(ids)[0].split())
    assert prompt.endswith(closing.get(task, "Summary:") + "[SEP]")


def test_a_question_without_room_says_so(folder: Folder) -> None:
    model = folder("text-generation")
    given = {"question": "Who? " * 100, "context": "The sea."}
    with pytest.raises(MisuseError, match="no room for the prompt: it can read 123 tokens") as info:
        tasks.load("question-answering", model, device="cpu", inputs=[given])
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("task", ["text-generation", "summarization", "image-to-text"])
def test_no_more_is_written_than_the_model_has_places_for(folder: Folder, task: str) -> None:
    with pytest.raises(MisuseError, match=r"^max_new_tokens=5000: .* give at most \d+$"):
        load(folder, task, max_new_tokens=5000)


@pytest.mark.parametrize(
    ("made_for", "task"),
    [
        ("image-classification", "text-classification"),
        ("text-generation", "fill-mask"),
        ("fill-mask", "text-classification"),
        ("image-to-text", "summarization"),
        ("object-detection", "image-classification"),
        ("summarization", "image-to-text"),
    ],
)
def test_a_model_of_another_task_says_what_it_does(
    folder: Folder, made_for: str, task: str
) -> None:
    with pytest.raises(MisuseError, match=f"not a model for {task}; it does {made_for}") as info:
        tasks.load(task, folder(made_for), device="cpu")
    assert "\n" not in str(info.value)


def test_images_of_another_size(folder: Folder) -> None:
    workload = load(folder, "image-classification", image_size=64)
    assert workload.inputs is not None
    call: Any = workload.call
    pixels = call.prepare(workload.inputs[0])["pixel_values"]
    assert tuple(pixels.shape) == (1, 3, 64, 64)
    assert workload()


def test_letters_are_all_the_tokenizer_knows() -> None:
    assert len(set(LETTERS)) == len(LETTERS)
