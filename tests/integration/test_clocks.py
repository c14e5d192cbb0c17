"""Tests that stop the clock, or give it times of their own: figures are those of the real one."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

AROUND = """
    import time
    from unittest import mock

    sleep = time.sleep

    def test_it(energy):
        {imports}
        with {clock}:
            energy(sleep, 0.01)
"""
WITHIN = """
    import time
    from unittest import mock

    sleep = time.sleep

    def test_it(energy):
        {imports}

        def call():
            with {clock}:
                sleep(0.01)

        energy(call)
"""
CLOCKS = {
    "freezegun": ("import freezegun", "freezegun.freeze_time('2020-01-01')"),
    "time-machine": ("import time_machine", "time_machine.travel('2020-01-01', tick=False)"),
    "a fixed perf_counter": ("", "mock.patch('time.perf_counter', return_value=5.0)"),
    "a fixed monotonic": ("", "mock.patch('time.monotonic', return_value=5.0)"),
    "a fixed time": ("", "mock.patch('time.time', return_value=5.0)"),
    "no sleep": ("", "mock.patch('time.sleep')"),
}


def check(project: Project) -> None:
    """The stand-in draws 300 W, the call sleeps 10 ms."""
    (found,) = project.measured
    assert found["state"] == "measured", found["reason"]
    assert 0.01 <= found["seconds_per_inference"] < 5  # freezegun takes its time, too
    assert found["mean_watts"] == pytest.approx(300, rel=0.02)
    if found["windows"] < 5:  # of freezegun's own work, a second a call on a busy machine
        return
    assert found["high"] - found["low"] < 4 * found["kwh_per_1k"]  # on a busy machine
    (run,) = project.stored["test_model.py::test_it"][""]["runs"]
    assert run["time"] > "2025"  # by the real calendar


@pytest.mark.parametrize("test", [AROUND, WITHIN], ids=["around", "within"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_that_a_test_stops_stops_no_measurement(
    project: Project, test: str, clock: str
) -> None:
    imports, context = CLOCKS[clock]
    if imports:
        pytest.importorskip(imports.split()[-1])
    project.write(test.format(imports=imports, clock=context))
    result = project.run_apart("--energy-max-seconds=1", "--energy-update")
    result.assert_outcomes(passed=1)
    check(project)


@pytest.mark.parametrize("name", ["perf_counter", "monotonic", "time", "sleep"])
def test_no_value_is_taken_of_a_clock_that_a_test_made(project: Project, name: str) -> None:
    """A list of values has just as many as the test asks for."""
    project.write(f"""
        import time
        from unittest import mock

        sleep = time.sleep

        def test_it(energy):
            def call():
                sleep(0.01)
                return made()

            values = iter(range(100000))
            with mock.patch("time.{name}", side_effect=lambda *_: next(values)) as made:
                energy(call)
                calls = made.call_count
            assert calls == next(values)
            with mock.patch("time.{name}", side_effect=[1.0, 2.0]) as made:
                with energy.window("two"):
                    assert [made(), made()] == [1.0, 2.0]
                assert made.call_count == 2
    """)
    result = project.run_apart("--energy-max-seconds=1")
    result.assert_outcomes(passed=1)
    assert [found["state"] for found in project.measured] == ["measured", "measured"]


@pytest.mark.parametrize("early", [True, False], ids=["before the plugin", "in a test"])
def test_gevent_starves_no_meter(project: Project, early: bool) -> None:
    """A recorder that were a greenlet would only run when the test pauses: this one computes."""
    pytest.importorskip("gevent")
    patch = "from gevent import monkey; monkey.patch_all()"
    project.write(patch if early else "", name="patched_early")
    project.write(f"""
        {"" if early else patch}
        import threading
        import time

        def compute():
            until = time.perf_counter() + 0.01
            while time.perf_counter() < until:
                pass

        def test_it(energy):
            from gevent import monkey
            assert monkey.is_module_patched("threading")
            energy(compute)
    """)
    project.pytester.syspathinsert()
    options = ["-p", "patched_early"] if early else []
    result = project.run_apart(*options, "--energy-max-seconds=1", "--energy-update")
    result.assert_outcomes(passed=1)
    check(project)
