"""``await energy.arun(...)``: async clients, concurrent requests, whoever runs the event loop."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

OPTIONS = ("--energy-json=results.json", "-p", "no:hypothesispytest")
ASYNCIO = (
    "-p",
    "no:anyio",
    "--asyncio-mode=auto",
    "-o",
    "asyncio_default_fixture_loop_scope=function",
)

CLIENT = """
    import anyio, pytest, threading

    waiting, most = 0, 0

    async def ask(seconds=0.06):
        global waiting, most
        waiting += 1
        most = max(most, waiting)
        await anyio.sleep(seconds)
        waiting -= 1
        return "done"
"""

ONE = (
    CLIENT
    + """
    async def test_ask(energy):
        measured = await energy.arun(ask, (0.25,))
        assert energy.result is measured
        assert measured.mean_watts == pytest.approx(300, rel=0.1)
"""
)


def run(project: Project, *options: str) -> pytest.RunResult:
    return project.pytester.runpytest_inprocess(*OPTIONS, *options)


@pytest.mark.every_python
def test_under_pytest_asyncio(project: Project) -> None:
    project.write(ONE)
    result = run(project, *ASYNCIO)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])


@pytest.mark.every_python
def test_under_anyio_on_both_loops(project: Project) -> None:
    project.write(
        ONE.replace("    async def test_ask", "    @pytest.mark.anyio\n    async def test_ask")
    )
    result = run(project, "-p", "no:asyncio")
    result.assert_outcomes(passed=2)  # asyncio and trio
    assert {m["nodeid"].partition("::")[2] for m in project.measured} == {
        "test_ask[asyncio]",
        "test_ask[trio]",
    }


def test_requests_at_once_cost_a_share_each(project: Project) -> None:
    project.write(
        CLIENT
        + """
    async def test_ask(energy):
        one = await energy.arun(ask, (0.25,), name="one")
        four = await energy.arun(ask, (0.25,), concurrency=4, name="four")
        assert most == 4
        assert one.kwh_per_1k / four.kwh_per_1k == pytest.approx(4, rel=0.2)
"""
    )
    run(project, *ASYNCIO).assert_outcomes(passed=1)


def test_another_concurrency_is_not_compared(project: Project) -> None:
    four = ONE.replace("(0.25,)", "(0.25,), concurrency=4")
    project.write(four)
    run(project, *ASYNCIO, "--energy-update").assert_outcomes(passed=1)
    (stored,) = project.stored.values()
    assert stored[""]["runs"][0]["concurrency"] == 4
    project.write(four.replace("concurrency=4", "concurrency=2"))
    result = run(project, *ASYNCIO)
    result.stdout.fnmatch_lines(["*inconclusive*inputs changed*concurrency*"])


def test_what_a_request_raises_fails_the_test_and_stores_nothing(project: Project) -> None:
    project.write(
        CLIENT
        + """
    async def test_ask(energy):
        async def broken():
            if await ask() and most == 3:
                raise ConnectionError("the service is down")
        await energy.arun(broken, concurrency=3)

    def test_nothing_is_left():
        assert not [t for t in threading.enumerate() if t.name == "inferenergy-measuring"]
"""
    )
    result = run(project, *ASYNCIO, "--energy-update")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E*ConnectionError: the service is down"])
    assert not (project.path / "energy_baselines").exists()


def test_disabled_it_awaits_once(project: Project) -> None:
    project.write(
        CLIENT
        + """
    asked = []

    async def test_ask(energy):
        async def once():
            asked.append(await ask())
        await energy.arun(once, concurrency=4)
        assert asked == ["done"]
"""
    )
    run(project, *ASYNCIO, "--energy-disable").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ask, 'abc'", "args='abc': give a tuple of arguments, such as args=(x,)"),
        ("ask, concurrency=0", "concurrency=0: must be an int of at least 1"),
        ("None", "the workload must be callable, got NoneType"),
        ("len, ('abc',)", "*fn must be async: len returned an int: use energy.run"),
    ],
)
def test_wrong_calls(project: Project, call: str, message: str) -> None:
    project.write(f"{CLIENT}\n    async def test_ask(energy):\n        await energy.arun({call})\n")
    result = run(project, *ASYNCIO)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*{message}"])


def test_two_measurements_at_once_are_refused_by_name(project: Project) -> None:
    project.write(
        CLIENT
        + """
    import asyncio

    async def test_both(energy):
        await asyncio.gather(energy.arun(ask, name="a"), energy.arun(ask, name="b"))

    async def test_one_within_the_other(energy):
        async def both():
            await energy.arun(ask, name="inner")

        await energy.arun(both)

    async def test_one_after_the_other(energy):
        for name in "ab":
            await energy.arun(ask, (0.25,), name=name)
"""
    )
    result = run(project, *ASYNCIO)
    result.assert_outcomes(passed=1, failed=2)
    assert result.stdout.str().count("MisuseError: energy.arun: another one of this test is") >= 2
