"""Inputs: the package's own, and the user's from an iterable or a JSONL file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_inferenergy import tasks
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks import images
from pytest_inferenergy.tasks.inputs import cards_of, items_of
from pytest_inferenergy.tasks.task import find

TEXT, QUESTION, IMAGE = (
    find(name) for name in ("text-generation", "question-answering", "image-to-text")
)


@pytest.mark.parametrize("task", tasks.TASKS)
def test_every_task_has_inputs_of_its_own(task: str) -> None:
    items = items_of(find(task), None)
    assert len(items) >= 4
    assert all(set(item) == set(find(task).fields) for item in items)


def test_an_iterable_of_texts_or_of_fields() -> None:
    assert items_of(TEXT, iter(["a", {"text": "b", "label": 1}])) == [{"text": "a"}, {"text": "b"}]


def test_a_file_with_a_value_or_an_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('"a"\n\n{"text": "b"}\n')
    assert items_of(TEXT, path) == [{"text": "a"}, {"text": "b"}]
    assert items_of(TEXT, str(path)) == items_of(TEXT, path)


def test_images_by_path_are_found_beside_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(images.encode(images.draw(1)))
    path = tmp_path / "images.jsonl"
    path.write_text('{"image": "photo.jpg"}\n"photo.jpg"\n')
    first, second = items_of(IMAGE, path)
    assert first["image"] == second["image"] == (tmp_path / "photo.jpg").read_bytes()


def test_images_as_bytes_or_pixels() -> None:
    pixels = images.draw(1)
    assert items_of(IMAGE, [pixels])[0]["image"] is pixels
    file = images.encode(pixels)
    assert items_of(IMAGE, [file]) == [{"image": file}]


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        (TEXT, "", "is empty: nothing to ask the model"),
        (TEXT, "\n\n", "is empty"),
        (TEXT, '"a"\n{"text": \n', "line 2: not JSON"),
        (TEXT, '"a"\n\n{"words": "b"}\n', 'line 3: text-generation needs {"text": ...}'),
        (TEXT, "17\n", 'line 1: "text" must be a text, got 17'),
        (TEXT, '"  "\n', 'line 1: "text" must be a text'),
        (QUESTION, '"who?"\n', 'needs {"question": ..., "context": ...}'),
        (QUESTION, '{"question": "who?"}\n', "line 1: question-answering needs"),
        (IMAGE, '"none.jpg"\n', "none.jpg: not an image that can be read"),
        (IMAGE, '"inputs.jsonl"\n', "not an image that can be read"),
        (IMAGE, "5\n", "line 1: give an image's path"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(
    task: Any, text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "inputs.jsonl"
    path.write_text(text)
    with pytest.raises(MisuseError) as info:
        items_of(task, path)
    assert str(path) in str(info.value)
    assert message in str(info.value)
    assert "\n" not in str(info.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"none\.jsonl: No such file"):
        items_of(TEXT, tmp_path / "none.jsonl")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(MisuseError, match="not UTF-8"):
        items_of(TEXT, tmp_path / "bytes.jsonl")


def test_an_empty_iterable_and_a_wrong_element() -> None:
    with pytest.raises(MisuseError, match="inputs is empty"):
        items_of(TEXT, [])
    with pytest.raises(MisuseError, match=r"inputs\[1\]: .*must be a text"):
        items_of(TEXT, ["a", None])


@given(st.integers(1, 20), st.integers(1, 20))
def test_cards_are_full_and_hold_every_item(items: int, batch_size: int) -> None:
    cards = cards_of([{"text": str(number)} for number in range(items)], batch_size)
    assert {len(card) for card in cards} == {batch_size}
    assert len(cards) == -(-items // batch_size)
    assert {item["text"] for card in cards for item in card} == set(map(str, range(items)))


@settings(deadline=None)  # it writes files
@given(st.lists(st.text().filter(str.strip), min_size=1))
def test_texts_survive_the_file(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texts.jsonl")
        path.write_text("".join(json.dumps(text) + "\n" for text in texts))
        assert [item["text"] for item in items_of(TEXT, path)] == texts


def test_drawn_images_are_the_same_everywhere_and_differ_from_each_other() -> None:
    first, again, other = images.draw(0), images.draw(0), images.draw(1)
    assert first.shape == (480, 640, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert int(first.sum()) == SUM_OF_FIRST


SUM_OF_FIRST = 110262721
"""Of the first picture's bytes: it may not change, or stored inputs seem to have changed."""


def test_a_picture_is_a_jpeg_of_usual_size() -> None:
    file = images.encode(images.draw(0))
    assert file[:2] == b"\xff\xd8"
    assert 30_000 < len(file) < 300_000
    assert images.decode(file).size == (640, 480)
