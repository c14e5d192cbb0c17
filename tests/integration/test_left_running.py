"""Calls that leave work behind are flagged, and the next test is not charged for it."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

SUITE = """
    import asyncio, threading, time
    import pytest

    def spin(seconds=0.03):
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass

    def forget():
        threading.Thread(target=spin).start()

    def wait():
        thread = threading.Thread(target=spin)
        thread.start()
        thread.join()

    def test_run(energy):
        energy.run(forget)

    def test_innocent(energy):
        energy.run(time.sleep, (0.25,))

    def test_joins(energy):
        energy.run(wait)

    def test_once(energy):
        energy.run(forget, once=True)

    def test_window(energy):
        with energy.window():
            forget()
            time.sleep(0.02)

    @pytest.mark.energy
    def test_marker_only():
        forget()

    def test_compare(energy):
        comparison = energy.compare(forget, wait)
        assert comparison.verdict == "inconclusive"
        assert comparison.reason.startswith("work of the candidate went on after its call had")
"""
BEFORE = """
    import threading, time

    stop = threading.Event()

    def spin():
        while not stop.is_set():
            pass

    def test_leaves_it(energy):
        threading.Thread(target=spin).start()

    def test_began_with_it(energy):
        energy.run(time.sleep, (0.1,), once=True)
        stop.set()

    def test_after_it(energy):
        energy.run(time.sleep, (0.1,), once=True)
"""


def test_it_is_flagged_in_every_way_of_measuring(project: Project) -> None:
    project.write(SUITE)
    result = project.run("-p", "no:randomly", "-p", "no:xdist")
    result.assert_outcomes(passed=7)
    flagged = {
        one["nodeid"].rpartition("::")[2]: "left_running" in one["flags"]
        for one in project.measured
    }
    assert flagged == {
        "test_run": True,
        "test_innocent": False,
        "test_joins": False,
        "test_once": True,
        "test_window": True,
        "test_marker_only": True,
    }
    # windows end with the work that their calls leave: all of it is counted
    (run,) = [one for one in project.measured if one["nodeid"].endswith("test_run")]
    assert run["seconds_per_inference"] >= 0.03


def test_a_measurement_that_begins_on_it_says_so(project: Project) -> None:
    project.write(BEFORE)
    result = project.run("-p", "no:randomly", "-p", "no:xdist")
    result.assert_outcomes(passed=3)
    flags = {one["nodeid"].rpartition("::")[2]: one["flags"] for one in project.measured}
    assert "busy_before" in flags["test_began_with_it"]
    assert "busy_before" not in flags["test_after_it"]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_tasks_that_an_async_call_leaves_are_flagged(project: Project, concurrency: int) -> None:
    project.write(
        f"""
    import anyio, threading, time

    def spin():
        end = time.thread_time() + 0.03
        while time.thread_time() < end:
            pass

    async def forget():
        threading.Thread(target=spin).start()
        await anyio.sleep(0.01)

    async def test_it(energy):
        await energy.arun(forget, concurrency={concurrency})
"""
    )
    result = project.pytester.runpytest_inprocess(
        "--energy-json=results.json",
        *("-p", "no:anyio", "--asyncio-mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    )
    result.assert_outcomes(passed=1)
    (one,) = project.measured
    assert "left_running" in one["flags"]
