"""Budgets: absolute limits, by marker and by argument."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL, Project


def test_a_blown_budget_fails_and_one_that_is_kept_passes(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy_budget("10 Wh")
        def test_blown(energy):
            energy(time.sleep, 0.25)

        @pytest.mark.energy_budget("100 Wh")
        def test_kept(energy):
            energy(time.sleep, 0.25)
    """)
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "energy is over its budget of 10 Wh per 1000: 0.02* kWh/1k [[]*[]] (*J/inference)",
            "  +1* % against 0.0100 kWh/1k; lower bound 0.01* kWh/1k on this device *",
            "energy: 2 measured, 0 compared, 2 new, 1 over budget",
        ]
    )
    assert [m["budget"]["word"] for m in project.measured] == ["blown", "passed"]
    assert project.measured[0]["budget"]["text"] == "10 Wh per 1000"


def test_a_blown_budget_is_not_stored_and_cannot_be_accepted(project: Project) -> None:
    project.write("""
        import time

        def test_blown(energy):
            energy.run(time.sleep, (0.25,), budget="10 Wh")
    """)
    project.run("--energy-accept").assert_outcomes(failed=1)
    assert not (project.path / "energy_baselines").exists()


def test_the_argument_goes_before_the_marker_and_per_counts(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy_budget("10 J", per=1)
        def test_it(energy):
            energy.run(time.sleep, (0.25,), name="own", budget="1 kWh")
            energy.run(time.sleep, (0.25,), name="marker")

        @pytest.mark.energy
        @pytest.mark.energy_budget("1 MJ", per=1)
        def test_marker_only():
            time.sleep(0.25)
    """)
    project.run().assert_outcomes(passed=1, failed=1)
    budgets = [(m["budget"]["text"], m["budget"]["word"]) for m in project.measured]
    assert budgets == [
        ("1 kWh per 1000", "passed"),
        ("10 J per 1", "blown"),
        ("1 MJ per 1", "passed"),
    ]
    assert project.measured[1]["budget"]["kwh_per_1k"] == pytest.approx(10 * 1000 / 3.6e6)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--energy-gate=warn"], {"passed": 1, "warnings": 1}),
        (["--energy-gate=off"], {"passed": 1}),
    ],
)
def test_the_gate_holds_for_budgets_too(
    project: Project, options: list[str], expected: dict[str, int]
) -> None:
    project.write("""
        import time

        def test_blown(energy):
            energy.run(time.sleep, (0.25,), budget="10 Wh")
    """)
    result = project.run(*options)
    result.assert_outcomes(**expected)
    result.stdout.fnmatch_lines(["energy: *1 over budget*"])


ESTIMATED = """
    import time

    def test_blown(energy):
        energy.run(time.sleep, (0.3,), budget="1 nJ")
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [([], {"passed": 1, "warnings": 1}), (["--energy-strict"], {"failed": 1})],
    ids=["usual", "strict"],
)
def test_an_estimate_alone_only_warns(
    pytester: pytest.Pytester, options: list[str], expected: dict[str, int]
) -> None:
    pytester.makepyfile(test_model=ESTIMATED)
    result = pytester.runpytest_subprocess(
        *USUAL, "--energy-meter=codecarbon", "--energy-max-seconds=0.2", *options
    )
    result.assert_outcomes(**expected)
    result.stdout.fnmatch_lines(
        [
            "*energy is over its budget of 1 nJ per 1000: *",
            "energy: 1 measured, *, 1 estimated only",
        ]
    )
