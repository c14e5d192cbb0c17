"""What ``--energy-update`` and ``--energy-accept`` store, and what they leave alone."""

from __future__ import annotations

import shlex

import pytest

from tests.integration.conftest import BLOCK, SLEEPER, Project

TEST = "test_model.py::test_sleeper"
TWO = """
    import time

    def test_first(energy):
        energy(time.sleep, 0.25)

    def test_second(energy):
        energy(time.sleep, 0.25)
"""


def test_runs_that_pass_accumulate(project: Project) -> None:
    project.write(SLEEPER)
    for _ in range(2):
        assert project.run("--energy-update").ret == pytest.ExitCode.OK
    history = project.stored[TEST][""]
    assert len(history["runs"]) == 2
    first = history["runs"][0]
    assert history["anchor"]["joules_per_inference"] == first["joules_per_inference"]
    assert first["joules_per_inference"] == pytest.approx(0.25 * 300, rel=0.1)


def test_without_either_nothing_is_written(project: Project) -> None:
    project.write(SLEEPER)
    assert project.run().ret == pytest.ExitCode.OK
    assert not (project.path / "energy_baselines").exists()


def test_update_of_a_regression_fails_and_writes_nothing(project: Project) -> None:
    project.write(SLEEPER)
    project.run("--energy-update")
    before = project.baseline_file.read_bytes()
    project.gpu.scale(2)
    result = project.run("--energy-update")
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.measured[0]["verdict"] == "regressed"
    assert project.baseline_file.read_bytes() == before
    result.stdout.no_fnmatch_line("*baselines written*")


@pytest.mark.every_python
def test_accept_of_a_regression_begins_a_new_list_and_keeps_the_anchor(project: Project) -> None:
    project.write(SLEEPER)
    for _ in range(2):
        project.run("--energy-update")
    before = project.stored[TEST][""]
    project.gpu.scale(2)
    result = project.run("--energy-accept")
    assert result.ret == pytest.ExitCode.OK
    after = project.stored[TEST][""]
    (run,) = after["runs"]
    assert run["joules_per_inference"] == pytest.approx(0.25 * 600, rel=0.1)
    assert after["anchor"] == before["anchor"]
    assert project.run().ret == pytest.ExitCode.OK
    assert project.measured[0]["verdict"] == "passed"


def test_an_improvement_is_stored_only_when_accepted(project: Project) -> None:
    project.write(SLEEPER)
    project.run("--energy-update")
    before = project.baseline_file.read_bytes()
    project.gpu.scale(0.4)
    assert project.run("--energy-update").ret == pytest.ExitCode.OK
    assert project.measured[0]["verdict"] == "improved"
    assert project.baseline_file.read_bytes() == before
    assert project.run("--energy-accept").ret == pytest.ExitCode.OK
    (run,) = project.stored[TEST][""]["runs"]
    assert run["joules_per_inference"] == pytest.approx(0.25 * 120, rel=0.1)


def test_a_subset_touches_only_itself(project: Project) -> None:
    project.write(TWO)
    project.run("--energy-update")
    before = project.stored
    project.gpu.scale(2)
    result = project.run("--energy-accept", "-k", "first")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["energy: baselines written: 1 in energy_baselines/*.json"])
    after = project.stored
    assert after["test_model.py::test_first"] != before["test_model.py::test_first"]
    assert after["test_model.py::test_second"] == before["test_model.py::test_second"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("energy(time.sleep, 0.25)\n    assert 1 == 2", {"failed": 1}),
        ("energy(time.sleep, 0.25)\n    pytest.skip('enough')", {"skipped": 1}),
        ("energy(time.sleep, 0.25)\n    pytest.xfail('known')", {"xfailed": 1}),
    ],
)
def test_nothing_is_stored_of_a_test_that_does_not_pass(
    project: Project, body: str, expected: dict[str, int]
) -> None:
    project.write(f"import pytest, time\ndef test_it(energy):\n    {body}")
    project.run("--energy-update").assert_outcomes(**expected)
    assert project.measured[0]["state"] == "measured"
    assert not (project.path / "energy_baselines").exists()


def test_nothing_is_stored_of_a_test_whose_teardown_fails(project: Project) -> None:
    project.write("""
        import pytest, time

        @pytest.fixture
        def model():
            yield
            raise RuntimeError("the model does not go away")

        def test_it(energy, model):
            energy(time.sleep, 0.25)
    """)
    project.run("--energy-update").assert_outcomes(passed=1, errors=1)
    assert project.measured[0]["state"] == "measured"
    assert not (project.path / "energy_baselines").exists()


def test_a_callable_that_raises_fails_with_its_own_error_and_stores_nothing(
    project: Project,
) -> None:
    project.write("""
        def broken_model():
            raise ValueError("a shape does not fit")

        def test_it(energy):
            energy(broken_model)
    """)
    result = project.run("--energy-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*energy(broken_model)",
            "E *ValueError: a shape does not fit",
            "test_model.py:2: ValueError",
        ]
    )
    assert "pytest_inferenergy" not in result.stdout.str()
    assert project.measured == []
    assert not (project.path / "energy_baselines").exists()


def test_a_file_is_not_touched_where_nothing_changes(project: Project) -> None:
    project.write(SLEEPER)
    project.run("--energy-update")
    before, stamp = project.baseline_file.read_bytes(), project.baseline_file.stat().st_mtime_ns
    project.write("def test_of_nothing():\n    pass", "test_other")
    assert project.run("--energy-update", "-k", "nothing").ret == pytest.ExitCode.OK
    assert project.baseline_file.read_bytes() == before
    assert project.baseline_file.stat().st_mtime_ns == stamp


def test_the_next_command_says_again_where_the_level_lies(project: Project) -> None:
    project.store(joules=30.0)
    (project.path / "energy_baselines").rename(project.path / "my levels")
    project.write(BLOCK)
    options = ("--energy-meter=nvml", "--energy-baselines", "my levels")
    result = project.run(*options)
    (told,) = (line for line in result.outlines if line.startswith("  to accept this level: "))
    command = shlex.split(told.partition("pytest ")[2])
    assert command == [
        "test_model.py::test_block",
        "--energy-meter=nvml",
        "--energy-baselines=my levels",
        "--energy-accept",
    ]
    project.run(*command).assert_outcomes(passed=1)
    project.run(*options).assert_outcomes(passed=1)
