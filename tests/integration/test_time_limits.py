"""``--energy-max-seconds``, ``--energy-session-seconds``: one test, and all of them."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

MANY = """
    import time

    def test_first(energy):
        energy(time.sleep, 0.25)

    def test_second(energy):
        energy(time.sleep, 0.25)

    def test_third(energy):
        energy(time.sleep, 0.25)
        assert energy.result.mean_watts < 500
"""


def test_what_does_not_fit_into_the_session_is_listed(project: Project) -> None:
    project.write(MANY)
    result = project.run("--energy-session-seconds=0.1")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "energy: not measured, the 0.1 s of --energy-session-seconds were spent: "
            "test_model.py::test_second, test_model.py::test_third",
            "energy: 1 measured, 0 compared, 1 new, 2 not measured",
        ]
    )
    assert [m["state"] for m in project.measured] == ["measured", "unmeasured", "unmeasured"]


def test_the_report_lists_them_below_its_table(project: Project) -> None:
    project.write(MANY)
    result = project.run("--energy-session-seconds=0.1", "--energy-report")
    result.stdout.fnmatch_lines(
        [
            "test_model.py::test_second * not measured *",
            "test_model.py::test_second: the 0.1 s of --energy-session-seconds were spent",
        ]
    )


def test_strict_fails_what_does_not_fit(project: Project) -> None:
    project.write(MANY)
    project.store("test_model.py::test_first", joules=75.0)
    result = project.run("--energy-session-seconds=0.1", "--energy-strict")
    result.assert_outcomes(passed=1, failed=2)


def test_nothing_is_stored_of_what_does_not_fit(project: Project) -> None:
    project.write(MANY)
    project.run("--energy-session-seconds=0.1", "--energy-update")
    assert list(project.stored) == ["test_model.py::test_first"]


def test_a_call_longer_than_the_limit_runs_three_times(project: Project) -> None:
    project.write("""
        import time

        calls = []

        def test_it(energy):
            energy(lambda: calls.append(time.sleep(0.25)))
            assert len(calls) == 3
    """)
    project.run().assert_outcomes(passed=1)
    assert project.measured[0]["windows"] == 2


@pytest.mark.parametrize(
    ("options", "marker", "windows"),
    [
        (["--energy-max-seconds=0.2"], "", 2),  # too short for a call: three calls
        (["--energy-max-seconds=0.2"], "max_seconds=0.6", 3),  # windows, at least
        (["--energy-max-seconds=9"], "max_seconds=0.2", 2),
    ],
    ids=["option", "longer marker", "shorter marker"],
)
def test_the_marker_goes_before_the_command_line(
    project: Project, options: list[str], marker: str, windows: int
) -> None:
    project.write(f"""
        import time
        import pytest

        @pytest.mark.energy({marker})
        def test_it(energy):
            energy(time.sleep, 0.25)
    """)
    project.run(*options).assert_outcomes(passed=1)
    found = project.measured[0]["windows"]
    assert found == windows or found > windows > 2


def test_a_limit_below_the_floor_is_said(project: Project) -> None:
    project.write("""
    import time

    def test_it(energy):
        energy(time.sleep, 0.05)
    """)
    result = project.run("--energy-max-seconds=0.1")
    result.stdout.fnmatch_lines(
        [
            "energy: --energy-max-seconds 0.1 is below the floor of 1.5 s: three windows were "
            "measured in any case",
            "energy: 1 measured*",
        ]
    )
