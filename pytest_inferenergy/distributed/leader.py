"""Rank 0: it measures as ever, and before each stretch of calls tells the others how many."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.distributed.agreement import Rank, Together
from pytest_inferenergy.distributed.channel import Message, RankChannel
from pytest_inferenergy.distributed.message import as_message
from pytest_inferenergy.errors import RankError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.request import Measured, Request
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meter_access import Peers
from pytest_inferenergy.meters.meter_set import MeterSet
from pytest_inferenergy.meters.nvml.visible import framework_uuids

if TYPE_CHECKING:
    from pytest_inferenergy.runner import Runner


class Conductor(Peers):
    """Makes the calls of a workload on all ranks; one for each measurement."""

    awaits = False

    def __init__(self, talk: RankChannel, *, prefill: bool) -> None:
        self._talk = talk
        self._prefill = prefill  # to be measured, too
        self.over = False
        """Whether the other ranks wait for orders no more."""
        self._begun = False

    def order(self, message: Message) -> None:
        """Tell the others what to do."""
        self._talk.tell(message)

    def leave(self, message: Message) -> None:
        """Let the others go on with the test."""
        if not self.over:
            self.over = True
            self.order(message)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Meanwhile the others do the same, and wait for us at the end of it."""
        try:
            yield
        except BaseException as error:
            self.over = True
            if not isinstance(error, RankError):
                self._talk.fail()
            raise

    def once(self, workload: Workload) -> Any:
        """One call, unmeasured: its result."""
        self.order({"do": "call"})
        with self.at_work():
            result = replace(workload, caller=None)()
            self._talk.ready()
        return result

    def together(
        self,
        workload: Workload,
        calls: int,
        meters: MeterSet,
        call_span: CallSpan,
        keep_first: bool,
    ) -> None:
        """So many calls, in spans that hold the work of all ranks."""
        alone = self._prefill and workload.prefill is None
        self.order({"do": "run", "calls": calls, "prefill": alone})
        plain = replace(workload, caller=None)
        with self.at_work():
            done = run_calls(plain, calls, Together(meters, self._talk), keep_first=keep_first)
        call_span.spans, call_span.tokens = done.spans, done.tokens
        call_span.first_result = done.first_result

    def gpus(self, meters: MeterSet) -> frozenset[str]:
        """UUIDs of the GPUs that the frameworks of any rank hold; the ranks' processes are ours."""
        self.order({"do": "devices"})
        told = self._talk.each(devices())
        meters.adopt(frozenset(rank["pid"] for rank in told))
        return frozenset(uuid for rank in told for uuid in rank["uuids"])

    def begin(self) -> None:
        """Have all ranks begin the body of a ``with`` together."""
        if not self._begun:
            self._begun = True
            self.order({"do": "body"})
            with self.at_work():
                self._talk.ready()


def devices() -> Message:
    """What a rank works on, as far as it knows."""
    return {"uuids": sorted(framework_uuids()), "pid": os.getpid()}


class RankLeader(Rank):
    """Rank 0: it measures for all."""

    def __init__(self, measurer: Runner, talk: RankChannel, meter: str) -> None:
        super().__init__(talk, meter)
        self._measurer = measurer

    def interrupt(self) -> None:
        """From another thread: have a measurement stop waiting."""
        self._measurer.interrupt()

    def _measure(self, request: Request) -> Measured:
        prefill = request.workload.prefill is not None
        with self._conducting(prefill=prefill) as conductor:
            workload = replace(request.workload, caller=conductor)
            measured = self._measurer.measure(replace(request, workload=workload))
            conductor.leave({"do": "leave", **as_message(measured)})
        return measured

    @contextlib.contextmanager
    def _window(self, request: Request) -> Iterator[Callable[[], Measured]]:
        found: list[Measured] = []
        with self._conducting() as conductor:
            with self._measurer.window(request) as done:
                conductor.begin()  # where there is no meter, and no window was opened
                with conductor.at_work():
                    yield lambda: found[0]
                    self._talk.ready()
            found.append(done())
            conductor.leave({"do": "leave", **as_message(found[0])})

    @contextlib.contextmanager
    def _conducting(self, *, prefill: bool = False) -> Iterator[Conductor]:
        conductor = Conductor(self._talk, prefill=prefill)
        with self._measurer.joined(conductor):
            try:
                yield conductor
            except BaseException as error:
                with contextlib.suppress(RankError):
                    conductor.leave({"do": "end", "why": type(error).__name__})
                raise
