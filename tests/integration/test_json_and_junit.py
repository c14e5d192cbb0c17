"""The same results for machines: ``--energy-json`` and JUnit's properties."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.integration.conftest import BLOCK, Project

TWO = """
    import time

    def test_block(energy):
        with energy.window("first", inferences=4, tokens=50):
            time.sleep(0.2)
        with energy.window():
            time.sleep(0.2)
"""


def properties(project: Project) -> dict[str, str]:
    root = ET.parse(project.path / "junit.xml").getroot()
    pairs = [(str(p.get("name")), str(p.get("value"))) for p in root.iter("property")]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_json_holds_everything(project: Project) -> None:
    project.store()
    project.write(TWO)
    project.run()
    results = project.results
    assert results["schema"] == 1
    assert results["summary"] == "energy: 2 measured, 1 compared, 1 new"
    assert results["settings"]["meter"] == "nvml"
    first, plain = results["measurements"]
    assert (first["nodeid"], first["name"]) == ("test_model.py::test_block", "first")
    assert (plain["name"], plain["verdict"], first["verdict"]) == (None, "passed", "new")
    assert first["test_outcome"] == "passed"
    assert first["joules_per_inference"] == pytest.approx(60 / 4, rel=0.1)
    assert first["joules_per_token"] == pytest.approx(60 / 50, rel=0.1)
    assert first["tokens_per_joule"] == pytest.approx(1 / first["joules_per_token"])
    assert plain["joules_per_token"] is None
    assert plain["baseline_kwh_per_1k"] == pytest.approx(60 / 3600, rel=1e-3)
    assert plain["change"] == pytest.approx(0, abs=0.1)
    assert plain["details"]["sessions"] == 4
    assert first["change"] is first["baseline_kwh_per_1k"] is None
    assert plain["slug"] == "nvidia-h200-x1-700w-nvml"
    assert "/" not in json.dumps(first["run"])


def test_json_is_written_anew_in_a_folder_that_is_made(project: Project) -> None:
    project.write(BLOCK)
    for _ in range(2):
        project.run("--energy-json=out/of/it.json", "--energy-disable")
    found: dict[str, Any] = json.loads((project.path / "out/of/it.json").read_text())
    (outcome,) = found["measurements"]
    assert (outcome["state"], outcome["verdict"]) == ("unmeasured", None)
    assert outcome["reason"] == "disabled by --energy-disable"
    assert "kwh_per_1k" not in outcome


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_junit_has_the_figures_of_each_measurement_by_name(
    project: Project, workers: list[str]
) -> None:
    project.store()
    project.write(TWO)
    run = project.run_apart if workers else project.run
    run("--junitxml=junit.xml", *workers)
    found = properties(project)
    assert found["energy.verdict"] == "passed"
    assert found["energy.first.verdict"] == "new"
    assert found["energy.first.source"] == "measured"
    assert float(found["energy.first.joules_per_inference"]) == pytest.approx(15, rel=0.1)
    assert float(found["energy.mean_watts"]) == pytest.approx(300, rel=0.05)
    assert "energy.first.change" not in found


def test_junit_says_why_nothing_was_measured(project: Project) -> None:
    project.write(BLOCK)
    project.run("--junitxml=junit.xml", "--energy-disable")
    assert properties(project) == {
        "energy.state": "unmeasured",
        "energy.reason": "disabled by --energy-disable",
    }


def test_a_failed_teardown_is_told_in_json(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.fixture
        def model():
            yield
            raise RuntimeError("stuck")

        def test_block(energy, model):
            with energy.window():
                time.sleep(0.2)
    """)
    project.run()
    assert project.measured[0]["test_outcome"] == "failed"
