"""``--energy-report``: the table, and the closing line that is always there."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, USUAL, Project

COLUMNS = "test * kWh/1k * ± * J/inference * s/inference * W * baseline * change * verdict * source"


def test_the_table_has_a_row_for_each_measurement(project: Project) -> None:
    project.store(name="stored")
    project.write("""
        import time

        def test_block(energy):
            with energy.window("stored"):
                time.sleep(0.2)
            with energy.window("new"):
                time.sleep(0.2)
    """)
    result = project.run("--energy-report")
    result.stdout.fnmatch_lines(
        [
            "*- energy report -*",
            COLUMNS,
            "---*",
            "test_model.py::test_block stored * 0.01* % * J * ms * 0.0167 * % * passed * measured",
            "test_model.py::test_block new * 0.01* * - * - * new * measured",
            "test_model.py::test_block new: too_short",
            "energy: 2 measured, 1 compared, 1 new",
            "*= 1 passed in *",
        ]
    )


def test_without_the_option_there_is_no_table(project: Project) -> None:
    project.write(BLOCK)
    result = project.run()
    result.stdout.no_fnmatch_line("*kWh/1k*")


@pytest.mark.parametrize("quiet", [["-q"], ["-qq"], ["-q", "--tb=no"]], ids=" ".join)
def test_the_closing_line_is_there_when_quiet(
    pytester: pytest.Pytester, replay: str, quiet: list[str]
) -> None:
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_inprocess(*USUAL, replay, *quiet)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])


def test_the_closing_line_stands_right_above_that_of_pytest(
    pytester: pytest.Pytester, replay: str
) -> None:
    pytester.makepyfile(test_model=BLOCK + "        assert 0\n", test_warn="""
        import warnings

        def test_it():
            warnings.warn("something else")
    """)  # fmt: skip
    result = pytester.runpytest_inprocess(*USUAL, replay, "-ra", "--energy-report")
    lines = [line for line in result.outlines if line.strip()]
    assert lines[-2] == "energy: 1 measured, 0 compared, 1 new"
    assert lines[-1].startswith("=")


def test_without_a_terminal_the_gate_works_all_the_same(project: Project) -> None:
    project.store(joules=30.0)
    project.write(BLOCK)
    result = project.run("-p", "no:terminal", "--energy-report")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.outlines == []
    assert project.measured[0]["verdict"] == "regressed"


def test_what_was_written_is_said(project: Project) -> None:
    project.write(BLOCK)
    result = project.run("--energy-update", "--energy-baselines=of/mine")
    result.stdout.fnmatch_lines(
        ["energy: baselines written: 1 in of/mine/nvidia-h200-x1-700w-nvml.json"]
    )
