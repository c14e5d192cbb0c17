"""The results document: what each measurement says beside its figures, wherever its test ran."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.conftest import Project

EACH = """
    import time

    import pytest


    def block(energy, **options):
        with energy.window(**options):
            time.sleep(0.2)


    def test_passed(energy):
        block(energy)


    def test_regressed(energy):
        block(energy)


    @pytest.mark.energy(gate="warn")
    def test_warned(energy):
        block(energy)


    @pytest.mark.energy(gate="off")
    def test_off(energy):
        block(energy)


    def test_improved(energy):
        block(energy)


    def test_inconclusive(energy):
        block(energy)


    def test_new(energy):
        block(energy)


    def test_budget(energy):
        block(energy, budget="1 J")


    def test_fails_by_itself(energy):
        block(energy)
        assert False
"""

STORED = {"passed": 60.0, "regressed": 30.0, "warned": 30.0, "off": 30.0, "improved": 90.0}

EXPECTED = {
    "passed": ("passed", "passed", None),
    "regressed": ("regressed", "failed", "energy regressed: "),
    "warned": ("regressed", "warned", "energy regressed: "),
    "off": ("regressed", "not gated", None),
    "improved": ("improved", "passed", None),
    "inconclusive": ("inconclusive", "warned", "energy inconclusive: "),
    "new": ("new", "not gated", None),
    "budget": ("new", "failed", "energy is over its budget of 1 J per 1000: "),
    "fails_by_itself": ("new", "not gated", None),
}


def by_test(project: Project) -> dict[str, dict[str, Any]]:
    return {m["nodeid"].partition("::test_")[2]: m for m in project.measured}


@pytest.fixture
def each(project: Project) -> Project:
    """A project with a test for each verdict."""
    for name, joules in STORED.items():
        project.store(f"test_model.py::test_{name}", joules)
    project.store("test_model.py::test_inconclusive", 60.0 / 1.15, spread=0.03)
    project.write(EACH)
    return project


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_each_verdict_with_what_the_gate_did_and_where(each: Project, workers: list[str]) -> None:
    result = (each.run_apart if workers else each.run)(*workers)
    found = by_test(each)
    assert {
        name: (m["verdict"], m["gated"], m["message"] and m["message"].partition(": ")[0] + ": ")
        for name, m in found.items()
    } == EXPECTED
    regressed = found["regressed"]
    assert all(line in result.stdout.str() for line in regressed["message"].splitlines())
    lines = (each.path / "test_model.py").read_text().splitlines()
    for name, m in found.items():
        file, line = m["location"]
        assert file == "test_model.py"
        assert name in "".join(lines[line - 1 : line + 1])  # a decorator may stand first


def test_windows_and_power_have_one_zero_and_stored_runs_are_told(each: Project) -> None:
    each.run("-k", "passed or new")
    found = by_test(each)
    for m in found.values():
        (window,) = m["window_list"]
        assert window["start"] == 0
        assert window["joules"] == pytest.approx(60, rel=0.1)
        seconds, watts = m["trace"]["seconds"], m["trace"]["watts"]
        assert 0 < seconds[0] < seconds[-1] < window["seconds"]
        assert sum(watts) / len(watts) == pytest.approx(m["mean_watts"], rel=0.05)
    assert found["new"]["history"] == []
    assert found["new"]["anchor_kwh_per_1k"] is None
    history = found["passed"]["history"]
    assert [run["kwh_per_1k"] for run in history] == pytest.approx([60 / 3600] * 4, rel=1e-3)
    assert [run["time"] for run in history] == sorted(run["time"] for run in history)
    assert found["passed"]["anchor_kwh_per_1k"] == pytest.approx(60 / 3600, rel=1e-3)


def test_what_travels_with_a_test_stays_small(project: Project) -> None:
    project.write("""
        import time

        def test_it(energy):
            energy.run(lambda: time.sleep(0.002))
    """)
    project.run("--energy-max-seconds=3")
    (measured,) = project.measured
    assert measured["windows"] >= 4
    assert len(json.dumps(measured)) < 12_000


def test_the_run_tells_its_software_time_and_problems(project: Project) -> None:
    project.write("def test_block(energy): energy(int)")
    (project.path / "energy_baselines").mkdir()
    (project.path / "energy_baselines" / "nvidia-h200-x1-700w-nvml.json").write_text("{")
    project.run("--energy-disable")
    document = project.results
    assert document["created"].startswith("20")
    assert document["software"].keys() == {"pytest-inferenergy", "pytest", "python", "platform"}
    assert document["problems"] == []
    (unmeasured,) = document["measurements"]
    assert (unmeasured["gated"], unmeasured["message"]) == ("not gated", None)


def test_a_test_that_runs_again_is_told_as_it_ended(each: Project) -> None:
    each.write("""
        import time

        runs = []

        def test_regressed(energy):
            with energy.window():
                time.sleep(0.2)
            runs.append(1)
            assert len(runs) == 1, "and then it fails before the gate"
    """)
    each.run("-p", "rerunfailures", "--reruns=1")
    (measured,) = each.measured
    assert measured["verdict"] == "regressed"
    assert (measured["gated"], measured["message"]) == ("not gated", None)
