"""The main job, end to end, through the real bindings: measure, compare, fail."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

SLEEPER = """
    import time

    def test_sleeper(energy):
        assert energy(lambda: time.sleep(0.02) or "done") == "done"
"""


@pytest.fixture(params=["serial", "xdist"])
def workers(request: pytest.FixtureRequest) -> list[str]:
    return [] if request.param == "serial" else ["-n", "2"]


def test_unchanged_passes_and_thirty_percent_more_fails(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml, workers: list[str]
) -> None:
    fake = fake_nvml(FakeDevice(watts=300))
    pytester.makepyfile(SLEEPER)
    first = pytester.runpytest_subprocess("--energy-meter=nvml", "--energy-update", *workers)
    assert first.ret == pytest.ExitCode.OK
    first.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    second = pytester.runpytest_subprocess("--energy-meter=nvml", *workers)
    assert second.ret == pytest.ExitCode.OK
    second.stdout.fnmatch_lines(["energy: 1 measured, 1 compared"])

    fake.scale(1.3)
    third = pytester.runpytest_subprocess("--energy-meter=nvml", "--junitxml=junit.xml", *workers)
    assert third.ret == pytest.ExitCode.TESTS_FAILED
    third.assert_outcomes(failed=1)
    third.stdout.fnmatch_lines(
        [
            "energy regressed: * kWh/1k*",
            "*baseline * kWh/1k (1 run in 1 session): +*",
            "*change = time * x power +*",
            "*to accept this level: pytest 'test_*.py::test_sleeper' --energy-accept",
            "energy: 1 measured, 1 compared, 1 regressed",
        ]
    )
    assert "Traceback" not in third.stdout.str()
    suite = ET.parse(pytester.path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"
    assert suite.get("errors") == "0"
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["energy.verdict"] == "regressed"
    assert float(properties["energy.change"] or "nan") == pytest.approx(0.3, abs=0.03)


def test_the_figure_is_the_energy_of_the_call(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml
) -> None:
    fake_nvml(FakeDevice(watts=300))
    pytester.makepyfile(SLEEPER)
    pytester.runpytest_subprocess("--energy-meter=nvml", "--energy-json=out.json")
    measured = json.loads((pytester.path / "out.json").read_text())["measurements"][0]
    expected = 300 * measured["seconds_per_inference"]
    assert measured["joules_per_inference"] == pytest.approx(expected, rel=0.005)
    assert measured["kwh_per_1k"] == pytest.approx(expected / 3600, rel=0.005)
    assert measured["low"] < measured["kwh_per_1k"] < measured["high"]
    assert measured["source"] == "measured"
    assert measured["components"]["gpu"]["gated"] is True


def test_a_renamed_test_is_new_and_strict_fails_it(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml
) -> None:
    fake_nvml(FakeDevice(watts=300))
    pytester.makepyfile(SLEEPER)
    assert (
        pytester.runpytest_subprocess("--energy-meter=nvml", "--energy-update").ret
        == pytest.ExitCode.OK
    )
    pytester.makepyfile(SLEEPER.replace("test_sleeper", "test_renamed"))
    plain = pytester.runpytest_subprocess("--energy-meter=nvml")
    assert plain.ret == pytest.ExitCode.OK
    plain.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    strict = pytester.runpytest_subprocess("--energy-meter=nvml", "--energy-strict")
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.stdout.fnmatch_lines(["energy has no baseline on this machine*"])
