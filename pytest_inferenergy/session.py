"""One per run: what was measured, gated and stored, handed over from workers by test reports."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import tempfile
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_inferenergy.errors import InferenergyError, NothingMeasuredError
from pytest_inferenergy.fixture import Energy
from pytest_inferenergy.kept import measured_anything, outcomes_of
from pytest_inferenergy.markers import budget_marker, energy_marker
from pytest_inferenergy.model_id import is_model
from pytest_inferenergy.settings import Settings, as_data

if TYPE_CHECKING:
    from pytest_inferenergy.baselines.history import Baselines
    from pytest_inferenergy.baselines.profile import MachineProfile
    from pytest_inferenergy.comparing.against import Against

SESSION: pytest.StashKey[EnergySession] = pytest.StashKey()
ENERGY: pytest.StashKey[Energy] = pytest.StashKey()
BODY_PASSED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether all that a test does itself passed, and only the gate was still to speak."""
NODEID: pytest.StashKey[str] = pytest.StashKey()
"""The node id before xdist appends the name of a group, so that baselines know the test."""


def nodeid_of(item: pytest.Item) -> str:
    """The node id that baselines know the test by."""
    return item.stash.get(NODEID, item.nodeid)


class InferenergyWarning(pytest.PytestWarning):
    """A measurement that is in doubt, or a baseline that could not be written."""


class _TestRecord:
    """What one test measured."""

    def __init__(self, outcomes: list[dict[str, Any]], comparisons: list[dict[str, Any]]) -> None:
        self.outcomes, self.comparisons = outcomes, comparisons


class EnergySession:
    """Settings, the measurer of this process, and on the controller all outcomes."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.settings = settings
        self._config = config
        self._measurer: Any = None
        self._own_gpu: Any = None
        self.against: Against | None = None
        """The revision that measurements are compared with, once its process runs."""
        self.notes: dict[str, Any] = {}
        """What became of that, for the JSON results."""
        self._tests: dict[str, _TestRecord] = {}
        """What each test measured, by the node id of its reports."""
        self.selected = 0
        """Energy tests that ran or were to run."""
        self.problems: list[str] = []
        """What went wrong at the end of the run, for the last lines."""
        self.written: list[str] = []
        """What became of the baselines, for the last lines."""
        self.collected: set[str] = set()
        """All tests that exist, deselected ones too."""
        self._files: set[str] = set()
        """Files, by node id, whose tests were all collected."""
        self._missing: str | None = None
        self.silent = False
        """Whether somebody else reports what this session measures."""
        self.run_uid: str | None = None
        """Id of the xdist run that this process controls."""

    # -- measuring (any process) ---------------------------------------------------------------

    def measurer(self) -> Any:
        """The measurer of this process, made at the first measurement."""
        if self._measurer is None:
            from pytest_inferenergy.live import live_line
            from pytest_inferenergy.measurer import Measurer

            worker = worker_input(self._config)
            self._measurer = Measurer(
                self.settings,
                self._config.rootpath,
                lock=None if worker is None else lock_path(worker["testrunuid"]),
                siblings=worker is not None and worker["workercount"] > 1,
            )
            self._measurer.against = self.against
            self._measurer.live = live_line(self._config)
            self._measurer.alter_profile = self._alter_profile
        return self._measurer

    def own_a_gpu(self) -> None:
        """As one of several workers that have energy tests to run: take a GPU, before CUDA does."""
        worker = worker_input(self._config)
        settings = self.settings
        if worker is None or not self.selected or settings.disable or worker["workercount"] < 2:
            return
        if settings.meter in ("auto", "nvml"):
            from pytest_inferenergy.own_gpu import own_a_gpu

            self._own_gpu = own_a_gpu(int(worker["workerid"].lstrip("gw")))

    def _alter_profile(self, profile: MachineProfile) -> MachineProfile:
        """Let other plugins change the facts of the machine; `BaselineError` says what is none."""
        facts = profile.as_dict()
        self._config.hook.pytest_energy_machine_profile(config=self._config, profile=facts)
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
        data = getattr(report, "inferenergy", None)
        if data is not None and report.when == "call":
            turns = getattr(report, "inferenergy_turns", ())
            # a rerun takes the place of the run before
            more = {"test_outcome": report.outcome, "location": location_of(report)}
            self._tests[report.nodeid] = _TestRecord(
                [outcome | more for outcome in data],
                [comparison | {"nodeid": report.nodeid} for comparison in turns],
            )
            self.selected = max(self.selected, len(self._tests))
        if report.failed and report.nodeid in self._tests:  # perhaps its teardown
            for outcome in self._tests[report.nodeid].outcomes:
                outcome["test_outcome"] = report.outcome
                outcome["failed_by_gate"] &= report.when == "call"

    def on_selected(self, count: int) -> None:
        """Hear how many energy tests are to run: here, or from each xdist worker."""
        self.selected = max(self.selected, count)

    def on_collected(self, items: Iterable[pytest.Item]) -> None:
        """Remember which tests exist."""
        self.collected.update(item.nodeid for item in items)

    def on_collect_report(self, report: pytest.CollectReport) -> None:
        """Remember which files were read: a skipped one may hold tests all the same."""
        if report.passed:
            self._files.add(report.nodeid)
        elif report.failed:
            self.incomplete("there were collection errors")

    def incomplete(self, why: str) -> None:
        """Not every test was collected: what is not seen may exist all the same."""
        self._missing = why

    def finish(self) -> None:
        """Write baselines and results; what fails becomes a problem, not a traceback."""
        if self.settings.update or self.settings.accept:
            self._attempt(self._write_baselines)
        if self.settings.prune:
            self._attempt(self._prune)
        self._write_reports()

    def _attempt(self, step: Any) -> None:
        try:
            step()
        except InferenergyError as error:
            self.problems.append(str(error))

    def _write_baselines(self) -> None:
        from pytest_inferenergy.evidence import store

        done = store(self.outcomes, self.settings.baselines, accept=self.settings.accept)
        self.problems += done.problems
        self.written += [
            f"baselines written: {count} in {self._relative(path)}" for path, count in done.written
        ]

    def _prune(self) -> None:
        from pytest_inferenergy.baselines.change import prune
        from pytest_inferenergy.baselines.store import load_all, path_of, update

        missing = self._missing or (None if self.collected else "no test was collected")
        if missing is not None:
            self.problems.append(
                f"--energy-prune did nothing: {missing}, and a test that was not seen may still "
                "exist; collect all tests"
            )
            return

        def keep(stored: Baselines) -> Baselines:
            return prune(stored, {nodeid for nodeid in stored.tests if self._exists(nodeid)})

        for stored in load_all(self.settings.baselines):
            kept = update(self.settings.baselines, stored.profile, keep)
            gone = len(stored.tests) - len(kept.tests)
            if gone > 0:
                path = path_of(self.settings.baselines, stored.profile)
                self.written.append(f"baselines pruned: {gone} in {self._relative(path)}")

    def _exists(self, nodeid: str) -> bool:
        """Whether a test still exists: it was collected, or its file was not looked into."""
        if is_model(nodeid):  # it has no file
            return True
        file = nodeid.partition("::")[0]
        if file in self._files:
            return nodeid in self.collected
        return (self._config.rootpath / file).exists()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The results of the run, which every report is made from; made at its end."""
        from pytest_inferenergy.reporting.document import results_document

        document = results_document(
            self.outcomes,
            self.comparisons,
            settings=as_data(self.settings),
            summary=self.summary(),
            problems=self.problems,
            carbon=None if self.settings.carbon is None else self.settings.carbon.as_data(),
            against=self.notes or None,
        )
        try:
            self._config.hook.pytest_energy_json(config=self._config, document=document)
        except Exception as error:  # what was measured must not be lost by it
            self.problems.append(f"pytest_energy_json of a plugin failed: {error!r}")
        return document

    def _write_reports(self) -> None:
        if self.silent:
            return
        from pytest_inferenergy.reporting.outputs import KINDS

        for kind in KINDS:
            path = getattr(self.settings, kind)
            if path is not None:
                self._attempt(functools.partial(self._write, kind, path))
        if os.environ.get("GITHUB_STEP_SUMMARY") and (self.outcomes or self.comparisons):
            from pytest_inferenergy.reporting.github import append_summary

            fault = append_summary(self.document)
            if fault is not None:  # nobody asked for it: no reason to fail the run
                self.written.append(fault)

    def _write(self, kind: str, path: Path) -> None:
        from pytest_inferenergy.reporting.files import write
        from pytest_inferenergy.reporting.outputs import text_of

        try:
            text = text_of(kind, self.document)
        except (TypeError, ValueError) as error:
            raise InferenergyError(
                f"--energy-{kind}: a plugin spoilt the results (pytest_energy_json): {error}"
            ) from error
        write(path, text, f"--energy-{kind}")

    def _relative(self, path: Path) -> str:
        try:
            return str(path.relative_to(self._config.rootpath))
        except ValueError:
            return str(path)

    def summary(self) -> str:
        """The closing line."""
        from pytest_inferenergy.reporting.summary import summary_line

        by_turns = sum(1 for turns in self.comparisons if turns["ratio"] is not None)
        silent = sum(1 for test in self._tests.values() if test.outcomes or test.comparisons)
        return summary_line(
            self.outcomes,
            self.selected,
            self.settings.disable,
            by_turns=by_turns,
            silent=self.selected - silent,
        )


def worker_input(config: pytest.Config) -> Mapping[str, Any] | None:
    """What xdist told this process, ``None`` where it is no worker."""
    found: Mapping[str, Any] | None = getattr(config, "workerinput", None)
    return found


def lock_path(uid: str) -> Path:
    """The file by which the workers of one run take turns at measuring."""
    return Path(tempfile.gettempdir()) / f"pytest-inferenergy-{uid}.lock"


def energy_of(item: pytest.Item) -> Energy:
    """The `Energy` of a test, one for its whole life."""
    if ENERGY not in item.stash:
        session = item.config.stash[SESSION]
        marker = energy_marker(item)
        item.stash[ENERGY] = Energy(
            item.stash.get(NODEID, item.nodeid),
            session.measurer,
            session.settings.for_test(marker),
            marker,
            budget_marker(item),
        )
    return item.stash[ENERGY]


def gate_test(item: pytest.Item) -> None:
    """After the test's own asserts: attach what was measured, then warn or fail."""
    if ENERGY not in item.stash:
        return
    session = item.config.stash[SESSION]
    strict = session.settings.strict and not measured_anything(item.stash[ENERGY])
    also = ["energy was not measured: the test asks for `energy` and does not use it"]
    gate_outcomes(item, outcomes_of(item.stash[ENERGY]), session.settings, also if strict else [])


def gate_outcomes(
    item: pytest.Item,
    outcomes: Iterable[dict[str, Any]],
    settings: Settings,
    also: Iterable[str] = (),
) -> None:
    """Warn of outcomes, or fail by them and by what else is wrong (``also``).

    Each outcome is told what came of it.
    """
    from pytest_inferenergy.gate import gated, judge
    from pytest_inferenergy.reporting.message import message

    failures = []
    for outcome in outcomes:
        judgement = judge(outcome, settings)
        text = message(outcome, judgement.causes) if judgement.effect != "pass" else None
        effect = judgement.effect
        outcome |= {"message": text, "gated": gated(outcome, effect, settings)}
        if remarks := remarks_on(item, outcome):
            outcome["notes"] = remarks
            if text is not None:
                text = "\n".join([text, *(f"  note: {remark}" for remark in remarks)])
                outcome["message"] = text
        if text is not None and effect == "warn":
            try:
                item.warn(InferenergyWarning(text))
            except InferenergyWarning:  # the user has warnings be errors
                effect = "fail"
        if text is not None and effect == "fail":
            failures.append(text)
        outcome["gated"] = gated(outcome, effect, settings)
    failures += also
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)


def remarks_on(item: pytest.Item, outcome: Mapping[str, Any]) -> list[str]:
    """What other plugins say of a measurement that was judged."""
    if item.config.stash[SESSION].silent:
        return []
    said = item.ihook.pytest_energy_verdict(item=item, outcome=copy.deepcopy(outcome))
    return [str(line) for each in said for line in ([each] if isinstance(each, str) else each)]


def explain(item: pytest.Item, error: BaseException) -> None:
    """See to it that an error in a test says what its author can use.

    A figure was read that nobody measured: skip with the reason, fail under strict; where other
    measurements of the test fail the gate, that comes first. All else is shown without our frames.
    """
    if not isinstance(error, NothingMeasuredError):
        if not item.config.getoption("fulltrace"):
            from pytest_inferenergy.frames import hide_ours

            hide_ours(error)
        return
    gate_test(item)
    reason = f"energy was not measured: {error}"
    if item.config.stash[SESSION].settings.strict:
        pytest.fail(reason, pytrace=False)
    raise pytest.skip.Exception(reason, _use_item_location=True)


def location_of(report: pytest.TestReport) -> list[Any] | None:
    """File (relative to the rootdir, with slashes) and line (from 1) of a test, where known."""
    file, line, _ = report.location
    return None if line is None else [file.replace(os.sep, "/"), line + 1]


def user_properties(outcomes: Iterable[Mapping[str, Any]]) -> list[tuple[str, object]]:
    """The headline scalars of outcomes, for JUnit: ``energy.kwh_per_1k`` and so on."""
    found: list[tuple[str, object]] = []
    for outcome in outcomes:
        prefix = "energy" if outcome["name"] is None else f"energy.{outcome['name']}"
        for key in HEADLINES:
            value = outcome.get(key)
            if value is not None:
                found.append((f"{prefix}.{key}", value))
        if outcome["budget"] is not None:
            found.append((f"{prefix}.budget", outcome["budget"]["word"]))
    return found


HEADLINES = (
    "state", "reason", "verdict", "source", "kwh_per_1k", "low", "high", "gco2_per_1k",
    "joules_per_inference", "seconds_per_inference", "mean_watts", "baseline_kwh_per_1k", "change",
    "windows", "inferences",
)  # fmt: skip
