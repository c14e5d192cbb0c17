"""The example's rungs can all be built, and its charts and the benchmark's tables are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ladder
from examples.power_hungry import rungs
from examples.power_hungry.rungs import Rung
from pytest_inferenergy import tasks
from pytest_inferenergy.reference import lookup
from pytest_inferenergy.tasks.architecture import study_model
from pytest_inferenergy.tasks.ladder import find_architecture
from pytest_inferenergy.tasks.task import find

SETS = (rungs.LADDER, rungs.MULTI_PURPOSE, rungs.OUTPUT_LENGTH, rungs.IMAGE_SIZE, rungs.PARAMETERS)


@pytest.mark.parametrize("size", ["small", "full"])
def test_every_rung_is_a_named_architecture(size: str) -> None:
    for of in SETS:
        for rung in of[size]:
            assert find_architecture(find(rung.task), rung.model)


def test_the_ladder_has_all_tasks_in_two_sizes_and_in_full_those_of_the_study() -> None:
    for ladder_of in rungs.LADDER.values():
        assert {rung.task for rung in ladder_of} == set(tasks.TASKS)
        for task in tasks.TASKS:
            assert len([rung for rung in ladder_of if rung.task == task]) >= 2
    assert all(recorded(rung) for rung in rungs.LADDER["full"] + rungs.MULTI_PURPOSE["full"])


def test_both_kinds_of_model_stand_side_by_side_in_the_sweep_of_lengths() -> None:
    for steps in rungs.OUTPUT_LENGTH.values():
        specific = {task_specific(rung) for rung in steps}
        assert specific == {True, False}


def recorded(rung: Rung) -> str | None:
    return study_model(find_architecture(find(rung.task), rung.model), rung.task)


def task_specific(rung: Rung) -> bool:
    return rung.task in find_architecture(find(rung.task), rung.model).tasks


def measured(rung: Rung, share: float) -> dict[str, Any]:
    """A measurement at a fixed share of the study's figure."""
    model = recorded(rung)
    kwh = share * (lookup(rung.task, model).mean if model else 0.01)
    told: dict[str, Any] = {"task": rung.task, "model": rung.model, "study_model": model}
    told |= {"multi_purpose": not task_specific(rung), **rung.options}
    return {
        "nodeid": f"test_ladder.py::test_ladder[{rung}]",
        "kwh_per_1k": kwh,
        "low": 0.9 * kwh,
        "high": 1.2 * kwh,
        "seconds_per_inference": 0.1,
        "mean_watts": 100.0,
        "profile": {"device": "NVIDIA L4"},
        "task": told,
    }


def test_the_benchmark_s_tables_at_the_study_s_own_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_all = rungs.LADDER["full"] + rungs.MULTI_PURPOSE["full"]
    results = {"measurements": [measured(rung, 0.1) for rung in of_all]}
    results["measurements"].append({"kwh_per_1k": None, "task": None})  # not measured
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    assert ladder.main(["--again", str(path), "--output", str(tmp_path)]) == 0
    page = (tmp_path / "ladder.md").read_text()
    assert "# The study's ladder on NVIDIA L4" in page
    assert f"| over the models made for their task | 1.000 (n = {len(of_all) - 4}) |" in page
    assert "| over task medians, the same models | 1.000 (n = 10) |" in page
    assert "text classification, medians | 5.9 | 5.9 |" in page
    assert str(tmp_path / "ladder.md") in capsys.readouterr().out


def test_the_benchmark_without_any_measurement(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text('{"measurements": []}')
    with pytest.raises(SystemExit, match="no model of the study was measured"):
        ladder.main(["--again", str(path), "--output", str(tmp_path)])


def test_a_page_for_each_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("plotly")
    from examples.power_hungry import charts

    found = []
    for name in ("output_length", "image_size", "parameters"):
        for number, rung in enumerate(getattr(rungs, name.upper())["small"]):
            one = measured(rung, 0.1 * (1 + number))
            told = one["task"]
            told |= {"new_tokens": told.get("max_new_tokens"), "height": told.get("image_size")}
            told["parameters"] = 1000 * (number + 1)
            found.append(one | {"nodeid": f"test_sweeps.py::test_{name}[{rung}]"})
    (tmp_path / "results.json").write_text(json.dumps({"measurements": found}))
    charts.main([str(tmp_path / "results.json"), "--output", str(tmp_path / "charts")])
    pages = {path.name for path in (tmp_path / "charts").iterdir()}
    assert pages == {"output_length.html", "image_size.html", "parameters.html"}
    lengths = charts.curves(charts.SWEEPS[0], {"measurements": found})
    assert {name.split(", ")[1].split(" ")[0] for name in lengths} == {
        "task-specific",
        "multi-purpose",
    }
    assert [point["task"]["new_tokens"] for point in next(iter(lengths.values()))] == [8, 32]
    assert len(capsys.readouterr().out.splitlines()) == 3
