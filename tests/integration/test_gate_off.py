"""A gate that is off says so, beside strict above all."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project

ENDS = "energy: 1 measured, 0 compared, 1 new; the gate is off"
TWO = (
    BLOCK
    + """
    import pytest

    @pytest.mark.energy(gate="off")
    def test_other(energy):
        with energy.window():
            time.sleep(0.2)
"""
)


def test_it_says_so(project: Project) -> None:
    project.write(BLOCK)
    project.run("--energy-gate=off").stdout.fnmatch_lines([ENDS])


@pytest.mark.parametrize("by", ["option", "ini"])
def test_beside_strict(project: Project, by: str) -> None:
    if by == "ini":
        with (project.path / "tox.ini").open("a") as file:
            file.write("\nenergy_gate = off\n")
    project.write(BLOCK)
    result = project.run("--energy-strict", *(["--energy-gate=off"] if by == "option" else []))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"{ENDS}, where --energy-strict fails nothing"])


def test_of_some_tests(project: Project) -> None:
    project.write(TWO)
    project.run("--energy-strict").stdout.fnmatch_lines(
        ["energy: 2 measured, *; the gate is off for 1 of them, where --energy-strict fails *"]
    )


def test_what_was_not_measured(project: Project) -> None:
    project.gpu.fail("nvmlInit*")
    project.write(BLOCK)
    result = project.run("--energy-strict", "--energy-gate=off")
    result.stdout.fnmatch_lines(["*nothing was gated: *; the gate is off, where *"])


def test_a_gate_that_is_on_says_nothing(project: Project) -> None:
    project.write(BLOCK)
    project.run().stdout.no_fnmatch_line("*gate is off*")
