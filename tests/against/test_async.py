"""Requests in flight side by side, at two revisions by turns."""

from __future__ import annotations

import pytest

from tests.against.conftest import Repository

SUITE = """
    import asyncio

    async def ask():
        await asyncio.sleep({seconds})

    def test_ask(energy):
        asyncio.run(energy.arun(ask, concurrency=4))
"""


def test_a_slow_down_of_async_requests_is_found(bare: Repository) -> None:
    bare.write("tests/test_model.py", SUITE.format(seconds=0.02))
    bare.commit()
    bare.write("tests/test_model.py", SUITE.format(seconds=0.03))
    run = bare.run(against="HEAD")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("energy: 1 measured, 1 compared, 1 regressed")
    (outcome,) = bare.results["measurements"]
    assert 1.3 < outcome["details"]["time_ratio"] < 1.7
    bare.assert_clean()
