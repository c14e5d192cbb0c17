"""A project whose one test has a baseline, and whatever other plugins are installed."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project, project

__all__ = ["project"]


@pytest.fixture
def regressed(project: Project) -> Project:
    """A project whose one test needs half as much again as its baseline."""
    project.write(BLOCK)
    project.store(joules=40.0)
    return project
