"""pytest-asyncio: async tests measure plain calls and coroutines."""

from __future__ import annotations

from tests.integration.conftest import Project


def test_async_tests_measure(project: Project) -> None:
    project.write(
        """
        import asyncio, time
        import pytest

        pytestmark = pytest.mark.asyncio

        async def test_plain(energy):
            await asyncio.sleep(0)
            energy(time.sleep, 0.25)

        async def test_coroutine(energy):
            await energy.arun(asyncio.sleep, (0.25,))
            assert energy.result.mean_watts > 0
        """
    )
    options = ("--energy-json=results.json", "-p", "no:anyio")
    project.pytester.runpytest_inprocess(*options).assert_outcomes(passed=2)
    assert [m["state"] for m in project.measured] == ["measured", "measured"]
