"""One in each process of a run: its measurer and, from test reports, what all of them measured."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_inferenergy.session.collected import CollectedTests
from pytest_inferenergy.settings import Settings

if TYPE_CHECKING:
    from pytest_inferenergy.ab.against import Against
    from pytest_inferenergy.baselines.profile import MachineProfile
    from pytest_inferenergy.distributed.role import Ranks
    from pytest_inferenergy.session.gone import Gone, Unseen

SESSION: pytest.StashKey[EnergySession] = pytest.StashKey()
BODY_PASSED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether all that a test does itself passed, and only the gate was still to speak."""
NODEID: pytest.StashKey[str] = pytest.StashKey()
"""The node id before xdist appends the name of a group, so that baselines know the test."""


def nodeid_of(item: pytest.Item) -> str:
    """The node id that baselines know the test by."""
    return item.stash.get(NODEID, item.nodeid)


SUBTESTS = ("SubtestReport", "SubTestReport")
"""Reports of parts of a test, by pytest 9 and pytest-subtests: they come before the test's own."""


class _TestRecord:
    """What one test measured."""

    def __init__(
        self, outcomes: list[dict[str, Any]], comparisons: list[dict[str, Any]], ended: str
    ) -> None:
        self.outcomes, self.comparisons = outcomes, comparisons
        self.ended = ended
        """How it ended; where it ran several times, badly if it did once."""


class EnergySession:
    """Settings, the measurer of this process, and on the controller all outcomes."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.settings = settings
        self.config = config
        self._measurer: Any = None
        self._own_gpu: Any = None
        self.against: Against | None = None
        """The revision that measurements are compared with, once its process runs."""
        self.notes: dict[str, Any] = {}
        """What became of that, for the JSON results."""
        self._tests: dict[str, _TestRecord] = {}
        """What each test measured, by the node id of its reports."""
        self._failed: dict[str, str] = {}
        """How the first run of a test ended that did not pass: failed, or rerun."""
        self.selected = 0
        """Energy tests that ran or were to run."""
        self.problems: list[str] = []
        """What went wrong at the end of the run, for the last lines."""
        self.written: list[str] = []
        """What became of the baselines, for the last lines."""
        self.collected = CollectedTests()
        """Which tests exist."""
        self.unseen: Unseen | None = None
        """Baselines without a test, as the xdist worker saw it that collected them."""
        self.gone: Gone | None = None
        """Those of this machine; ``None``: not every test was to be seen."""
        self.document: dict[str, Any] | None = None
        """The results, once a report was made of them (`ending.document_of`)."""
        self.silent = False
        """Whether somebody else reports what this session measures."""
        self.ranks: Ranks | None = None
        """Whether this process is one of several that all run these tests."""
        self.run_uid: str | None = None
        """Id of the xdist run that this process controls."""

    # -- measuring (any process) ---------------------------------------------------------------

    def measurer(self) -> Any:
        """The measurer of this process, made at the first measurement."""
        if self._measurer is None:
            from pytest_inferenergy.measure.context import Context
            from pytest_inferenergy.progress import progress_reporter
            from pytest_inferenergy.runner import Runner

            worker = worker_input(self.config)
            self._measurer = Runner(
                self.settings,
                Context(
                    self.config.rootpath,
                    siblings=worker is not None and worker["workercount"] > 1,
                    live=progress_reporter(self.config),
                    alter_profile=self._alter_profile,
                ),
                lock=None if worker is None else lock_path(worker["testrunuid"]),
            )
            self._measurer.against = self.against
        if self.settings.disable or self.silent:
            return self._measurer
        if self.ranks is None:
            from pytest_inferenergy.distributed.role import Ranks

            self.ranks = Ranks()
        against = self.settings.against is not None
        return self.ranks.side(self._measurer, self.settings.meter, against=against)

    @property
    def follows(self) -> bool:
        """Whether rank 0 of a job measures for this process, and alone writes and annotates."""
        return self.ranks is not None and self.ranks.follows

    def own_a_gpu(self) -> None:
        """As one of several workers that have energy tests to run: take a GPU, before CUDA does."""
        worker = worker_input(self.config)
        settings = self.settings
        if worker is None or not self.selected or settings.disable or worker["workercount"] < 2:
            return
        if settings.meter in ("auto", "nvml"):
            from pytest_inferenergy.locks.own_gpu import own_a_gpu

            self._own_gpu = own_a_gpu(int(worker["workerid"].lstrip("gw")))

    def _alter_profile(self, profile: MachineProfile) -> MachineProfile:
        """Let other plugins change the facts of the machine; `BaselineError` says what is none."""
        facts = profile.as_dict()
        self.config.hook.pytest_energy_machine_profile(config=self.config, profile=facts)
        return type(profile).from_dict(facts, "pytest_energy_machine_profile")

    def use(self, measurer: Any) -> None:
        """Let something else stand in the measurer's place."""
        self._measurer = measurer

    def close(self) -> None:
        """Stop the meters and take the workers' lock file away."""
        if self._measurer is not None:
            self._measurer.close()
        if self.run_uid is not None:
            with contextlib.suppress(OSError):
                lock_path(self.run_uid).unlink()

    # -- outcomes (controller) -----------------------------------------------------------------

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """What was measured, in the order it ran."""
        return [outcome for test in self._tests.values() for outcome in test.outcomes]

    def outcome(self, nodeid: str, name: str | None) -> dict[str, Any] | None:
        """What one test measured under a name; to be changed in place."""
        found = (o for o in self.outcomes if (o["nodeid"], o["name"]) == (nodeid, name))
        return next(found, None)

    @property
    def comparisons(self) -> list[dict[str, Any]]:
        """What was compared by turns, in the order it ran."""
        return [turns for test in self._tests.values() for turns in test.comparisons]

    def on_report(self, report: pytest.TestReport) -> None:
        """Take the outcomes from a test report, wherever the test ran."""
        if report.outcome in ("failed", "rerun"):
            self._failed.setdefault(report.nodeid, report.outcome)
        data = getattr(report, "inferenergy", None)
        if data is not None and type(report).__name__ not in SUBTESTS:
            turns = getattr(report, "inferenergy_turns", ())
            # a rerun takes the place of the run before, in which its figures were measured
            before = self._tests.get(report.nodeid)
            ended: str = report.outcome
            if report.passed:
                # flaky sends no report of a run that failed, so the test's own process says it
                unsent = "rerun" if getattr(report, "inferenergy_rerun", False) else "passed"
                known = unsent if before is None else before.ended
                ended = self._failed.get(report.nodeid, known)
            more = {"test_outcome": ended, "location": location_of(report)}
            self._tests[report.nodeid] = _TestRecord(
                [outcome | more for outcome in data],
                [comparison | {"nodeid": report.nodeid} for comparison in turns],
                ended,
            )
            self.selected = max(self.selected, len(self._tests))
        if report.failed and report.nodeid in self._tests:  # perhaps its teardown
            for outcome in self._tests[report.nodeid].outcomes:
                outcome["test_outcome"] = report.outcome
                outcome["failed_by_gate"] &= report.when == "call"

    def on_selected(self, count: int) -> None:
        """Hear how many energy tests are to run: here, or from each xdist worker."""
        self.selected = max(self.selected, count)

    def summary(self) -> str:
        """The closing line."""
        from pytest_inferenergy.report.summary import summary_line

        by_turns = sum(1 for turns in self.comparisons if turns["ratio"] is not None)
        silent = sum(1 for test in self._tests.values() if test.outcomes or test.comparisons)
        return summary_line(
            self.outcomes,
            self.selected,
            self.settings.disable,
            by_turns=by_turns,
            silent=self.selected - silent,
            strict=self.settings.strict,
            gone=sum(map(len, (self.gone or {}).values())),
        )


def session_of(config: pytest.Config) -> EnergySession | None:
    """The session of a run; ``None`` without ``pytest_configure``, as in tests of plugins."""
    return config.stash.get(SESSION, None)


LISTS = ("showfixtures", "show_fixtures_per_test", "setuponly", "setupplan")
"""Options with which pytest collects, and calls no test."""


def calls_tests(config: pytest.Config) -> bool:
    """Whether tests are to be called, and not only listed or set up."""
    return not any(config.getoption(name, False) for name in LISTS)


def worker_input(config: pytest.Config) -> Mapping[str, Any] | None:
    """What xdist told this process, ``None`` where it is no worker."""
    found: Mapping[str, Any] | None = getattr(config, "workerinput", None)
    return found


def lock_path(uid: str) -> Path:
    """The file by which the workers of one run take turns at measuring."""
    from pytest_inferenergy.locks.files import lock_file

    return lock_file(uid)


def location_of(report: pytest.TestReport) -> list[Any] | None:
    """File (relative to the rootdir, with slashes) and line (from 1) of a test, where known."""
    file, line, _ = report.location
    return None if line is None else [file.replace(os.sep, "/"), line + 1]
