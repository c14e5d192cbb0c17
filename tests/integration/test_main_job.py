"""The main job, end to end, through the real bindings: measure, compare, fail."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.integration.conftest import BLOCK, Project

SLEEPER = """
    import time

    def test_sleeper(energy):
        assert energy(lambda: time.sleep(0.3) or "done") == "done"
"""
"""Warmed up, calibrated, and measured in windows of two calls; so long a call that a late wake-up
hardly counts on the busy machines that run these tests."""


@pytest.fixture
def project(project: Project) -> Project:
    """With the tolerance that users have, and windows of half a second."""
    project.pytester.makeini("""
        [pytest]
        energy_meter = nvml
        energy_max_seconds = 1.5
    """)
    return project


@pytest.fixture(params=["serial", "xdist"])
def workers(request: pytest.FixtureRequest) -> list[str]:
    return [] if request.param == "serial" else ["-n", "2"]


def test_unchanged_passes_and_half_as_much_again_fails(
    project: Project, workers: list[str]
) -> None:
    project.write(SLEEPER)
    first = project.run_apart("--energy-update", *workers)
    assert first.ret == pytest.ExitCode.OK
    first.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    assert project.measured[0]["windows"] >= 3
    second = project.run_apart(*workers)
    assert second.ret == pytest.ExitCode.OK
    second.stdout.fnmatch_lines(["energy: 1 measured, 1 compared"])

    project.gpu.scale(1.5)
    third = project.run_apart("--junitxml=junit.xml", *workers)
    assert third.ret == pytest.ExitCode.TESTS_FAILED
    third.assert_outcomes(failed=1)
    third.stdout.fnmatch_lines(
        [
            "energy regressed: * kWh/1k*",
            "*baseline * kWh/1k (1 run in 1 session)",
            "  energy +*, smallest detectable +*",
            "*change = time * x power +*",
            "*to accept this level: pytest 'test_*.py::test_sleeper' --energy-accept",
            "energy: 1 measured, 1 compared, 1 regressed",
        ]
    )
    assert "Traceback" not in third.stdout.str()
    suite = ET.parse(project.path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"
    assert suite.get("errors") == "0"
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["energy.verdict"] == "regressed"
    assert float(properties["energy.change"] or "nan") == pytest.approx(0.5, abs=0.15)


@pytest.mark.every_python
def test_the_figure_is_the_energy_of_the_call(project: Project) -> None:
    project.write(SLEEPER)
    project.run()
    (measured,) = project.measured
    expected = 300 * measured["seconds_per_inference"]
    assert measured["joules_per_inference"] == pytest.approx(expected, rel=0.005)
    assert measured["kwh_per_1k"] == pytest.approx(expected / 3600, rel=0.005)
    assert measured["low"] < measured["kwh_per_1k"] < measured["high"]
    assert measured["mean_watts"] == pytest.approx(300, rel=0.005)
    assert measured["idle_watts"] == pytest.approx(300, rel=0.02)
    assert measured["run"]["idle_watts"] == pytest.approx(300, rel=0.02)
    assert measured["source"] == "measured"
    assert measured["components"]["gpu"]["gated"] is True


def test_a_renamed_test_is_new_and_strict_fails_it(project: Project) -> None:
    project.store("test_model.py::test_block")
    project.write(BLOCK.replace("test_block", "test_renamed"))
    plain = project.run()
    assert plain.ret == pytest.ExitCode.OK
    plain.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new*"])
    strict = project.run("--energy-strict")
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.stdout.fnmatch_lines(
        [
            "energy has no baseline on this machine (nvidia-h200-x1-700w-nvml): *",
            "*to store it: pytest 'test_model.py::test_renamed' --energy-update",
        ]
    )
