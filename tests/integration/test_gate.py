"""``--energy-gate``: what a regression and every doubt does, by option and by marker."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project

REGRESSION = "energy: 1 measured, 1 compared, 1 regressed"


@pytest.fixture
def regressed(project: Project) -> Project:
    """A project whose one test needs twice the energy that is stored."""
    project.store(joules=30.0)
    project.write(BLOCK)
    return project


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"failed": 1}),
        (["--energy-gate=fail"], {"failed": 1}),
        (["--energy-gate=warn"], {"passed": 1, "warnings": 1}),
        (["--energy-gate=off"], {"passed": 1}),
        (["--energy-strict"], {"failed": 1}),
        (["--energy-strict", "--energy-gate=warn"], {"failed": 1}),
        (["--energy-strict", "--energy-gate=off"], {"passed": 1}),
    ],
    ids=" ".join,
)
def test_a_regression(regressed: Project, options: list[str], expected: dict[str, int]) -> None:
    result = regressed.run(*options)
    result.assert_outcomes(**expected)
    off = "; the gate is off*" if "--energy-gate=off" in options else ""
    result.stdout.fnmatch_lines([REGRESSION + off])  # whatever the gate: it is said


@pytest.mark.parametrize(
    ("ini", "marker", "option", "expected"),
    [
        ("off", None, None, "off"),
        ("off", "warn", None, "warn"),
        ("off", "warn", "fail", "fail"),
        ("fail", "off", None, "off"),
        (None, "off", "warn", "warn"),
    ],
)
def test_precedence_of_the_gate(
    regressed: Project, ini: str | None, marker: str | None, option: str | None, expected: str
) -> None:
    if ini is not None:
        with (regressed.path / "tox.ini").open("a") as file:
            file.write(f"\nenergy_gate = {ini}\n")
    if marker is not None:
        text = f"import pytest\npytestmark = pytest.mark.energy(gate={marker!r})\n"
        regressed.write(BLOCK)
        path = regressed.path / "test_model.py"
        path.write_text(text + path.read_text())
    options = [] if option is None else [f"--energy-gate={option}"]
    result = regressed.run(*options)
    failed = {"fail": {"failed": 1}, "warn": {"passed": 1, "warnings": 1}, "off": {"passed": 1}}
    result.assert_outcomes(**failed[expected])
    assert regressed.measured[0]["gate"] == expected


def test_precedence_of_the_margins(project: Project) -> None:
    project.write("""
        import time
        import pytest

        def test_ini(energy):
            with energy.window():
                time.sleep(0.2)

        @pytest.mark.energy(tolerance=20, must_detect=50)
        def test_marker(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    project.run()
    assert [m["details"]["tolerance"] for m in project.measured] == [0.1, 0.2]
    project.run("--energy-tolerance=7")
    assert [m["details"]["tolerance"] for m in project.measured] == [0.07, 0.2]
    assert [m["details"]["must_detect"] for m in project.measured] == [0.14, 0.5]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"passed": 1, "warnings": 1}),
        (["--energy-strict"], {"failed": 1}),
        (["--energy-strict", "--energy-gate=warn"], {"failed": 1}),
        (["--energy-gate=off"], {"passed": 1}),
        (["--energy-accept"], {"passed": 1}),
        (["--energy-update"], {"passed": 1, "warnings": 1}),
    ],
    ids=" ".join,
)
def test_an_inconclusive_change(
    project: Project, options: list[str], expected: dict[str, int]
) -> None:
    project.store(joules=60.0 / 1.15, spread=0.03)
    project.write(BLOCK)
    result = project.run(*options)
    result.assert_outcomes(**expected)
    assert project.measured[0]["verdict"] == "inconclusive"
    off = "; the gate is off*" if "--energy-gate=off" in options else ""
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 inconclusive" + off])
    if "warnings" in expected or "failed" in expected:
        result.stdout.fnmatch_lines(["*energy inconclusive: *"])


def test_other_inputs_are_inconclusive_and_named(project: Project) -> None:
    project.store()
    project.write(BLOCK.replace("energy.window()", "energy.window(inferences=2)"))
    result = project.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*inconclusive: inputs changed: inferences per call 1 → 2"])


def test_a_warning_that_is_an_error_fails_with_the_message_alone(project: Project) -> None:
    project.store(joules=60.0 / 1.15, spread=0.03)
    project.write(BLOCK)
    result = project.run("-W", "error::pytest_inferenergy.InferenergyWarning")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy inconclusive: *"])
    assert "pytest_inferenergy/" not in result.stdout.str()


def test_the_tests_own_assert_comes_first(regressed: Project) -> None:
    regressed.write(BLOCK + "        assert 1 == 2\n")
    result = regressed.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *assert 1 == 2", REGRESSION])
    result.stdout.no_fnmatch_line("energy regressed:*")


def test_all_measurements_of_a_test_are_judged(project: Project) -> None:
    for name in ("one", "two"):
        project.store(joules=30.0, name=name)
    project.store(joules=60.0, name="three")
    project.write("""
        import time

        def test_block(energy):
            for name in ("one", "two", "three"):
                with energy.window(name):
                    time.sleep(0.2)
    """)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "energy of 'one' regressed: *",
            "energy of 'two' regressed: *",
            "energy: 3 measured, 3 compared, 2 regressed",
        ]
    )
    result.stdout.no_fnmatch_line("*'three'*")


def test_another_card_of_the_same_model_never_regresses(regressed: Project) -> None:
    text = regressed.baseline_file.read_text()
    changed = text.replace('"concurrency": 1', '"concurrency": 1, "device": "0123456789ab"')
    regressed.baseline_file.write_text(changed)
    result = regressed.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*inconclusive: other card: *"])


def test_strict_fails_a_test_that_asks_and_measures_nothing(project: Project) -> None:
    project.write("def test_it(energy):\n    pass")
    usual = project.run()
    usual.assert_outcomes(passed=1)
    usual.stdout.fnmatch_lines(
        ["energy: 0 measured, 0 compared, 1 energy test without a measurement; nothing was gated"]
    )
    strict = project.run("--energy-strict")
    strict.assert_outcomes(failed=1)
    strict.stdout.fnmatch_lines(["energy was not measured: the test asks for `energy` and *"])
