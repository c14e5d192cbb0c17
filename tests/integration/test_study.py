"""A test that names its task: where it stands in the study, in ranks and ratios."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.conftest import BLOCK, USUAL
from tests.schemas import problems

TWO = """
    import time
    import pytest

    @pytest.mark.energy(task="text-generation")
    def test_generate(energy):
        with energy.window():
            time.sleep(0.3)

    @pytest.mark.energy(task="text-classification")
    def test_classify(energy):
        with energy.window():
            time.sleep(0.1)
"""
DESCRIBED = """
    import time
    from pytest_inferenergy.measure.workload import Workload

    def test_it(energy):
        own = {"task": "text-generation", "model": "distilgpt2", "batch_size": 4}
        energy.run(Workload(lambda: time.sleep(0.05), inferences=4, description=own))
"""


def measured(pytester: pytest.Pytester) -> list[dict[str, Any]]:
    document = json.loads((pytester.path / "results.json").read_text())
    assert problems("results", document) == []
    return list(document["measurements"])


def report(pytester: pytest.Pytester, replay: str, *options: str) -> pytest.RunResult:
    options = ("--energy-report", "--energy-max-seconds=0.3", *options)
    return pytester.runpytest_inprocess(*USUAL, replay, *options)


@pytest.mark.every_python
def test_ranks_neighbours_and_ratios(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=TWO)
    result = report(pytester, replay)
    result.stdout.fnmatch_lines(
        [
            "in the study *Power Hungry Processing* (2023; batch 1, fp32):",
            "  text-classification: 1st of 10, 0.82 x question-answering",
            "  text-generation: 7th of 10, 1.5 x object-detection, 0.77 x summarization",
            "ratios measured here, beside the study's:",
            "  text-generation: * x text-classification (the study: 18 x)",
        ],
        consecutive=True,
    )
    first, second = (m["study"] for m in measured(pytester))
    assert (first["task"], first["rank"], first["below"]) == (
        "text-generation",
        7,
        "object-detection",
    )
    assert (second["rank"], second["below"], second["model"]) == (1, None, None)


def test_a_model_that_the_study_knows_is_ranked_too(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=DESCRIBED)
    result = report(pytester, replay)
    result.stdout.fnmatch_lines(
        [
            "  text-generation: 7th of 10, *",
            "    distilgpt2: 1st of 8 models there, 0.35 x the task's median",
        ],
        consecutive=True,
    )
    (found,) = measured(pytester)
    assert found["study"]["model"]["rank"] == 1
    assert "kwh" not in str(found["study"])


def test_without_a_task_there_is_no_study(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=BLOCK)
    result = report(pytester, replay)
    result.stdout.no_fnmatch_line("*in the study*")
    assert measured(pytester)[0]["study"] is None


def test_what_was_not_measured_has_a_task_and_no_place(
    pytester: pytest.Pytester, replay: str
) -> None:
    pytester.makepyfile(test_model=TWO)
    result = report(pytester, replay, "--energy-disable")
    result.stdout.no_fnmatch_line("*in the study*")
    first = measured(pytester)[0]
    assert (first["task"]["task"], first.get("study")) == ("text-generation", None)


def test_the_section_is_part_of_the_report_alone(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=TWO)
    result = pytester.runpytest_inprocess(*USUAL, replay)
    result.stdout.no_fnmatch_line("*in the study*")
    assert measured(pytester)[0]["study"]["rank"] == 7


def test_from_xdist_workers(pytester: pytest.Pytester, replay: str) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(test_model=TWO)
    result = pytester.runpytest_subprocess(
        *USUAL, replay, "-n2", "--energy-report", "--energy-carbon=56"
    )
    result.stdout.fnmatch_lines(["  text-generation: 7th of 10, *", "carbon: 56 g CO2eq/kWh *"])
    assert all(m["study"] and m["gco2_per_1k"] for m in measured(pytester))
