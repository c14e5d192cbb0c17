"""The reference process as the present one sees it: what it is told, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from pytest_inferenergy.ab.channel import ClosedError, Message, SilentError
from pytest_inferenergy.ab.process import ReferenceProcess
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import (
    ReferenceLostError,
    ReferenceMemoryError,
    ReferenceTestError,
)
from pytest_inferenergy.stats.comparability import Work

PATIENCE = 60.0
"""Least time, seconds, that the reference process has for anything."""
SLOWER = 10.0
"""Beyond that it may take so many times as long as the present one took for the same."""
MEMORY = ("out of memory", "OutOfMemoryError", "CUDA_ERROR_OUT_OF_MEMORY")


@dataclass(frozen=True)
class RemotePosition:
    """A measurement that the reference process has come to."""

    kind: str
    """``measure``, ``once``, ``window`` or ``compare``."""
    name: str | None
    cycle: int
    work: Work


@dataclass(frozen=True)
class RemoteRun:
    """When the reference process worked, ``perf_counter`` seconds of this process."""

    spans: list[tuple[float, float]]
    uuids: frozenset[str]
    """GPUs that its frameworks hold."""
    tokens: float | None
    """Tokens of all calls, ``None`` where nobody counts them."""


class ReferenceClient:
    """Runs tests of the reference revision, one at a time, as far as each next measurement."""

    def __init__(self, process: ReferenceProcess, title: str) -> None:
        self._process = process
        self.title = title
        """The revision, for people."""
        self.tests: tuple[str, ...] = ()
        """Energy tests that exist at the reference revision."""
        self.broken: dict[str, str] = {}
        """Files that could not be collected there, and why."""
        self._shift = 0.0
        self._running: str | None = None
        self._at: RemotePosition | None = None
        self._how = ""
        self._memory = False
        self._lost: str | None = None

    # -- start and end -------------------------------------------------------------------------

    def begin(self, seconds: float) -> None:
        """Wait until the tests are collected there; ``seconds``: what that took on this side."""
        ready = self._answer("collecting its tests", seconds)
        self.tests = tuple(ready["ready"])
        self.broken = dict(ready["broken"])
        before = time.perf_counter()
        self._send({"do": "clock"})
        there = self._answer("telling the time", 0.0)["clock"]
        after = time.perf_counter()
        if not before <= there <= after:  # another clock: its distance is the middle of the two
            self._shift = there - 0.5 * (before + after)

    def close(self) -> None:
        """Say goodbye, then take the process and its worktree away."""
        polite = self._lost is None and self._running is None
        if polite:
            try:
                self._process.channel.send({"do": "bye"})
            except ClosedError:
                polite = False
        self._process.close(polite=polite)

    # -- a test --------------------------------------------------------------------------------

    def start(self, test: str, following: str | None, seconds: float) -> None:
        """Run a test up to its first measurement."""
        self._running, self._at, self._how = test, None, ""
        self._send({"do": "test", "test": test, "next": following})
        self._arrive("setting the test up", seconds)

    @property
    def running(self) -> str | None:
        """The test that has begun there and was not finished yet."""
        return self._running

    def at(self, name: str | None) -> RemotePosition:
        """The measurement of that name, at which the test stands; `ReferenceTestError` if not."""
        if self._lost is not None:
            raise ReferenceLostError(self._lost)
        if self._at is None:
            raise self._over()
        if self._at.name != name:
            raise ReferenceTestError(
                f"at {self.title} the test measures {_named(self._at.name)} next, "
                f"not {_named(name)}"
            )
        return self._at

    def run(self, calls: int, before: int, seconds: float) -> RemoteRun:
        """Let the workload be called so often, ``before`` times in advance and without a span.

        ``seconds``: what all of that may take about.
        """
        self._send({"do": "run", "calls": calls, "before": before})
        answer = self._answer("its workload", seconds)
        if "spans" not in answer:
            self._take(answer)
            raise self._over()
        spans = [(a - self._shift, b - self._shift) for a, b in answer["spans"]]
        return RemoteRun(spans, frozenset(answer["uuids"]), answer.get("tokens"))

    def leave(self, figures: Message, seconds: float) -> None:
        """Let the test go on to its next measurement or its end."""
        if self._at is not None:
            self._send({"do": "leave", **figures})
            self._arrive("going on with the test", seconds)

    def finish(self, seconds: float) -> None:
        """Let the test run to its end."""
        while self._running is not None and self._lost is None:
            if self._at is None:
                self._running = None
            else:
                self.leave({}, seconds)

    # -- talking -------------------------------------------------------------------------------

    def _arrive(self, doing: str, seconds: float) -> None:
        self._at = None
        self._take(self._answer(doing, seconds))

    def _take(self, answer: Message) -> None:
        if "at" in answer:
            work = Work(answer["digest"], answer["inferences"], answer["concurrency"])
            self._at = RemotePosition(answer["at"], answer["name"], answer["cycle"], work)
        else:
            self._at = None
            self._how = _ending(answer)
            self._memory = ran_out_of_memory(str(answer["text"]))

    def _over(self) -> ReferenceTestError:
        """The test has ended there."""
        kind = ReferenceMemoryError if self._memory else ReferenceTestError
        return kind(f"at {self.title} {self._how}")

    def _send(self, message: Message) -> None:
        if self._lost is not None:
            raise ReferenceLostError(self._lost)
        try:
            self._process.channel.send(message)
        except ClosedError:
            self._lose(self._process.obituary())

    def _answer(self, doing: str, seconds: float) -> Message:
        limit = max(PATIENCE, SLOWER * seconds)
        try:
            answer = self._process.channel.receive(limit, self._process.alive)
        except SilentError:
            self._lose(f"hangs: {doing} took longer than {limit:.0f} s{self._process.last_words()}")
        except (ClosedError, ValueError):
            self._lose(self._process.obituary())
        if answer.get("wrong"):
            self._lose(f"does not run its own code: {answer['wrong']}")
        return answer

    def _lose(self, why: str) -> NoReturn:
        self._lost = f"the reference side, {self.title}, {why}"
        self._process.close(polite=False)
        raise ReferenceLostError(self._lost)


def _named(name: str | None) -> str:
    return "an unnamed measurement" if name is None else repr(name)


def ran_out_of_memory(text: str) -> bool:
    """Whether that is how a framework says it."""
    return any(word.lower() in text.lower() for word in MEMORY)


def _ending(answer: Message) -> str:
    how, text = answer["ended"], str(answer["text"]).strip()
    if ran_out_of_memory(text):
        return f"the test ran out of device memory ({text.splitlines()[0]})"
    if how == "skipped":
        return f"the test was skipped: {text}"
    if how == "passed":
        return "the test ended without that measurement"
    return f"the test failed: {text}"
