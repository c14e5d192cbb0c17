"""``--energy-against`` with work on a real GPU: a heavier commit is found, an equal one passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gpu.project import LAYERS, Project


@pytest.fixture
def project(torch: Any, tmp_path: Path) -> Project:
    torch.cuda.empty_cache()
    return Project(tmp_path)


def test_one_layer_more_is_found(project: Project) -> None:
    project.layers(LAYERS + 1)
    exit_code, measurement = project.against("HEAD~1")
    print(measurement["change"], measurement["details"])
    assert exit_code == 1
    assert measurement["verdict"] == "regressed"
    assert measurement["change"] == pytest.approx(1 / LAYERS, abs=0.015)


def test_an_equal_commit_passes(project: Project) -> None:
    project.layers(LAYERS)
    exit_code, measurement = project.against("HEAD~1")
    print(measurement["change"], measurement["details"])
    assert exit_code == 0
    assert measurement["verdict"] == "passed"
    assert measurement["change"] == pytest.approx(0, abs=0.015)


def test_models_that_fill_the_card_take_turns_as_processes(project: Project, torch: Any) -> None:
    free, _ = torch.cuda.mem_get_info()
    project.layers(LAYERS, int(0.6 * free))
    project.layers(LAYERS + 4, int(0.6 * free))
    exit_code, measurement = project.against("HEAD~1")
    print(measurement["change"], measurement["details"])
    assert exit_code == 1
    assert measurement["against"]["state"] == "rounds"
    assert measurement["verdict"] == "regressed"
    assert measurement["change"] == pytest.approx(4 / LAYERS, abs=0.04)
