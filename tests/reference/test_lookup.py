from __future__ import annotations

from dataclasses import FrozenInstanceError
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import StudyError
from pytest_inferenergy.reference import (
    STUDY_TASKS,
    compare_ratios,
    lookup,
    place,
    rows,
    study_of,
)


def test_a_task() -> None:
    found = lookup("text-generation")
    kwh = [r.kwh_per_1k for r in rows() if r.task == "text-generation" and r.in_paper]
    assert found.median == median(kwh)
    assert (found.rank, found.of, found.rows) == (7, 10, 24)
    with pytest.raises(FrozenInstanceError):
        found.rank = 1  # type: ignore[misc]


def test_ranks_are_those_of_the_medians() -> None:
    by_rank = sorted(map(lookup, STUDY_TASKS), key=lambda figures: figures.rank)
    medians = [figures.median for figures in by_rank]
    assert [figures.rank for figures in by_rank] == list(range(1, 11))
    assert medians == sorted(medians)
    assert (by_rank[0].task, by_rank[-1].task) == ("text-classification", "text-to-image")


def test_a_model() -> None:
    found = lookup("text-generation", "distilgpt2")
    assert (found.rank, found.of, found.rows, found.kind) == (1, 8, 3, "task-specific")
    assert found.params_million == pytest.approx(81.91)
    assert found.ratio_to_median == found.mean / lookup("text-generation").median < 1


def test_a_multi_purpose_model_is_ranked_among_its_kind() -> None:
    found = lookup("text-classification", "google/flan-t5-xxl")
    assert (found.kind, found.rank, found.of) == ("multi-purpose", 7, 8)
    assert found.ratio_to_median > 10


@pytest.mark.parametrize(
    ("today", "then"),
    [("distilbert/distilgpt2", "distilgpt2"), ("openai-community/gpt2-xl", "gpt2-xl")],
)
def test_a_model_that_has_moved_on_the_hub_is_found(today: str, then: str) -> None:
    assert lookup("text-generation", today) == lookup("text-generation", then)


def test_what_is_not_in_the_paper_is_left_out_unless_asked_for() -> None:
    model = "stabilityai/stable-diffusion-2-1-base"
    with pytest.raises(StudyError):
        lookup("text-to-image", model)
    assert lookup("text-to-image", model, in_paper=False).of == 10


def test_an_unknown_task_lists_the_ten() -> None:
    with pytest.raises(StudyError, match="no task 'translation'") as failure:
        lookup("translation")
    assert all(task in str(failure.value) for task in STUDY_TASKS)


def test_an_unknown_model_names_the_closest() -> None:
    with pytest.raises(StudyError, match=r"no model 'gtp2' at text-generation: closest are gpt2,"):
        lookup("text-generation", "gtp2")


def test_a_model_of_another_task_says_of_which() -> None:
    with pytest.raises(StudyError, match="at text-generation, not at summarization"):
        lookup("summarization", "distilgpt2")


def test_the_place_of_a_task() -> None:
    here = place("text-generation", "distilgpt2")
    assert (here.below, here.above) == ("object-detection", "summarization")
    assert here.ratio_to_below == pytest.approx(1.49, abs=0.005)
    assert here.ratio_to_above == pytest.approx(0.77, abs=0.005)
    data = here.as_data()
    assert data["model"]["ratio_to_median"] == pytest.approx(0.35, abs=0.005)
    assert "kwh" not in str(data)


def test_the_ends_have_one_neighbour() -> None:
    assert (place("text-classification").below, place("text-to-image").above) == (None, None)
    assert place("text-classification").ratio_to_below is None
    assert place("text-to-image").ratio_to_above is None


@pytest.mark.parametrize("task", STUDY_TASKS)
def test_neighbours_agree_on_their_ratio(task: str) -> None:
    here = place(task)
    if here.above is not None:
        there = place(here.above)
        assert there.below == task
        assert there.ratio_to_below is not None
        assert here.ratio_to_above is not None
        assert there.ratio_to_below * here.ratio_to_above == pytest.approx(1)


def test_a_description_finds_the_studys_model_before_its_own() -> None:
    own = {"task": "text-generation", "model": "gpt2", "study_model": "distilgpt2"}
    found = study_of(own)
    assert found is not None
    assert found["model"]["model"] == "distilgpt2"


@pytest.mark.parametrize("model", ["mine", None, 7])
def test_a_description_with_a_model_that_the_study_lacks(model: object) -> None:
    found = study_of({"task": "fill-mask", "model": model})
    assert found is not None
    assert (found["rank"], found["model"]) == (3, None)


@pytest.mark.parametrize("description", [{}, {"task": None}, {"task": "chess"}])
def test_a_description_without_a_task_of_the_study(description: dict[str, object]) -> None:
    assert study_of(description) is None


POSITIVE = st.floats(1e-6, 1e6)


@given(st.dictionaries(st.sampled_from(sorted(STUDY_TASKS)), POSITIVE, max_size=10))
def test_ratios_are_to_the_task_that_needs_least(measured: dict[str, float]) -> None:
    found = compare_ratios(measured)
    assert len(found) == max(len(measured) - 1, 0)
    for ratio in found:
        assert ratio.measured == pytest.approx(measured[ratio.task] / measured[ratio.base])
        assert ratio.study == pytest.approx(lookup(ratio.task).median / lookup(ratio.base).median)
        assert ratio.study > 1
    assert [ratio.study for ratio in found] == sorted(ratio.study for ratio in found)


@pytest.mark.parametrize("energy", [0.0, -1.0, float("nan"), float("inf")])
def test_a_ratio_needs_positive_figures(energy: float) -> None:
    with pytest.raises(StudyError, match="energy of fill-mask must be a positive number"):
        compare_ratios({"fill-mask": energy, "summarization": 1.0})
