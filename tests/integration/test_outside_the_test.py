"""What is measured outside a test's setup and call is an error: no gate would look at it."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

OUTSIDE = (
    "*MisuseError: the energy of test_model.py::{} is used outside that test's setup and call*"
)

WAYS = {
    "run": "energy.run(time.sleep, args=(0.2,), once=True, name='unload')",
    "call": "energy(time.sleep, 0.2)",
    "compare": "energy.compare(len, len, args=('a',), at_most=3)",
    "arun": "asyncio.run(energy.arun(asyncio.sleep, (0.2,), once=True, name='unload'))",
    "window": "energy.window('unload').__enter__()",
}


@pytest.mark.parametrize("way", WAYS)
def test_measuring_in_teardown_is_an_error(project: Project, way: str) -> None:
    project.write(f"""
        import asyncio, time
        import pytest

        @pytest.fixture
        def model(energy):
            yield
            {WAYS[way]}

        def test_block(model, energy):
            with energy.window():
                time.sleep(0.2)
    """)
    result = project.run("--energy-update")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*ERROR at teardown of test_block*", OUTSIDE.format("test_block") + "before their yield*"]
    )
    if way != "arun":  # asyncio's frames show what they hold
        assert "pytest_inferenergy/" not in result.stdout.str()
    assert [m["name"] for m in project.measured] == [None]
    assert not (project.path / "energy_baselines").exists()


def test_a_window_that_a_fixture_holds_open_is_an_error(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.fixture
        def measured(energy):
            with energy.window(budget="1 mJ"):
                yield

        def test_block(measured):
            time.sleep(0.2)
    """)
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([OUTSIDE.format("test_block")])


def test_the_energy_of_another_test_is_an_error(project: Project) -> None:
    project.write("""
        import time

        kept = []

        def test_first(energy):
            kept.append(energy)

        def test_second():
            kept[0].run(time.sleep, args=(0.2,), once=True)
    """)
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([OUTSIDE.format("test_first")])


def test_the_setup_may_measure_and_is_gated(project: Project) -> None:
    project.store(joules=30.0)
    project.write("""
        import time
        import pytest

        @pytest.fixture
        def model(energy):
            with energy.window():
                time.sleep(0.2)

        def test_block(model):
            pass
    """)
    project.run().assert_outcomes(failed=1)
    assert [m["verdict"] for m in project.measured] == ["regressed"]


@pytest.mark.parametrize("end", ["pytest.skip('no')", "1 / 0"])
def test_what_a_setup_measured_before_it_ended_is_told(project: Project, end: str) -> None:
    project.write(f"""
        import time
        import pytest

        @pytest.fixture
        def model(energy):
            with energy.window():
                time.sleep(0.2)
            {end}

        def test_block(model):
            pass
    """)
    project.run("--energy-update")
    assert [m["state"] for m in project.measured] == ["measured"]
    assert not (project.path / "energy_baselines").exists()
