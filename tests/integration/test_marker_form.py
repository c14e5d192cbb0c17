"""``@pytest.mark.energy`` on a test that does not ask for the fixture measures its whole call."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL, Project

pytestmark = pytest.mark.every_python

ASYNC = """
    import pytest

    @pytest.mark.energy
    async def test_it():
        pass
"""
UNITTEST = """
    import unittest
    import pytest

    @pytest.mark.energy
    class TestModel(unittest.TestCase):
        def test_it(self):
            pass
"""


def test_the_call_is_measured_with_fixtures_set_up_once(project: Project) -> None:
    project.write("""
        import time
        import pytest

        set_up, torn_down, calls = [], [], []

        @pytest.fixture
        def model():
            set_up.append(1)
            yield 0.25
            torn_down.append(1)

        @pytest.mark.energy(inferences=5)
        def test_it(model):
            calls.append(1)
            assert not torn_down
            time.sleep(model)

        def test_how_often():
            assert len(set_up) == len(torn_down) == 1
            assert len(calls) == 3
    """)
    project.run().assert_outcomes(passed=2)
    (measured,) = project.measured
    assert measured["joules_per_inference"] == pytest.approx(0.25 * 300 / 5, rel=0.1)
    assert measured["inferences"] == 10


def test_parametrised_tests_and_methods_are_measured_each(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy(name="sleeping")
        class TestModel:
            @pytest.mark.parametrize("seconds", [0.21, 0.29])
            def test_it(self, seconds):
                time.sleep(seconds)
    """)
    project.run("--energy-update").assert_outcomes(passed=2)
    assert [m["nodeid"] for m in project.measured] == [
        "test_model.py::TestModel::test_it[0.21]",
        "test_model.py::TestModel::test_it[0.29]",
    ]
    shorter, longer = (m["joules_per_inference"] for m in project.measured)
    assert longer / shorter == pytest.approx(0.29 / 0.21, rel=0.1)
    assert list(project.stored["test_model.py::TestModel::test_it[0.21]"]) == ["sleeping"]


@pytest.mark.parametrize(
    "failure", ["assert len(calls) < 2", "if len(calls) == 2: pytest.fail('again')"]
)
def test_a_failure_in_a_later_call_points_to_the_fixture(project: Project, failure: str) -> None:
    project.write(f"""
        import time
        import pytest

        calls = []

        @pytest.mark.energy
        def test_it():
            calls.append(1)
            time.sleep(0.25)
            {failure}
    """)
    result = project.run("--energy-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*call 2 of the measured test: *use the fixture: energy.run(*"])
    assert "pytest_inferenergy/" not in result.stdout.str()
    assert not (project.path / "energy_baselines").exists()


def test_a_failure_in_the_first_call_is_the_tests_own(project: Project) -> None:
    project.write("""
        import pytest

        @pytest.mark.energy
        def test_it():
            assert 1 == 2
    """)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *assert 1 == 2"])
    result.stdout.no_fnmatch_line("*of the measured test*")
    assert "pytest_inferenergy/" not in result.stdout.str()


def test_a_skip_inside_skips(project: Project) -> None:
    project.write("""
        import pytest

        @pytest.mark.energy
        def test_it():
            pytest.skip("no such model here")
    """)
    result = project.run("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED [[]1[]] test_model.py:*: no such model here"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ASYNC, "test_model.py::test_it: @pytest.mark.energy cannot measure an async test *"),
        (
            UNITTEST,
            "test_model.py::TestModel::test_it: @pytest.mark.energy cannot measure a unittest *",
        ),
    ],
    ids=["async", "unittest"],
)
def test_what_cannot_be_measured_is_refused_by_name(
    pytester: pytest.Pytester, text: str, message: str, workers: list[str]
) -> None:
    pytester.makepyfile(test_model=text)
    result = (
        pytester.runpytest_subprocess(*USUAL, *workers)
        if workers
        else pytester.runpytest_inprocess(*USUAL)
    )
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR)
    result.stdout.fnmatch_lines([message])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_project_may_have_a_fixture_of_the_same_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def energy():
            return 5.0

        def test_it(energy):
            assert energy == 5.0

        @pytest.mark.parametrize("energy", [1.0, 2.0])
        def test_another(energy):
            assert energy < 3
    """)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-strict")
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("energy: *")


def test_a_fixture_may_stand_on_ours(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def energy(energy):
            return energy

        def test_it(energy):
            assert energy(len, "a film") == 6
    """)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", "-m", "energy")
    result.assert_outcomes(passed=1)
