"""``--energy-disable``: every body runs once, nothing is measured, and the run says so."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import USUAL, Project

COUNTING = """
    import pathlib
    import sys

    import pytest

    CALLS = pathlib.Path(__file__).with_name("calls")

    def model():
        with CALLS.open("a") as file:
            file.write("called ")
        return "positive"

    def test_called(energy):
        assert energy(model) == "positive"

    def test_run(energy):
        energy.run(model, inferences=32, name="batch", budget="1 nWh")

    def test_window(energy):
        with energy.window():
            model()

    def test_compare(energy):
        energy.compare(model, model)

    @pytest.mark.energy
    @pytest.mark.energy_budget("1 nWh")
    def test_marked():
        model()

    def test_nothing_was_loaded():
        assert not {"pynvml", "codecarbon"} & set(sys.modules)
"""


@pytest.mark.every_python
def test_each_call_is_made_once_and_no_budget_is_blown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_model=COUNTING)
    result = pytester.runpytest_subprocess(*USUAL, "--energy-disable")
    result.assert_outcomes(passed=6)
    assert (pytester.path / "calls").read_text().split() == ["called"] * 6  # compare: one each
    result.stdout.fnmatch_lines(["energy: nothing was gated: disabled by --energy-disable *"])


def test_a_stored_level_is_neither_compared_nor_touched(project: Project) -> None:
    project.store("test_model.py::test_called", joules=1e-9)
    before = project.baseline_file.read_bytes()
    project.write(COUNTING.replace("not {", "{} or {"))
    project.run("--energy-disable").assert_outcomes(passed=6)
    assert project.baseline_file.read_bytes() == before
    assert {m["reason"] for m in project.measured} == {"disabled by --energy-disable"}


def test_the_ini_key_does_the_same(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nenergy_disable = true\n")
    pytester.makepyfile(test_model="def test_it(energy): energy(len, 'a film')")
    pytester.runpytest_inprocess(*USUAL).assert_outcomes(passed=1)
    (told,) = json.loads((pytester.path / "results.json").read_text())["measurements"]
    assert told["state"] == "unmeasured"


@pytest.mark.parametrize("action", ["--energy-update", "--energy-accept"])
def test_nothing_can_be_stored_of_it(pytester: pytest.Pytester, action: str) -> None:
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", action)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --energy-disable measures nothing, so *"])
