from __future__ import annotations

from typing import Any

import pytest

from pytest_inferenergy.reference import STUDY_TASKS, rows, study_of
from pytest_inferenergy.report.study import WIDTH, study_lines
from tests.report.outcomes import measured


def outcome(task: str, kwh: float = 0.01, model: str | None = None, **more: Any) -> dict[str, Any]:
    description = {"task": task, "model": model}
    return measured(kwh_per_1k=kwh) | {
        "task": description | more.pop("described", {}),
        "study": study_of(description),
        **more,
    }


def test_no_line_is_wider_than_the_terminal() -> None:
    outcomes = [outcome(task) for task in STUDY_TASKS]
    outcomes += [outcome(row.task, model=row.model) for row in rows() if row.in_paper]
    lines = study_lines(outcomes)
    assert max(map(len, lines)) <= WIDTH
    assert all(any(task in line for line in lines) for task in STUDY_TASKS)


def test_tasks_stand_in_the_studys_order_and_once() -> None:
    lines = study_lines([outcome("summarization"), outcome("fill-mask"), outcome("summarization")])
    assert [line.partition(":")[0].strip() for line in lines[1:3]] == ["fill-mask", "summarization"]


def test_a_task_with_several_tests_counts_with_its_median() -> None:
    figures = [outcome("summarization", kwh) for kwh in (1.0, 5.0, 100.0)]
    lines = study_lines([*figures, outcome("fill-mask", 0.5)])
    assert "ratios measured here, beside the study's; medians of each task's tests:" in lines
    assert lines[-1] == "  summarization: 10 x fill-mask (the study: 18 x)"


def test_multi_purpose_models_are_no_part_of_a_tasks_ratio() -> None:
    general = outcome("summarization", 7.0, described={"multi_purpose": True})
    lines = study_lines([outcome("summarization", 5.0), general, outcome("fill-mask", 0.5)])
    assert "ratios measured here, beside the study's; task-specific models alone:" in lines
    assert lines[-1] == "  summarization: 10 x fill-mask (the study: 18 x)"


def test_an_estimate_is_no_part_of_a_measured_ratio() -> None:
    lines = study_lines([outcome("fill-mask"), outcome("summarization", source="estimated")])
    assert not any("ratios" in line for line in lines)


def test_ratios_of_estimates_say_so() -> None:
    lines = study_lines([outcome(task, source="estimated") for task in list(STUDY_TASKS)[:2]])
    assert "ratios estimated here, beside the study's:" in lines


def test_batches_that_the_study_did_not_have_are_named() -> None:
    lines = study_lines(
        [outcome("fill-mask"), outcome("summarization", described={"batch_size": 32})]
    )
    assert lines[-1] == "  not with batch 1, unlike the study: summarization"


def test_a_multi_purpose_model() -> None:
    lines = study_lines([outcome("text-classification", model="google/flan-t5-xl")])
    assert lines[-2:] == [
        "    google/flan-t5-xl: 5th of 8 multi-purpose models there, 8.3 x the task's",
        "      median",
    ]


@pytest.mark.parametrize("nothing", [{}, {"study": None}])
def test_where_no_task_is_named_there_is_nothing(nothing: dict[str, Any]) -> None:
    assert study_lines([measured() | nothing]) == []
