from __future__ import annotations

from collections import Counter
from statistics import fmean

import pytest

from pytest_inferenergy.names import TASKS
from pytest_inferenergy.reference import STUDY_TASKS, lookup, rows

PAPER = {  # the study's table 2: mean and standard deviation are over runs, kWh per 1,000
    "text-classification": 0.002,
    "question-answering": 0.003,
    "fill-mask": 0.003,
    "token-classification": 0.004,
    "image-classification": 0.007,
    "object-detection": 0.038,
    "text-generation": 0.047,
    "summarization": 0.049,
    "image-to-text": 0.063,
    "text-to-image": 2.907,
}


def test_its_tasks_are_ours() -> None:
    assert set(STUDY_TASKS) == set(TASKS)
    assert {row.task for row in rows()} == set(TASKS)


@pytest.mark.parametrize("task", PAPER)
def test_each_task_has_what_the_paper_prints(task: str) -> None:
    assert lookup(task).mean == pytest.approx(PAPER[task], abs=0.0005)


def test_published_rows_are_eight_models_on_three_data_sets() -> None:
    published = [row for row in rows() if row.in_paper and row.kind == "task-specific"]
    assert Counter(row.task for row in published) == dict.fromkeys(STUDY_TASKS, 24)
    assert all((lookup(task).rows, lookup(task).models) == (24, 8) for task in STUDY_TASKS)


def test_multi_purpose_models_are_those_of_the_papers_table_3() -> None:
    # mean over all nine data sets, which the paper prints with four digits
    printed = {"google/flan-t5-base": 0.0265, "bigscience/bloomz-7b1": 0.1043}
    for model, kwh in printed.items():
        own = [row.kwh_per_1k for row in rows() if row.model == model and row.in_paper]
        assert len(own) == 9
        assert fmean(own) == pytest.approx(kwh, rel=0.01)


def test_pictures_in_their_original_size_are_left_out() -> None:
    assert sum(row.task == "image-classification" for row in rows()) == 24
