"""Which tests exist, as far as this run's collection could see: pruning needs to know them all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_inferenergy.model_id import is_model


class Collected:
    """What was collected, deselected tests too."""

    def __init__(self) -> None:
        self.tests: set[str] = set()
        """Node ids of all tests that exist."""
        self._files: set[str] = set()
        """Files, by node id, whose tests were all collected."""
        self._missing: str | None = None

    def add(self, tests: Iterable[str]) -> None:
        """Remember tests by their node ids."""
        self.tests.update(tests)

    def add_file(self, nodeid: str) -> None:
        """Remember a file that was read: one that was skipped may hold tests all the same."""
        self._files.add(nodeid)

    def incomplete(self, why: str) -> None:
        """Not every test was collected: what is not seen may exist all the same."""
        self._missing = why

    @property
    def missing(self) -> str | None:
        """Why not every test was seen, ``None`` where all were."""
        return self._missing or (None if self.tests else "no test was collected")

    def exists(self, nodeid: str, root: Path) -> bool:
        """Whether a test still exists: it was collected, or its file was not looked into."""
        if is_model(nodeid):  # it has no file
            return True
        file = nodeid.partition("::")[0]
        if file in self._files:
            return nodeid in self.tests
        return (root / file).exists()
