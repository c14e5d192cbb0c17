"""The measuring side of a session: one per process that runs tests.

It turns a workload into a `Measurement` and its plain-data outcome, at the process's `MeterAccess`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pytest_inferenergy.errors import BaselineError, MeterError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.context import Context
from pytest_inferenergy.measure.evaluation import Evaluation
from pytest_inferenergy.measure.recorder import WindowRecorder
from pytest_inferenergy.measure.request import ComparisonRequest, Measured, Request
from pytest_inferenergy.measure.synchronise import synchronise
from pytest_inferenergy.measure.unmeasured import lost, unmeasured
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meter_access import MeterAccess, Peers
from pytest_inferenergy.settings import Settings

if TYPE_CHECKING:
    from pytest_inferenergy.ab.against import Against
    from pytest_inferenergy.ab.comparison import Comparison
    from pytest_inferenergy.meters.meter_set import MeterSet

T = TypeVar("T")


class Runner:
    """Measures workloads with one set of meters."""

    def __init__(self, settings: Settings, context: Context, lock: Path | None) -> None:
        self._context = context
        self._bench = MeterAccess(settings, context.live, lock)
        self.against: Against | None = None
        """The revision that measurements are compared with, where one was given."""

    def close(self) -> None:
        """Stop the meters."""
        self._bench.close()

    @contextlib.contextmanager
    def joined(self, partners: Peers) -> Iterator[None]:
        """Meanwhile these do the same work."""
        self._bench.partners, before = partners, self._bench.partners
        try:
            yield
        finally:
            self._bench.partners = before

    def interrupt(self) -> None:
        """From another thread: have a measurement stop waiting for its turn or for a meter."""
        self._bench.interrupt()

    def measure(self, request: Request) -> Measured:
        """Call the workload until its estimate is precise; its own exceptions pass through."""
        with self._context.live.telling():
            measured = self._measured(request)
        if request.workload.once:
            self._no_turns(measured, "what runs once cannot take turns")
        self._pass(request.name, measured)
        return measured

    def _measured(self, request: Request) -> Measured:
        meters = self._bench.ready(request.settings)
        if isinstance(meters, str):
            return unmeasured(request, request.workload(), meters)
        measuring = WindowRecorder(request.workload, meters, request.settings.components)
        with self._bench.alone():
            try:
                return self._measure(request, measuring)
            except (MeterError, BaselineError) as error:
                if not measuring.called:
                    measuring.recording.first_result = request.workload()
                return lost(request, measuring.recording.first_result, error)

    def _measure(self, request: Request, measuring: WindowRecorder) -> Measured:
        workload, settings = request.workload, request.settings
        judging = Evaluation(self._context, request, measuring)
        if workload.once:
            self._bench.attach(measuring)
        if self.against is not None:
            self.against.look_at(workload)
        seconds = measuring.first_call()
        if workload.once:
            measuring.finish()
            return judging.conclude()
        self._bench.attach(measuring)
        judging.prepare()
        seconds = judging.pace(seconds)
        limit = judging.reserve(self._bench.seconds_left(settings))
        if self.against is not None:
            return self.against.measure(judging, seconds, limit)
        judging.measure(seconds, limit)
        return judging.conclude()

    @contextlib.contextmanager
    def window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        """Measure the body of a ``with`` once; the callable gives the result after it."""
        meters = self._bench.ready(request.settings)
        if isinstance(meters, str):
            reason = meters
            yield lambda: unmeasured(request, None, reason)
            return
        measuring = WindowRecorder(request.workload, meters, request.settings.components)
        call_span = CallSpan(calls=1)
        with self._bench.alone():
            failure = _caught(lambda: self._bench.attach(measuring))
            measuring.begin()
            synchronise()
            self._bench.partners.begin()
            opening = meters.opening()
            yield lambda: self._close_window(request, measuring, call_span, failure)
            synchronise()
            call_span.spans.append((opening, meters.closing()))
            call_span.tokens = _fixed_tokens(request.workload)

    def _close_window(
        self,
        request: Request,
        measuring: WindowRecorder,
        call_span: CallSpan,
        failure: MeterError | None,
    ) -> Measured:
        measured = self._closed_window(request, measuring, call_span, failure)
        self._no_turns(measured, "a window runs once and cannot take turns")
        self._pass(request.name, measured)
        return measured

    def _closed_window(
        self,
        request: Request,
        measuring: WindowRecorder,
        call_span: CallSpan,
        failure: MeterError | None,
    ) -> Measured:
        if failure is not None:
            return lost(request, None, failure)
        measuring.add(call_span)
        with self._bench.alone():
            try:
                measuring.finish()
                return Evaluation(self._context, request, measuring).conclude()
            except (MeterError, BaselineError) as error:
                return lost(request, None, error)

    def compare(self, request: ComparisonRequest) -> Comparison:
        """Measure two workloads by turns; their own exceptions pass through."""
        with self._context.live.telling():
            comparison = self._compared(request)
        if self.against is not None:
            ratios = comparison.ratios
            figures = {} if ratios is None else {"ratio": ratios.ratio}
            self.against.passed_by(request.name, figures)
        return comparison

    def _compared(self, request: ComparisonRequest) -> Comparison:
        from pytest_inferenergy.ab.comparison import Comparison
        from pytest_inferenergy.ab.interleave import compare_callables

        meters = self._bench.ready(request.settings)
        if isinstance(meters, str):
            for workload in (request.candidate, request.reference):
                workload()
            return Comparison(request.name, reason=meters)
        with self._bench.alone():
            try:
                return compare_callables(
                    request.candidate,
                    request.reference,
                    meters,
                    request.settings.components,
                    turns=request.turns,
                    max_seconds=self._bench.seconds_left(request.settings),
                    name=request.name,
                    seed=request.seed,
                    tell=self._context.live.pairs,
                )
            except MeterError as error:
                return Comparison(request.name, reason=str(error))

    def alone(self, act: Callable[[MeterSet], T]) -> T:
        """Do something with the meters while no other worker measures; `MeterError` without any."""
        meters = self._bench.ready()
        if isinstance(meters, str):
            raise MeterError(meters)
        with self._bench.alone():
            return act(meters)

    def _pass(self, name: str | None, measured: Measured) -> None:
        """Let the reference side go past a measurement that is over here."""
        figures = measured.measurement.figures
        if self.against is not None:
            joules = None if figures is None else figures.joules_per_inference
            seconds = None if figures is None else figures.seconds_per_inference
            self.against.passed_by(name, {"joules": joules, "seconds": seconds})

    def _no_turns(self, measured: Measured, reason: str) -> None:
        if self.against is not None:
            measured.outcome["against"] = self.against.mark("not_compared", reason)


def _caught(step: Callable[[], object]) -> MeterError | None:
    try:
        step()
    except MeterError as error:
        return error
    return None


def _fixed_tokens(workload: Workload) -> float | None:
    tokens = workload.tokens
    return None if tokens is None or callable(tokens) else float(tokens)
