"""Which tests exist, as far as this run's collection could see: pruning needs to know them all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_inferenergy.names import is_model


class CollectedTests:
    """What was collected, deselected tests too."""

    def __init__(self) -> None:
        self.tests: set[str] = set()
        """Node ids of all tests that exist."""
        self._files: set[str] = set()
        """Files, by node id, whose tests were collected."""
        self._in_part: set[str] = set()
        """Those of which something was skipped while it was collected."""
        self._missing: str | None = None
        self.part_ran = False
        """Whether some of the tests seen were not run: they are another shard's, or it stopped."""

    def add(self, tests: Iterable[str]) -> None:
        """Remember tests by their node ids."""
        self.tests.update(tests)

    def add_file(self, nodeid: str) -> None:
        """Remember a file that was read: one that was skipped may hold tests all the same."""
        self._files.add(nodeid)

    def skipped(self, nodeid: str) -> None:
        """A file, or a class in it, was skipped when it was to be collected."""
        self._in_part.add(nodeid.partition("::")[0])

    def ran(self, count: int) -> None:
        """How many tests are left to run, after whatever took some away."""
        self.part_ran |= count < len(self.tests)

    def incomplete(self, why: str) -> None:
        """Not every test was collected: what is not seen may exist all the same."""
        self._missing = why

    @property
    def missing(self) -> str | None:
        """Why not every test was seen, ``None`` where all were."""
        return self._missing or (None if self.tests else "no test was collected")

    def exists(self, nodeid: str, root: Path, folder: Path) -> bool:
        """Whether a test still exists: it was collected, or its file was not read as a whole.

        ``folder``: of the baselines. One that lies elsewhere may be shared with other projects,
        whose files never were here.
        """
        if is_model(nodeid):  # it has no file
            return True
        file = nodeid.partition("::")[0]
        if file in self._files and file not in self._in_part:
            return nodeid in self.tests
        return (root / file).exists() or not folder.is_relative_to(root)
