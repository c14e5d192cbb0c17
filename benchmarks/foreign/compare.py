"""Two runs of one suite: what differs, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
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


@dataclass(frozen=True)
class Comparison:
    """A suite without the plugin and with it."""

    suite: str
    version: str
    without: Arm
    present: Arm
    again: tuple[str, ...]
    """Tests that differed at first and not when they were run again."""

    @property
    def differing(self) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Each test whose outcome differs, of those that can be repeated, with both outcomes."""
        return {
            nodeid: pair
            for nodeid, pair in differences(self.without, self.present).items()
            if nodeid not in self.again and nodeid not in self.not_repeatable
        }

    @property
    def not_repeatable(self) -> tuple[str, ...]:
        """Tests of which the plugin says that a later call failed."""
        return tuple(
            nodeid
            for nodeid in differences(self.without, self.present)
            if NOT_REPEATABLE in self.present.texts.get(nodeid, "")
        )

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, a line each."""
        lines = [
            f"{nodeid}: {', '.join(without) or 'not run'} without, "
            f"{', '.join(present) or 'not run'} with"
            for nodeid, (without, present) in self.differing.items()
        ]
        if self.present.warnings > 2 * self.without.warnings:
            lines.append(f"{self.without.warnings} warnings without, {self.present.warnings} with")
        return lines

    @property
    def row(self) -> tuple[object, ...]:
        """Of the table of results."""
        return (
            f"{self.suite} {self.version}",
            len(self.without.outcomes),
            len(self.differing),
            len(self.not_repeatable),
            len(self.again),
            f"{self.without.warnings} / {self.present.warnings}",
            f"{self.without.wall:.0f} / {self.present.wall:.0f}",
            f"{self.without.cpu:.0f} / {self.present.cpu:.0f}",
        )


HEADERS = (
    *("suite", "tests", "outcome differs", "cannot be repeated", "differed once"),
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


def differences(without: Arm, present: Arm) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By id, the outcomes of each test that did not end alike."""
    nodeids = sorted(without.outcomes.keys() | present.outcomes.keys())
    pairs = {n: (without.outcomes.get(n, ()), present.outcomes.get(n, ())) for n in nodeids}
    return {nodeid: pair for nodeid, pair in pairs.items() if pair[0] != pair[1]}
