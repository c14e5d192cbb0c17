"""What all ranks do alike: meet before a measurement, and make each call once where none can be."""

from __future__ import annotations

import abc
import contextlib
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from pytest_inferenergy.ab.comparison import Comparison
from pytest_inferenergy.distributed.channel import Message, RankChannel
from pytest_inferenergy.measure.request import ComparisonRequest, Measured, Request
from pytest_inferenergy.measure.unmeasured import unmeasured
from pytest_inferenergy.meters.meter_set import Edge, MeterSet

NO_TURNS = (
    "energy.compare and --energy-against take turns on one process's devices, and this is one of "
    "several ranks: measure both with energy.run"
)


class Unmeasured:
    """Stands in the measurer's place where nothing can be measured: every call is made once."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def close(self) -> None:
        """Nothing to stop."""

    def interrupt(self) -> None:
        """Nothing to wake."""

    def measure(self, request: Request) -> Measured:
        """One call."""
        return unmeasured(request, request.workload(), self._reason)

    @contextlib.contextmanager
    def window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        """The body of a ``with``, as it stands."""
        yield lambda: unmeasured(request, None, self._reason)

    def compare(self, request: ComparisonRequest) -> Comparison:
        """One call of each."""
        for workload in (request.candidate, request.reference):
            workload()
        return Comparison(request.name, reason=self._reason)


class Rank(Unmeasured):
    """Stands in the measurer's place on a rank: all ranks meet before each measurement."""

    def __init__(self, talk: RankChannel, meter: str) -> None:
        super().__init__(NO_TURNS)
        self._talk, self._meter = talk, meter

    def measure(self, request: Request) -> Measured:
        """As `Runner.measure`, with the calls made on all ranks."""
        with self._talk.measurement():
            reason = meet(self._talk, "measure", request, self._meter)
            if reason is not None:
                return Unmeasured(reason).measure(request)
            return self._measure(request)

    @contextlib.contextmanager
    def window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        """As `Runner.window`; the body is run by all ranks."""
        with self._talk.measurement():
            reason = meet(self._talk, "window", request, self._meter)
            blank = None if reason is None else Unmeasured(reason)
            with blank.window(request) if blank else self._window(request) as done:
                yield done

    @abc.abstractmethod
    def _measure(self, request: Request) -> Measured:
        """Measure, now that all are here."""

    @abc.abstractmethod
    def _window(self, request: Request) -> AbstractContextManager[Callable[[], Measured]]:
        """The same of the body of a ``with``."""


class Together(MeterSet):
    """Meters whose windows open when all ranks are ready and close when all are done."""

    def __init__(self, meters: MeterSet, talk: RankChannel) -> None:
        super().__init__(meters.meters, meters.notes)
        self._talk = talk

    def opening(self) -> Edge:
        """Begin together."""
        self._talk.ready()
        return super().opening()

    def closing(self) -> Edge:
        """The slowest rank ends the window."""
        self._talk.ready()
        return super().closing()


def meet(talk: RankChannel, kind: str, request: Request, meter: str) -> str | None:
    """Wait for all ranks at a measurement; why none can be made, the same on all of them."""
    if request.workload.caller is not None:
        kind = "arun"
    at = [request.nodeid, request.name, kind, request.workload.cycle]
    told = talk.each({"at": at, "host": platform.node(), "meter": meter})
    return refusal(told)


def refusal(told: Sequence[Message]) -> str | None:
    """Why ranks that say this cannot measure together."""
    for rank, message in enumerate(told):
        if message.get("at") != told[0].get("at"):
            return (
                f"the ranks of this job are at different measurements, rank 0 at {told[0]['at']}, "
                f"rank {rank} at {message.get('at')}: give all ranks the same tests in one order"
            )
    if told[0]["at"][2] == "arun":
        return (
            "energy.arun keeps requests in flight as they come, and ranks need one order of calls: "
            "use energy.run"
        )
    hosts = {message["host"] for message in told}
    if len(hosts) > 1 and not told[0]["meter"].startswith("prometheus"):
        return (
            f"the ranks of this job run on {len(hosts)} hosts and rank 0 sees the devices of its "
            "own alone: give --energy-meter prometheus:URL"
        )
    return None
