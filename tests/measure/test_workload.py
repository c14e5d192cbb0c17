"""A workload: what it refuses, what one call of it is, and what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy import Workload
from pytest_inferenergy.baselines.fields import text_problem
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.description import described, description_problem
from pytest_inferenergy.names import TASKS


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        (Workload(str.upper, ("a",)), "A"),
        (Workload(print, inputs=["a", "b"], kwargs={"end": ""}), None),
        (Workload(max, (3,), inputs=[5, 7]), 5),
        (Workload(pow, setup=lambda: (2, 5)), 32),
    ],
    ids=["arguments", "keywords", "cycle", "setup"],
)
def test_calling_it_is_one_call(workload: Workload, expected: object) -> None:
    assert workload() == expected


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"images": 0}, "images=0: must be a positive number"),
        ({"prompt_tokens": "5"}, "prompt_tokens='5': must be a positive number"),
        ({"prefill": 5}, "prefill=5: must be a function"),
        ({"prefill": len, "once": True}, "give prefill= or once=, not both"),
        ({"digest_text": ""}, "digest_text='': must be a text"),
        ({"description": 5}, "description=5: must be a dict"),
        ({"description": {"task": "chess"}}, "unknown task 'chess': give one of text-class"),
        ({"description": {"model": None}}, "description: model=None must be a text, a number"),
        ({"description": {"model": ""}}, "description: model='' must not be empty"),
        ({"description": {"model": "a\nb"}}, r"description: model='a\nb' must hold no line break"),
        ({"description": {"a\x1b[2J": 1}}, r"description: the name 'a\x1b[2J' must hold no line"),
        ({"description": {"scale": float("nan")}}, "description: scale=nan must be finite"),
        ({"description": {5: "a"}}, "description: the name 5 must be a text"),
    ],
)
def test_what_cannot_be_measured_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(MisuseError) as refused:
        Workload(len, ("",), **wrong)
    assert str(refused.value).startswith(message)


def test_a_digest_of_its_makers_own_stands_in_for_that_of_the_arguments() -> None:
    assert Workload(len, ("",), digest_text="ab12").digest() == "ab12"
    assert Workload(len, setup=lambda: "", digest_text="ab12").digest() == "ab12"


def test_the_ten_tasks() -> None:
    assert len(set(TASKS)) == 10
    for task in TASKS:
        assert described({}, task) == {"task": task}
        assert description_problem({"task": task}) is None


@pytest.mark.parametrize(
    ("model", "stored"),
    [
        ("distilbert/distilgpt2", "distilbert/distilgpt2"),
        ("./models/mine", "./models/mine"),
        ("/home/ada/models/mine", "mine"),
        ("/home/ada/models/mine/", "mine"),
        ("C:\\models\\mine", "mine"),
        ("/", "folder"),
    ],
)
def test_of_an_absolute_path_only_the_last_part_stays(model: str, stored: str) -> None:
    assert described({"model": model}) == {"model": stored}


VALUES = st.text(max_size=5) | st.integers() | st.floats() | st.booleans() | st.none()


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=3))
def test_what_is_accepted_can_be_stored(description: dict[str, Any]) -> None:
    if description_problem(description) is not None:
        return
    stored = described(description)
    assert list(stored) == sorted(description)
    assert all(text_problem(v) is None for v in stored.values() if isinstance(v, str))
    assert described(stored) == stored
