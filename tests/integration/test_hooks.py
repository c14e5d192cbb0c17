"""Our hooks for other plugins; the examples in their docstrings are run as they stand."""

from __future__ import annotations

import inspect
import json
import re
import textwrap

import pytest

from pytest_inferenergy.session import hookspec
from tests.integration.conftest import BLOCK, Project


def example(name: str) -> str:
    """The code of a hook's docstring."""
    text = inspect.getdoc(getattr(hookspec, name)) or ""
    code = textwrap.dedent(text.partition(":\n\n")[2])
    assert re.search(f"^def {name}\\(", code, re.MULTILINE)
    return code


def test_the_machine_may_be_told_apart(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.pytester.makeconftest(example("pytest_energy_machine_profile"))
    project.write(BLOCK)
    monkeypatch.setenv("RACK_COOLING", "water")
    project.run("--energy-update")
    assert project.baseline_file.name == "nvidia-h200-water-cooled-x1-700w-nvml.json"
    again = project.run()
    again.stdout.fnmatch_lines(["energy: 1 measured, 1 compared*"])
    monkeypatch.setenv("RACK_COOLING", "air")
    other = project.run()
    other.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])


@pytest.mark.parametrize("spoilt", ["count=0", "rack=4"])
def test_a_profile_that_is_none_is_told(project: Project, spoilt: str) -> None:
    project.pytester.makeconftest(
        f"def pytest_energy_machine_profile(profile): profile.update({spoilt})"
    )
    project.write(BLOCK)
    result = project.run()
    result.assert_outcomes(failed=1)
    assert "pytest_energy_machine_profile" in result.stdout.str()
    assert spoilt.partition("=")[0] in result.stdout.str()


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_a_remark_joins_the_message(project: Project, workers: list[str]) -> None:
    project.store(joules=30.0)
    project.pytester.makeconftest(example("pytest_energy_verdict"))
    project.write(BLOCK)
    result = (project.run_apart if workers else project.run)(*workers)
    note = f"see the wiki page Energy, or ask the team of {project.path.name}"
    result.stdout.fnmatch_lines([f"  note: {note}"])
    (measured,) = project.measured
    assert measured["notes"] == [note]
    assert measured["message"].endswith(f"\n  note: {note}")


def test_a_remark_on_what_passed_stands_below_the_table(project: Project) -> None:
    project.store()
    project.pytester.makeconftest("""
        def pytest_energy_verdict(outcome):
            outcome["verdict"] = "regressed"  # a copy: this changes nothing
            return ["one", f"gated: {outcome['gated']}"]
    """)
    project.write(BLOCK)
    result = project.run("--energy-report")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["test_model.py::test_block: *, one, gated: passed"])
    assert project.measured[0]["verdict"] == "passed"


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_the_results_may_be_added_to(project: Project, workers: list[str]) -> None:
    project.pytester.makeconftest(example("pytest_energy_json"))
    project.write(BLOCK)
    (project.run_apart if workers else project.run)(*workers)
    assert project.results["x_cost_centre"] == "4711"
    (measured,) = project.measured
    assert measured["x_cents_per_1k"] == pytest.approx(31 * measured["kwh_per_1k"], abs=1e-4)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("1 / 0", "energy: ERROR: pytest_energy_json of a plugin failed: ZeroDivisionError*"),
        ("document['x_set'] = {1}", "energy: ERROR: --energy-json: a plugin spoilt the results*"),
    ],
)
def test_a_hook_that_fails_is_told_and_loses_nothing(
    project: Project, body: str, says: str
) -> None:
    project.pytester.makeconftest(f"def pytest_energy_json(document): {body}")
    project.write(BLOCK)
    result = project.run("--energy-csv=r.csv")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([says])
    assert "test_model.py::test_block" in (project.path / "r.csv").read_text()
    if "set" not in body:
        json.loads((project.path / "results.json").read_text())
