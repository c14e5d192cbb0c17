"""Which suites of other people are run, and what each needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """Tests that somebody else wrote, and how they are run."""

    name: str
    package: str
    """The distribution whose tests they are."""
    requires: tuple[str, ...]
    """What its tests want installed besides."""
    arguments: tuple[str, ...]
    """Of pytest, in both arms."""
    least: int
    """Where fewer tests ran, something else is wrong."""
    measured: tuple[str, ...] = ()
    """Of pytest, with the plugin only."""
    sdist: bool = True
    """Whether the tests come with the source archive; else they are in the wheel."""
    minutes: int = 30
    """After so many minutes a run is ended."""


SAMPLE, SEED = 200, 14

SUITES = {
    suite.name: suite
    for suite in (
        Suite(
            "pytest",
            "pytest",
            ("attrs", "hypothesis", "numpy", "pexpect", "pyyaml", "requests", "xmlschema"),
            tuple(
                f"testing/test_{part}.py"
                for part in (
                    *("terminal", "runner", "runner_xunit", "session", "skipping", "stepwise"),
                    *("unittest", "warnings", "subtests", "junitxml", "reports", "recwarn"),
                    *("collection", "setuponly", "setupplan"),
                )
            ),
            900,
        ),
        Suite("xdist", "pytest-xdist", ("filelock", "psutil"), ("testing",), 200),
        Suite(
            "sklearn",
            "scikit-learn",
            ("pandas",),
            ("--pyargs", "sklearn", "--record-sample", str(SAMPLE), "--record-seed", str(SEED)),
            SAMPLE,
            ("--record-mark", "--energy-meter", "codecarbon", "--energy-max-seconds", "1"),
            sdist=False,
        ),
    )
}
