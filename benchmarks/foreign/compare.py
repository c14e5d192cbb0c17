"""Two runs of one suite: what differs, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NOT_REPEATABLE = "of the measured test"
"""What the plugin says of a test whose later call failed where its first did not."""


@dataclass(frozen=True)
class Arm:
    """One run of a suite."""

    outcomes: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    warnings: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, of the run and the processes it started."""


Pairs = Mapping[str, tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]]
"""By a test's id: the outcomes seen of it without the plugin, and those seen with it."""


@dataclass(frozen=True)
class Comparison:
    """A suite without the plugin and with it; what differed was run again."""

    suite: str
    version: str
    without: tuple[Arm, ...]
    present: tuple[Arm, ...]
    least: int = 0
    """So many tests must have run."""

    @property
    def differing(self) -> Pairs:
        """The tests that never ended with the plugin as they do without."""
        return repeatable(differences(self.without, self.present), self.present)

    @property
    def not_repeatable(self) -> list[str]:
        """Tests of which the plugin says that a later call failed."""
        return sorted(differences(self.without, self.present).keys() - self.differing.keys())

    @property
    def by_chance(self) -> list[str]:
        """Tests that differed at first and ended alike when they were run again."""
        first = differences(self.without[:1], self.present[:1])
        return sorted(first.keys() - differences(self.without, self.present).keys())

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, a line each."""
        lines = [
            f"{nodeid}: {in_words(without)} without, {in_words(present)} with"
            for nodeid, (without, present) in self.differing.items()
        ]
        if (ran := len(self.without[0].outcomes)) < self.least:
            lines.append(f"only {ran} tests ran, not {self.least}")
        before, after = self.without[0].warnings, self.present[0].warnings
        if after > 2 * before:
            lines.append(f"{before} warnings without, {after} with")
        return lines

    @property
    def row(self) -> tuple[object, ...]:
        """Of the table of results."""
        before, after = self.without[0], self.present[0]
        return (
            f"{self.suite} {self.version}",
            len(before.outcomes),
            len(self.differing),
            len(self.not_repeatable),
            len(self.by_chance),
            f"{before.warnings} / {after.warnings}",
            f"{before.wall:.0f} / {after.wall:.0f}",
            f"{before.cpu:.0f} / {after.cpu:.0f}",
        )


HEADERS = (
    *("suite", "tests", "outcome differs", "cannot be repeated", "differed by chance"),
    *("warnings, without / with", "seconds", "CPU seconds"),
)


def read_arm(path: Path, wall: float, cpu: float) -> Arm:
    """What ``suite_recorder`` wrote of a run that took so many seconds."""
    found = json.loads(path.read_text("utf-8"))
    tests = found["tests"]
    return Arm(
        {nodeid: tuple(test["outcomes"]) for nodeid, test in tests.items()},
        {nodeid: test["text"] for nodeid, test in tests.items()},
        found["warnings"],
        wall,
        cpu,
    )


def differences(without: Sequence[Arm], present: Sequence[Arm]) -> Pairs:
    """Each test that in no run with the plugin ended as in one without."""
    nodeids = sorted({nodeid for arm in (*without, *present) for nodeid in arm.outcomes})
    pairs = {nodeid: (seen(nodeid, without), seen(nodeid, present)) for nodeid in nodeids}
    return {nodeid: pair for nodeid, pair in pairs.items() if not pair[0] & pair[1]}


def seen(nodeid: str, arms: Sequence[Arm]) -> frozenset[tuple[str, ...]]:
    """The outcomes of one test in several runs."""
    return frozenset(arm.outcomes[nodeid] for arm in arms if nodeid in arm.outcomes)


def repeatable(pairs: Pairs, present: Sequence[Arm]) -> Pairs:
    """Without the tests that the plugin says cannot be called twice."""
    said = {
        nodeid for arm in present for nodeid, text in arm.texts.items() if NOT_REPEATABLE in text
    }
    return {nodeid: pair for nodeid, pair in pairs.items() if nodeid not in said}


def in_words(outcomes: Iterable[tuple[str, ...]]) -> str:
    """The outcomes of a test, one after another."""
    return " or ".join(", ".join(one) for one in sorted(outcomes)) or "not run"
