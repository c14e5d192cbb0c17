"""A test's measurements against another revision: screened first, then confirmed by turns."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pytest_inferenergy.ab.arms import LocalArm, RemoteArm, assert_same_work, work_of
from pytest_inferenergy.ab.client import ReferenceClient
from pytest_inferenergy.ab.interleave import Interleaver, PairResult
from pytest_inferenergy.ab.rounds import DeferredComparison
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import (
    ReferenceLostError,
    ReferenceMemoryError,
    ReferenceTestError,
)
from pytest_inferenergy.git import Revision
from pytest_inferenergy.stats.comparability import Work, other_card, other_environment
from pytest_inferenergy.stats.interleaved import held_against, turned
from pytest_inferenergy.stats.margins import BETA, Margins
from pytest_inferenergy.stats.screen import total_change
from pytest_inferenergy.stats.sequential import SequentialTest
from pytest_inferenergy.stats.verdict import Verdict

if TYPE_CHECKING:
    from pytest_inferenergy.measure.evaluation import Evaluation
    from pytest_inferenergy.measure.recorder import Recording
    from pytest_inferenergy.measure.request import Measured, Request
    from pytest_inferenergy.measure.workload import Workload
    from pytest_inferenergy.stats.runs import Run

State = Literal["turns", "screened", "rounds", "only_here", "not_compared", "lost"]
SCREEN_WINDOWS = 8


class Against:
    """What the measurer asks where a revision to compare with was given."""

    def __init__(self, revision: Revision, partner: ReferenceClient, root: Path) -> None:
        self.revision = revision
        self.partner = partner
        self._test: str | None = None
        self._next: str | None = None
        self._began = 0.0
        self._done: list[tuple[str | None, dict[str, Any]]] = []
        self._gone = 0
        self._root = str(root)
        self._work: Work | None = None
        self.due: list[DeferredComparison] = []
        """What is left to compare by rounds, once this process has let go of its models."""

    # -- the test under way --------------------------------------------------------------------

    def begin(self, test: str, following: str | None) -> None:
        """A test begins; ``following``: the next energy test, whose fixtures may be kept."""
        self._test, self._next = test, following
        self._began = time.perf_counter()
        self._done, self._gone = [], 0

    def finish(self) -> None:
        """The test is over on this side: let it end on the other."""
        self.partner.finish(time.perf_counter() - self._began)

    def passed_by(self, name: str | None, figures: dict[str, Any]) -> None:
        """A measurement is over on this side; the reference side passes it when it has to."""
        self._done.append((name, figures))

    def _catch_up(self, name: str | None) -> None:
        """Bring the test there to the measurement of that name."""
        assert self._test is not None
        seconds = time.perf_counter() - self._began
        if self.partner.running != self._test:
            self.partner.start(self._test, self._next, seconds)
        while self._gone < len(self._done):
            earlier, figures = self._done[self._gone]
            self.partner.at(earlier)
            self.partner.leave(figures, seconds)
            self._gone += 1
        self.partner.at(name)

    def look_at(self, workload: Workload) -> None:
        """Take down what one call does, before the first one can change its inputs."""
        self._work = work_of(workload, self._root)

    # -- measuring -----------------------------------------------------------------------------

    def measure(self, judging: Evaluation, first_call: float, limit: float) -> Measured:
        """Measure the request and judge it against the revision."""
        if self._test not in self.partner.tests:
            return self._plain(judging, first_call, limit, "only_here", "the test is new")
        if first_call >= limit:
            why = "one call takes longer than --energy-max-seconds allows for all of them"
            return self._doubtful(judging, first_call, limit, "not_compared", why)
        stored = judging.may_have_stored() and self._screen(judging, first_call, limit)
        if stored and self._holds(judging):
            return self._mark(judging.conclude(), "screened", "the stored level holds")
        try:
            self._catch_up(judging.request.name)
            taken = self._take_turns(judging, first_call, limit, BETA / 2 if stored else BETA)
        except (ReferenceTestError, ReferenceLostError) as error:
            state = _state(error)
            measured = self._doubtful(judging, first_call, limit, state, str(error))
            if state == "rounds":
                self.due.append(self._left(judging))
            return measured
        measured = judging.conclude(lambda run, estimated: _verdict(taken, judging, run, estimated))
        measured = self._mark(measured, "turns", None)
        measured.outcome["against"] |= {
            "pairs": taken.turns.pairs.count,
            "rejected_pairs": taken.rejected,
        }
        return measured

    def _screen(self, judging: Evaluation, first_call: float, limit: float) -> bool:
        """Take eight windows where there are runs to hold them against; whether there are."""

        def enough(recording: Recording, spent: float) -> bool:
            if not judging.comparable_runs():
                return True
            return recording.taken >= SCREEN_WINDOWS or spent >= limit

        judging.measuring.measure(first_call, enough, limit)
        return bool(judging.comparable_runs())

    def _holds(self, judging: Evaluation) -> bool:
        """Whether the windows say, at β/2, that the stored level still holds."""
        run, runs = judging.run(), judging.comparable_runs()
        if other_card(run, runs[0]):
            return False
        margins = replace(Margins.of(*judging.request.settings.margins), beta=BETA / 2)
        bounded = total_change(run, runs, margins).high < margins.log_must_detect
        return bounded and judging.by_stored().verdict in ("passed", "improved")

    def _take_turns(
        self, judging: Evaluation, first_call: float, limit: float, beta: float
    ) -> PairResult:
        request, measuring = judging.request, judging.measuring
        measuring.recording.clean, measuring.recording.rejected = [], []
        ours = LocalArm(measuring, first_call)
        meters, wanted = measuring.meters, request.settings.components
        theirs = RemoteArm(self.partner, request.name, meters, wanted)
        assert self._work is not None
        assert_same_work(self._work, theirs.work, self.revision.title)
        if theirs.cycle != ours.cycle:
            raise ReferenceTestError(
                f"at {self.revision.title} there are {theirs.cycle} inputs, not {ours.cycle}"
            )
        margins = Margins.of(*request.settings.margins)
        comparing = Interleaver(ours, theirs, meters, _seed(request), judging.live.pairs)
        return comparing.take(SequentialTest.between(replace(margins, beta=beta)), limit)

    def _left(self, judging: Evaluation) -> DeferredComparison:
        """The measurement under way, to be compared by rounds in the end."""
        request = judging.request
        return DeferredComparison(
            test=request.nodeid,
            name=request.name,
            before=tuple(self._done),
            margins=request.settings.margins,
            components=request.settings.components,
            max_seconds=request.settings.max_seconds,
            seed=_seed(request),
            moved=_moved(judging),
        )

    def _plain(
        self, judging: Evaluation, first_call: float, limit: float, state: State, reason: str
    ) -> Measured:
        """Measure without the other side; what is stored gives the verdict."""
        judging.measure(first_call, limit)
        return self._mark(judging.conclude(), state, reason)

    def _doubtful(
        self, judging: Evaluation, first_call: float, limit: float, state: State, reason: str
    ) -> Measured:
        """Measure without the other side, which was to give the verdict and cannot."""
        if judging.measuring.recording.taken < SCREEN_WINDOWS:
            judging.measure(first_call, limit)
        text = f"not compared with {self.revision.title}: {reason}"
        margins = Margins.of(*judging.request.settings.margins)
        unknown = Verdict.of("inconclusive", text, margins)
        measured = judging.conclude(lambda _run, _estimated: unknown)
        return self._mark(measured, state, reason)

    def _mark(self, measured: Measured, state: State, reason: str | None) -> Measured:
        measured.outcome["against"] = self.mark(state, reason)
        return measured

    def mark(self, state: State, reason: str | None) -> dict[str, Any]:
        """How a measurement stands to the revision, as plain data."""
        return {
            "title": self.revision.title,
            "revision": self.revision.text,
            "commit": self.revision.commit,
            "state": state,
            "reason": reason,
            "pairs": None,
            "rejected_pairs": None,
        }


def _state(error: Exception) -> State:
    """What becomes of a measurement whose other side failed."""
    if isinstance(error, ReferenceLostError):
        return "lost"
    return "rounds" if isinstance(error, ReferenceMemoryError) else "not_compared"


def _seed(request: Request) -> int:
    return zlib.crc32(f"{request.nodeid} {request.name}".encode())


def _verdict(taken: PairResult, judging: Evaluation, run: Run, estimated: bool) -> Verdict:
    verdict = turned(
        taken.turns,
        Margins.of(*judging.request.settings.margins),
        log_joules=run.log_joules,
        log_time=taken.log_time,
        log_tokens=taken.log_tokens,
        rejected=taken.rejected,
        estimated=estimated,
    )
    return held_against(verdict, _moved(judging))


def _moved(judging: Evaluation) -> tuple[str, ...] | None:
    """What of the environment differs where stored runs call this one regressed; else ``None``."""
    if not (judging.may_have_stored() and judging.comparable_runs()):
        return None
    if judging.by_stored().verdict != "regressed":
        return None
    latest = max(judging.comparable_runs(), key=lambda run: run.time)
    return other_environment(judging.run(), latest)
