"""What the fixture `energy` gives: what a test author touches."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.open_window import OpenWindow

if TYPE_CHECKING:
    from pytest_inferenergy.ab.comparison import Comparison
    from pytest_inferenergy.marker_values import Budget, EnergyMarker
    from pytest_inferenergy.measure.request import Measured, Request
    from pytest_inferenergy.measurement import Measurement
    from pytest_inferenergy.measurements import TestMeasurements
    from pytest_inferenergy.runner import Runner
    from pytest_inferenergy.settings import Settings

T = TypeVar("T")


class Energy:
    """Measures energy inside one test.

    Calling it measures a callable and returns the first call's result; `result` is then the
    `Measurement`. Exceptions of the callable pass through and nothing is stored.
    """

    def __init__(
        self,
        nodeid: str,
        measurer: Callable[[], Runner],
        settings: Settings,
        marker: EnergyMarker,
        budget: Budget | None,
        kept: TestMeasurements,
    ) -> None:
        self._nodeid = nodeid
        self._measurer = measurer
        self._settings = settings
        self._marker = marker
        self._budget = budget
        self._kept = kept
        self._awaiting = False

    def __repr__(self) -> str:
        return f"<energy of {self._nodeid}>"

    def __call__(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Measure ``fn(*args, **kwargs)``, repeated until the estimate is precise.

        Returns the first call's result. One call answers as many inferences as the test's marker
        says, one without a marker. ``fn`` may be a `Workload`, which brings all that is its own.
        """
        measured = self._measure(fn, None, None, _asked(args, kwargs or None))
        result: T = measured.first_result
        return result

    def run(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        inferences: int | None = None,
        tokens: float | Callable[[Any], float] | None = None,
        name: str | None = None,
        budget: str | None = None,
        setup: Callable[[], Any] | None = None,
        inputs: Sequence[Any] | None = None,
        images: float | None = None,
        prefill: Callable[..., Any] | None = None,
        prompt_tokens: float | None = None,
        once: bool = False,
    ) -> Measurement:
        """Measure a callable, or a `Workload`; returns the `Measurement`.

        ``inferences``: how many one call answers. ``tokens``: tokens of one call, a number or a
        function of the call's result. ``budget``: an absolute limit for 1,000 inferences, such as
        ``"0.8 Wh"``. ``setup``: called before each call, its energy left out; it returns the
        arguments (a tuple, a dict of keywords, or one value). ``inputs``: a fixed deck, each card
        the last positional argument of a call. ``images``: how many one call makes. ``prefill``:
        the same work ending with the first token, called with the same arguments, of which
        ``prompt_tokens`` are read; it gives `Measurement.phases`. ``once``: call once, never
        repeat. Of a `Workload` only ``name`` and ``budget`` are left to say.
        """
        asked = _asked(
            args,
            kwargs,
            inferences=inferences,
            tokens=tokens,
            setup=setup,
            inputs=inputs,
            images=images,
            prefill=prefill,
            prompt_tokens=prompt_tokens,
            once=once or None,
        )
        return self._measure(fn, name, budget, asked).measurement

    async def arun(
        self,
        fn: Callable[..., Awaitable[Any]],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        concurrency: int = 1,
        inferences: int | None = None,
        tokens: float | Callable[[Any], float] | None = None,
        name: str | None = None,
        budget: str | None = None,
        inputs: Sequence[Any] | None = None,
        images: float | None = None,
        once: bool = False,
    ) -> Measurement:
        """As `run`, for what has to be awaited: one call is one ``await fn(...)``.

        ``concurrency``: requests kept in flight all through each window; it is stored, and runs
        with another are not compared. Works on asyncio and trio, and leaves the event loop free
        while it waits for energy. An exception, or being cancelled, cancels all requests under way.
        """
        from pytest_inferenergy.measure.on_loop import LoopCaller, on_loop

        asked = _asked(
            args,
            kwargs,
            inferences=inferences,
            tokens=tokens,
            inputs=inputs,
            images=images,
            once=once or None,
        )
        if self._awaiting:
            raise MisuseError(
                "energy.arun: another one of this test is under way, and two measurements at the "
                "same time would each count the other's energy: await one after the other, or "
                "measure a coroutine that does both"
            )
        measurer = self._measurer()

        def measure(caller: LoopCaller) -> Measured:
            calls = {"concurrency": concurrency, "caller": caller}
            return self._measure(fn, name, budget, asked, calls)

        self._awaiting = True
        try:
            return (await on_loop(measure, measurer.interrupt)).measurement
        finally:
            self._awaiting = False

    @contextlib.contextmanager
    def window(
        self,
        name: str | None = None,
        *,
        inferences: int = 1,
        tokens: float | None = None,
        budget: str | None = None,
    ) -> Iterator[OpenWindow]:
        """Measure the body of a ``with`` block, which runs once, as it stands."""
        asked = _asked((), None, inferences=inferences, tokens=tokens)
        request = self._request(_nothing, name, budget, asked, {})
        window = OpenWindow()
        earlier = self._kept.earlier.get(name)
        if earlier is not None:
            yield window
            measured = earlier
        else:
            with self._measurer().window(request) as done:
                yield window
            measured = done()
        self._kept.check_open(self._nodeid)  # a fixture may hold the block open beyond the test
        self._kept.add(measured)
        window._close(measured.measurement)

    def compare(
        self,
        candidate: Callable[..., Any],
        reference: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        at_most: float | None = None,
        tolerance: float = 1.0,
        must_detect: float = 3.0,
        inferences: int | tuple[int, int] | None = None,
        inputs: Sequence[Any] | None = None,
        name: str | None = None,
        seed: int = 0,
    ) -> Comparison:
        """Measure two callables, or two workloads, by turns on one device, so that drift cancels.

        Randomised AB/BA pairs until the answer is clear: whether the candidate needs more energy
        per inference than the reference by ``tolerance`` percent (``regressed``) or clearly less
        than ``must_detect`` percent more (``passed``); or with ``at_most``, whether the ratio is at
        most that. ``inferences``: how many one call answers, of both or of (candidate, reference).
        ``seed`` draws the order of the pairs. Both get the same arguments. It never fails the test
        by itself: assert on the `Comparison`.
        """
        from pytest_inferenergy.marker_values import EnergyMarker
        from pytest_inferenergy.measure.request import (
            ComparisonRequest,
            check_name,
            sequential_test,
            workload_of,
        )

        check_name(name)
        self._kept.check_begin(self._nodeid)
        counts = inferences if isinstance(inferences, tuple) else (inferences, inferences)
        ours, theirs = (
            workload_of(fn, EnergyMarker(), _asked(args, kwargs, inputs=inputs, inferences=count))
            for fn, count in zip((candidate, reference), counts, strict=True)
        )
        turns = sequential_test(at_most, tolerance, must_detect)
        request = ComparisonRequest(name, ours, theirs, turns, self._settings, seed)
        comparison = self._kept.compared_before(name)
        if comparison is None:
            comparison = self._measurer().compare(request)
        else:  # as everything measured before: called once, and not measured again
            for workload in (ours, theirs):
                workload()
        self._kept.add_comparison(name, comparison)
        return comparison

    @property
    def result(self) -> Measurement:
        """The latest measurement of this test."""
        if not self._kept.measured:
            raise MisuseError("energy.result: nothing was measured in this test yet")
        return self._kept.measured[-1].measurement

    def _measure(
        self,
        fn: Callable[..., Any],
        name: str | None,
        budget: str | None,
        asked: dict[str, Any],
        calls: Mapping[str, Any] | None = None,
    ) -> Measured:
        name = self._marker.name if name is None else name
        request = self._request(fn, name, budget, asked, calls or {})
        measured = self._again(request) or self._measurer().measure(request)
        self._kept.check_open(self._nodeid)  # a thread may have outlived the test
        self._kept.add(measured)
        return measured

    def _pass_over(self, reason: str) -> None:
        """Tell in the results that the test was to be measured, and why it was not."""
        from pytest_inferenergy.measure.request import Request
        from pytest_inferenergy.measure.unmeasured import passed_over
        from pytest_inferenergy.measure.workload import Workload

        name, task = self._marker.name, self._marker.task
        request = Request(
            self._nodeid, name, Workload(_nothing), self._settings, self._budget, task
        )
        self._kept.add(passed_over(request, reason))

    def _again(self, request: Request) -> Measured | None:
        """What an earlier run of this test measured under that name, with a fresh result."""
        earlier = self._kept.earlier.get(request.name)
        if earlier is None:
            return None
        return dataclasses.replace(earlier, first_result=request.workload())

    def _request(
        self,
        fn: Callable[..., Any],
        name: str | None,
        budget: str | None,
        asked: dict[str, Any],
        calls: Mapping[str, Any],
    ) -> Request:
        """What to measure; ``calls``: how the calls are made, of any workload."""
        from pytest_inferenergy.measure.request import Request, budget_of, check_name, workload_of

        check_name(name)
        self._kept.check_begin(self._nodeid)
        self._kept.check_free(name)
        limit = self._budget if budget is None else budget_of(budget)
        workload = dataclasses.replace(workload_of(fn, self._marker, asked), **calls)
        made = Request(self._nodeid, name, workload, self._settings, limit, self._marker.task)
        self._kept.take(name)
        return made


def _asked(args: object, kwargs: Mapping[str, Any] | None, **fields: Any) -> dict[str, Any]:
    """The fields of a `Workload` by name; ``None`` where nothing was said."""
    if isinstance(args, str) or not isinstance(args, Sequence):
        raise MisuseError(f"args={args!r:.80}: give a tuple of arguments, such as args=(x,)")
    return {"args": tuple(args) or None, "kwargs": kwargs, **fields}


def _nothing() -> None:
    """The workload of a window: its body stands in the test."""
