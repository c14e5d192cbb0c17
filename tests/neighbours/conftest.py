"""A project whose one test has a baseline, and whatever other plugins are installed."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project
from tests.integration.conftest import project as alone

__all__ = ["alone"]

NOT_THESE = ("hypothesispytest", "anyio", "asyncio", "randomly", "flaky", "check")
"""They take long to import; those that have a test here are asked for there."""


@pytest.fixture
def project(alone: Project) -> Project:
    """In whose runs other plugins take part."""
    without = [word for name in NOT_THESE for word in ("-p", f"no:{name}")]
    alone.usual = ("--energy-json=results.json", *without)
    return alone


@pytest.fixture
def regressed(project: Project) -> Project:
    """A project whose one test needs half as much again as its baseline."""
    project.write(BLOCK)
    project.store(joules=40.0)
    return project
