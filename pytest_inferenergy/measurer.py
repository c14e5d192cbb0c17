"""The measuring side of a session: one per process that runs tests.

It opens the meters before the first measurement (never earlier), keeps workers from measuring at
the same time, holds the seconds spent against the session's limit, and turns a workload into a
`Measurement` and its plain-data outcome.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pytest_inferenergy.errors import BaselineError, MeterError, MisuseError
from pytest_inferenergy.judging import Judging
from pytest_inferenergy.request import Measured, Request, TurnsRequest
from pytest_inferenergy.settings import Settings
from pytest_inferenergy.surroundings import Surroundings
from pytest_inferenergy.turns import Turns
from pytest_inferenergy.unmeasured import lost, unmeasured

if TYPE_CHECKING:
    from pytest_inferenergy.comparing.against import Against
    from pytest_inferenergy.comparing.comparison import Comparison
    from pytest_inferenergy.measuring.measure import Measuring
    from pytest_inferenergy.measuring.workload import Stretch, Workload
    from pytest_inferenergy.meters.meter_set import MeterSet

T = TypeVar("T")


class Measurer:
    """Measures workloads with one set of meters."""

    def __init__(self, settings: Settings, around: Surroundings, lock: Path | None) -> None:
        self._settings = settings
        self._around = around
        self._turns = Turns(lock)
        self._meters: MeterSet | None = None
        self._refusal: str | None = None
        self._busy = False
        self.against: Against | None = None
        """The revision that measurements are compared with, where one was given."""
        self.spent = 0.0
        """Seconds spent on measuring in this process."""

    def close(self) -> None:
        """Stop the meters."""
        if self._meters is not None:
            self._meters.close()

    def interrupt(self) -> None:
        """From another thread: have a measurement stop waiting for its turn or for a meter."""
        self._turns.interrupt()
        if self._meters is not None:
            self._meters.interrupt()

    # -- the two ways to measure ---------------------------------------------------------------

    def measure(self, request: Request) -> Measured:
        """Call the workload until its figure is sharp; its own exceptions pass through."""
        with self._around.live.telling():
            measured = self._measured(request)
        if request.workload.once:
            self._no_turns(measured, "what runs once cannot take turns")
        self._pass(request.name, measured)
        return measured

    def _measured(self, request: Request) -> Measured:
        meters = self._ready(request.settings)
        if isinstance(meters, str):
            return unmeasured(request, request.workload(), meters)
        from pytest_inferenergy.measuring.measure import Measuring

        measuring = Measuring(request.workload, meters, request.settings.components)
        called = [False]
        with self._alone():
            try:
                return self._measure(request, measuring, called)
            except (MeterError, BaselineError) as error:
                if not called[0]:
                    measuring.recording.first_result = request.workload()
                return lost(request, measuring.recording.first_result, error)

    def _measure(self, request: Request, measuring: Measuring, called: list[bool]) -> Measured:
        workload, settings = request.workload, request.settings
        judging = Judging(self._around, request, measuring)
        if workload.once:
            self._attach(measuring)
        seconds = measuring.first_call()
        called[0] = True
        if workload.once:
            measuring.finish()
            return judging.conclude()
        self._attach(measuring)
        judging.prepare()
        limit = judging.reserve(self._seconds_left(settings))
        if self.against is not None:
            return self.against.measure(judging, seconds, limit)
        judging.measure(seconds, limit)
        return judging.conclude()

    @contextlib.contextmanager
    def window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        """Measure the body of a ``with`` once; the callable gives the result after it."""
        meters = self._ready(request.settings)
        if isinstance(meters, str):
            reason = meters
            yield lambda: unmeasured(request, None, reason)
            return
        from pytest_inferenergy.measuring.measure import Measuring
        from pytest_inferenergy.measuring.synchronise import synchronise
        from pytest_inferenergy.measuring.workload import Stretch

        measuring = Measuring(request.workload, meters, request.settings.components)
        stretch = Stretch(calls=1)
        with self._alone():
            failure = _caught(lambda: self._attach(measuring))
            synchronise()
            opening = meters.opening()
            yield lambda: self._close_window(request, measuring, stretch, failure)
            synchronise()
            stretch.spans.append((opening, meters.closing()))
            stretch.tokens = _fixed_tokens(request.workload)

    def _close_window(
        self, request: Request, measuring: Measuring, stretch: Stretch, failure: MeterError | None
    ) -> Measured:
        measured = self._closed_window(request, measuring, stretch, failure)
        self._no_turns(measured, "a window runs once and cannot take turns")
        self._pass(request.name, measured)
        return measured

    def _closed_window(
        self, request: Request, measuring: Measuring, stretch: Stretch, failure: MeterError | None
    ) -> Measured:
        if failure is not None:
            return lost(request, None, failure)
        measuring.add(stretch)
        with self._alone():
            try:
                measuring.finish()
                return Judging(self._around, request, measuring).conclude()
            except (MeterError, BaselineError) as error:
                return lost(request, None, error)

    def compare(self, request: TurnsRequest) -> Comparison:
        """Measure two workloads by turns; their own exceptions pass through."""
        with self._around.live.telling():
            comparison = self._compared(request)
        if self.against is not None:
            ratios = comparison.ratios
            figures = {} if ratios is None else {"ratio": ratios.ratio}
            self.against.passed_by(request.name, figures)
        return comparison

    def _compared(self, request: TurnsRequest) -> Comparison:
        from pytest_inferenergy.comparing.comparison import Comparison
        from pytest_inferenergy.comparing.turns import compare_callables

        meters = self._ready(request.settings)
        if isinstance(meters, str):
            for workload in (request.candidate, request.reference):
                workload()
            return Comparison(request.name, reason=meters)
        with self._alone():
            try:
                return compare_callables(
                    request.candidate,
                    request.reference,
                    meters,
                    request.settings.components,
                    turns=request.turns,
                    max_seconds=self._seconds_left(request.settings),
                    name=request.name,
                    seed=request.seed,
                    tell=self._around.live.pairs,
                )
            except MeterError as error:
                return Comparison(request.name, reason=str(error))

    def alone(self, act: Callable[[MeterSet], T]) -> T:
        """Do something with the meters while no other worker measures; `MeterError` without any."""
        meters = self._ready(self._settings)
        if isinstance(meters, str):
            raise MeterError(meters)
        with self._alone():
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

    # -- what all need ------------------------------------------------------------------------

    def _ready(self, settings: Settings) -> MeterSet | str:
        """The meters, opened by now, or why there is nothing to measure with."""
        if self._busy:
            raise MisuseError(
                "a measurement inside a measured call: measurements cannot be nested, measure one "
                "or the other"
            )
        if settings.disable:
            return "disabled by --energy-disable"
        left = self._seconds_left(settings)
        if left <= 0:
            return (
                f"the {self._settings.session_seconds:g} s of --energy-session-seconds were spent"
            )
        if self._meters is None and self._refusal is None:
            from pytest_inferenergy.errors import InferenergyError
            from pytest_inferenergy.meters.select import open_meters

            try:
                with self._alone():
                    self._meters = open_meters(self._settings.meter, self._settings.prometheus)
            except (InferenergyError, ImportError) as error:  # perhaps numpy is missing
                self._refusal = f"nothing to measure with ({self._settings.meter}): {error}"
        return self._meters or self._refusal or "no meter"

    def _seconds_left(self, settings: Settings) -> float:
        if self._settings.session_seconds is None:
            return settings.max_seconds
        return min(settings.max_seconds, self._settings.session_seconds - self.spent)

    def _attach(self, measuring: Measuring) -> None:
        """Choose the devices, now that the workload has shown which it uses, and wait for them."""
        self._turns.widen(measuring.meters.gpus_in_use())
        measuring.attach()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the devices: nobody else of ours measures on them meanwhile."""
        uuids = frozenset[str]() if self._meters is None else self._meters.gpus_in_use()
        with self._turns.take(uuids):
            start, self._busy = time.perf_counter(), True
            try:
                yield
            finally:
                self._busy = False
                self.spent += time.perf_counter() - start


def _caught(step: Callable[[], object]) -> MeterError | None:
    try:
        step()
    except MeterError as error:
        return error
    return None


def _fixed_tokens(workload: Workload) -> float | None:
    tokens = workload.tokens
    return None if tokens is None or callable(tokens) else float(tokens)
