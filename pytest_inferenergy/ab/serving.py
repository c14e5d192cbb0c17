"""The measurer of the reference process: it measures nothing, it works when it is asked to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pytest_inferenergy.ab.arms import work_of
from pytest_inferenergy.ab.channel import Channel, Message
from pytest_inferenergy.ab.clock_meter import ClockMeter
from pytest_inferenergy.ab.comparison import Comparison, Ratios
from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.outcome import blank
from pytest_inferenergy.measure.request import ComparisonRequest, Measured, Request
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.measurement import Figures, Measurement
from pytest_inferenergy.meters.meter_set import MeterSet

NOT_NEEDED = "the reference side of --energy-against"


class Serving:
    """Stands in the measurer's place; each measurement waits here for the present side."""

    def __init__(self, channel: Channel, fault: Callable[[], str | None], root: Path) -> None:
        self._channel = channel
        self._fault = fault
        self._root = str(root)
        self._clock = MeterSet([ClockMeter()])

    def close(self) -> None:
        """Nothing to stop."""

    def interrupt(self) -> None:
        """Nothing to wake: the present side's next word ends the wait."""

    def measure(self, request: Request) -> Measured:
        """Run the workload as often as the present side says."""
        first: list[Any] = []
        kind = "once" if request.workload.once else "measure"
        left = self._serve(kind, request.name, request.workload, first)
        result = first[0] if first else request.workload()
        return Measured(result, _figures(request.name, left), blank(request, NOT_NEEDED))

    @contextlib.contextmanager
    def window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        """Run the body of a ``with``, and take the present side's figures for it."""
        left = self._serve("window", request.name, request.workload, [])
        figures = _figures(request.name, left)
        yield lambda: Measured(None, figures, blank(request, NOT_NEEDED))

    def compare(self, request: ComparisonRequest) -> Comparison:
        """Take the present side's comparison: two callables of one revision are its own matter."""
        for workload in (request.candidate, request.reference):
            workload()
        left = self._serve("compare", request.name, request.candidate, [])
        ratios = (
            Ratios(left["ratio"], left["ratio"], left["ratio"], 1.0) if "ratio" in left else None
        )
        return Comparison(request.name, ratios, "inconclusive", reason=NOT_NEEDED)

    def _serve(self, kind: str, name: str | None, workload: Workload, first: list[Any]) -> Message:
        """Say where the test has come to, then obey until told to go on."""
        work = work_of(workload, self._root)
        self._channel.send(
            {
                "at": kind,
                "name": name,
                "cycle": workload.cycle,
                "digest": work.input_digest,
                "inferences": work.inferences_per_call,
                "concurrency": work.concurrency,
                "wrong": self._fault(),
            }
        )
        while True:
            command = self._channel.receive()
            if command["do"] == "leave":
                return command
            if command["before"]:
                run_calls(workload, command["before"], self._clock, keep_first=False)
            call_span = run_calls(workload, command["calls"], self._clock, keep_first=not first)
            if not first:
                first.append(call_span.first_result)
            spans = [[opening.time, closing.time] for opening, closing in call_span.spans]
            ran = {"spans": spans, "uuids": _uuids(), "tokens": call_span.tokens}
            self._channel.send(ran | {"wrong": self._fault()})


def _uuids() -> list[str]:
    from pytest_inferenergy.meters.nvml.visible import framework_uuids

    return sorted(framework_uuids())


def _figures(name: str | None, left: Message) -> Measurement:
    """What the present side measured, for the asserts that follow in the test."""
    if left.get("joules") is None:
        return Measurement(name=name, reason=NOT_NEEDED)
    joules, seconds = left["joules"], left["seconds"]
    return Measurement(name, Figures(joules, joules, joules, seconds, 1, 1, "measured", {}))
