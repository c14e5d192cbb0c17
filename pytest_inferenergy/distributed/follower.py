"""The other ranks: they call as often as rank 0 says, and take its figures and its verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from pytest_inferenergy.ab.clock_meter import ClockMeter
from pytest_inferenergy.distributed.agreement import Rank, Together
from pytest_inferenergy.distributed.channel import Message, RankChannel
from pytest_inferenergy.distributed.leader import devices
from pytest_inferenergy.distributed.message import from_message
from pytest_inferenergy.errors import RankError
from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.request import Measured, Request
from pytest_inferenergy.measure.synchronise import synchronise
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet


class RankFollower(Rank):
    """Every rank but the first: it makes the calls that rank 0 orders."""

    def __init__(self, talk: RankChannel, meter: str) -> None:
        super().__init__(talk, meter)
        self._clock = Together(MeterSet([ClockMeter()]), talk)

    def _measure(self, request: Request) -> Measured:
        results: list[Any] = []
        left = self._obey(request.workload, results)
        return from_message(left, results[0] if results else None)

    @contextlib.contextmanager
    def _window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        found: list[Measured] = []
        self._obey(request.workload, [])
        with self._at_work():
            synchronise()  # what was begun before is not to be counted
            self._talk.ready()
            yield lambda: found[0]
            synchronise()
            self._talk.ready()
        found.append(from_message(self._obey(request.workload, []), None))

    def _obey(self, workload: Workload, results: list[Any]) -> Message:
        """Do what rank 0 says until it leaves, or a body begins; that message."""
        while (order := self._talk.tell())["do"] not in ("leave", "body"):
            if order["do"] == "end":
                raise RankError(
                    f"rank 0 of this job ended the measurement with {order['why']}: see its output"
                )
            if order["do"] == "devices":
                self._talk.each(devices())
                continue
            with self._at_work():
                result = self._call(workload, order, keep=not results)
            if not results:
                results.append(result)
        return order

    def _call(self, workload: Workload, order: Message, *, keep: bool) -> Any:
        if order["do"] == "call":
            result = workload()
            self._talk.ready()
            return result
        if order["prefill"]:
            workload = workload.of_prefill()
        return run_calls(workload, order["calls"], self._clock, keep_first=keep).first_result

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            if not isinstance(error, RankError):
                self._talk.fail()
            raise
