"""hypothesis's @given: which examples there are changes, so a measurement of them is none."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

HEAD = """
    import time
    import pytest
    from hypothesis import HealthCheck, given, settings, strategies as st

    examples = settings(
        max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
"""
MARKER_ONLY = (
    HEAD
    + """
    @pytest.mark.energy
    @given(n=st.integers(0, 99))
    def test_property(n):
        pass
"""
)
FIXTURE = (
    HEAD
    + """
    @given(n=st.integers(0, 99))
    @examples
    def test_measures(energy, n):
        assert energy(lambda: n) == n

    @given(n=st.integers(0, 99))
    @examples
    def test_reads_a_figure(energy, n):
        assert energy.run(lambda: n).mean_watts > 0

    @given(n=st.integers(0, 99))
    @examples
    def test_fails(energy, n):
        energy(lambda: n)
        with energy.window("more"):
            assert n < 50, "too large"

    @given(n=st.integers(0, 99))
    @examples
    def test_workload_fails(energy, n):
        energy.compare(lambda: 1 // n, lambda: n)

    @given(n=st.integers(0, 99))
    @examples
    def test_measures_nothing(energy, n):
        assert n >= 0
"""
)


@pytest.mark.every_python
def test_the_marker_alone_is_refused_at_collection(project: Project) -> None:
    project.write(MARKER_ONLY)
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["*::test_property: @pytest.mark.energy cannot measure a test with hypothesis's @given: *"]
    )


@pytest.mark.every_python
def test_the_fixture_says_so_and_hides_no_failure(project: Project) -> None:
    project.write(FIXTURE)
    result = project.run("-p", "no:randomly")
    result.assert_outcomes(failed=4, passed=1)
    text = result.stdout.str()
    assert "Flaky" not in text
    assert "a second measurement" not in text
    result.stdout.fnmatch_lines_random(
        [
            "energy cannot measure in a test with hypothesis's @given: *",
            "*AssertionError: too large",
            "*ZeroDivisionError: *",
        ]
    )
    assert text.count("\nenergy cannot measure in a test with hypothesis's @given: ") == 2
    assert all(one["state"] == "unmeasured" for one in project.measured)


def test_what_is_disabled_only_runs(project: Project) -> None:
    project.write(FIXTURE)
    result = project.run("--energy-disable", "-k", "test_measures")
    result.assert_outcomes(passed=2, deselected=3)
