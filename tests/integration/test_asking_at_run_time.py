"""``request.getfixturevalue("energy")``: the fixture, asked for when the test already runs."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project


@pytest.mark.parametrize("marker", ["", "@pytest.mark.energy", "@pytest.mark.energy(name='x')"])
def test_a_test_that_asks_measures_itself(project: Project, marker: str) -> None:
    project.write(f"""
        import time
        import pytest

        {marker}
        def test_it(request):
            energy = request.getfixturevalue("energy")
            energy(time.sleep, 0.25)
            assert energy.result.joules_per_inference > 0
            time.sleep(0.5)
    """)
    project.run("--energy-strict", "--energy-update").assert_outcomes(passed=1)
    (measured,) = project.measured
    assert measured["joules_per_inference"] == pytest.approx(75, rel=0.1)


def test_so_does_one_whose_fixture_asks(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.fixture
        def measure(request):
            return request.getfixturevalue("energy")

        @pytest.mark.energy
        def test_it(measure):
            measure(time.sleep, 0.25)
            time.sleep(0.5)
    """)
    project.run("--energy-update").assert_outcomes(passed=1)
    (measured,) = project.measured
    assert measured["joules_per_inference"] == pytest.approx(75, rel=0.1)


def test_one_that_does_not_ask_is_measured_whole(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy
        def test_it(request):
            assert request.node.name == "test_it"
            time.sleep(0.25)
    """)
    project.run().assert_outcomes(passed=1)
    (measured,) = project.measured
    assert measured["joules_per_inference"] == pytest.approx(75, rel=0.1)


def test_asking_within_the_measured_call_says_what_to_do(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.fixture
        def later(request):
            return lambda: request.getfixturevalue("energy")

        @pytest.mark.energy
        def test_it(later):
            later()(time.sleep, 0.25)
    """)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*MisuseError: the whole call of this test is measured already*"])


def test_a_budget_alone_holds_for_what_the_test_asks_for(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy_budget("1 mJ")
        def test_over(request):
            with request.getfixturevalue("energy").window():
                time.sleep(0.2)

        @pytest.mark.energy_budget("1 mJ")
        def test_measures_nothing(request):
            pass

        def test_other():
            pass
    """)
    result = project.run()
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "energy is over its budget of 1 mJ *",
            "*test_measures_nothing: @pytest.mark.energy_budget on a test that measures nothing: *",
        ]
    )
