"""The worked examples of the architecture page: executed, and put to use where they would stand."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.measure.recorder import WindowRecorder
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from pytest_inferenergy.report import outputs
from pytest_inferenergy.report.document import results_document
from pytest_inferenergy.tasks import task
from tests.report.outcomes import measured, unmeasured

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def example(title: str) -> dict[str, Any]:
    section = PAGE.read_text("utf-8").partition(f"### {title}\n")[2].partition("\n##")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 1
    assert blocks[0].count("\n") <= 30
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(blocks[0], f"{PAGE.name}: {title}", "exec"), names)
    return names


def test_the_meter_measures() -> None:
    meter = example("A meter")["LampMeter"]()
    measuring = WindowRecorder(Workload(lambda: time.sleep(0.02)), MeterSet([meter]), None)
    measuring.attach()
    measuring.measure_slow(2)
    windows = measuring.recording.windows
    assert len(windows) >= 2
    for window in windows:
        assert window.joules == pytest.approx(10.0 * window.seconds, rel=1e-6)


def test_the_report_is_written_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_writer", {"lines": example("A report")["to_lines"]}.__getitem__)
    document = results_document([measured(), unmeasured()], [], settings={}, summary="")
    first = document["measurements"][0]
    text = outputs.text_of("lines", document)
    assert text == f"{first['nodeid']} {first['kwh_per_1k']:.4g} {first['verdict']}\n"


def test_the_task_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    translation = example("A task")["TRANSLATION"]
    names = ("translation", *task.BY_NAME)
    monkeypatch.setattr(task, "BY_NAME", {**task.BY_NAME, translation.name: translation})
    monkeypatch.setattr("pytest_inferenergy.names.TASKS", names)
    assert task.find("translation") is translation


def test_each_dependency_of_the_package_earns_its_place_in_a_line() -> None:
    project = (PAGE.parents[1] / "pyproject.toml").read_text("utf-8")
    lists = project.partition("\ndependencies = [")[2].partition("\n[project.scripts]")[0]
    needed = set(re.findall(r'"([a-z][a-z0-9-]*)>=', lists))
    assert {"pytest", "scipy", "diffusers", "zeus"} <= needed
    section = PAGE.read_text("utf-8").partition("## Dependencies")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE)
    told = {name.strip() for row in rows for name in row.partition("(")[0].split(",")}
    assert needed - told == set()
