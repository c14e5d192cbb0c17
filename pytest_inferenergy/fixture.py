"""The `energy` fixture: what a test author touches."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from pytest_inferenergy.errors import MisuseError

if TYPE_CHECKING:
    from pytest_inferenergy.comparing.comparison import Comparison
    from pytest_inferenergy.marker_values import Budget, EnergyMarker
    from pytest_inferenergy.measurement import Measurement
    from pytest_inferenergy.measurer import Measurer
    from pytest_inferenergy.measuring.workload import Workload
    from pytest_inferenergy.options import Settings
    from pytest_inferenergy.request import Measured, Request

T = TypeVar("T")


class OpenWindow:
    """What ``with energy.window(...)`` gives: a `Measurement` once the block has ended."""

    def __init__(self) -> None:
        self._result: Measurement | None = None

    def _close(self, result: Measurement) -> None:
        self._result = result

    @property
    def result(self) -> Measurement:
        """The measurement; an error before the block has ended."""
        if self._result is None:
            raise MisuseError("the window is still open: read its figures after the with block")
        return self._result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.result, name)


class Energy:
    """Measures energy inside one test.

    Calling it measures a callable and returns the first call's result; `result` is then the
    `Measurement`. Exceptions of the callable pass through and nothing is stored.
    """

    def __init__(
        self,
        nodeid: str,
        measurer: Callable[[], Measurer],
        settings: Settings,
        marker: EnergyMarker,
        budget: Budget | None,
    ) -> None:
        self._nodeid = nodeid
        self._measurer = measurer
        self._settings = settings
        self._marker = marker
        self._budget = budget
        self._names: set[str | None] = set()
        self._measured: list[Measured] = []
        self._comparisons: list[Comparison] = []
        self._earlier: dict[str | None, Measured] = {}
        """Of an earlier run of the same test in this session: a verdict is never measured again."""

    def __repr__(self) -> str:
        return f"<energy of {self._nodeid}>"

    def __call__(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Measure ``fn(*args, **kwargs)``, repeated until the figure is sharp.

        Returns the first call's result. One call answers as many inferences as the test's marker
        says, one without a marker.
        """
        measured = self._measure(
            fn, self._marker.name, args=args, kwargs=kwargs, inferences=self._marker.inferences
        )
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
        once: bool = False,
    ) -> Measurement:
        """Measure a callable; returns the `Measurement`.

        ``inferences``: how many one call answers. ``tokens``: tokens of one call, a number or a
        function of the call's result. ``budget``: an absolute limit for 1,000 inferences, such as
        ``"0.8 Wh"``. ``setup``: called before each call, its energy left out; it returns the
        arguments (a tuple, a dict of keywords, or one value). ``inputs``: a fixed deck, each card
        the last positional argument of a call. ``once``: call once, never repeat.
        """
        if isinstance(args, str) or not isinstance(args, Sequence):
            raise MisuseError(f"args={args!r:.80}: give a tuple of arguments, such as args=(x,)")
        return self._measure(
            fn,
            self._marker.name if name is None else name,
            budget=budget,
            args=tuple(args),
            kwargs=kwargs or {},
            inferences=self._marker.inferences if inferences is None else inferences,
            tokens=tokens,
            setup=setup,
            inputs=inputs,
            once=once,
        ).measurement

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
        request = self._request(_nothing, name, budget, inferences=inferences, tokens=tokens)
        window = OpenWindow()
        earlier = self._earlier.get(name)
        if earlier is not None:
            yield window
            measured = earlier
        else:
            with self._measurer().window(request) as done:
                yield window
            measured = done()
        self._keep(measured)
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
        inferences: int | tuple[int, int] = 1,
        inputs: Sequence[Any] | None = None,
        name: str | None = None,
        seed: int = 0,
    ) -> Comparison:
        """Measure two callables by turns on one device, so that drift cancels.

        Randomised AB/BA pairs until the answer is clear: whether the candidate needs more energy
        per inference than the reference by ``tolerance`` percent (``regressed``) or clearly less
        than ``must_detect`` percent more (``passed``); or with ``at_most``, whether the ratio is at
        most that. ``inferences``: how many one call answers, of both or of (candidate, reference).
        ``seed`` draws the order of the pairs. Both get the same arguments. It never fails the test
        by itself: assert on the `Comparison`.
        """
        from pytest_inferenergy.deciding.margins import Margins
        from pytest_inferenergy.deciding.sequential import Turns
        from pytest_inferenergy.measuring.workload import Workload
        from pytest_inferenergy.request import TurnsRequest

        counts = inferences if isinstance(inferences, tuple) else (inferences, inferences)
        ours, theirs = (
            Workload(fn, tuple(args), kwargs or {}, inferences=count, inputs=inputs)
            for fn, count in zip((candidate, reference), counts, strict=True)
        )
        try:
            if at_most is None:
                turns = Turns.between(Margins(tolerance / 100, must_detect / 100))
            else:
                turns = Turns.at_most(at_most)
        except ValueError as error:
            raise MisuseError(f"energy.compare: {error}") from None
        request = TurnsRequest(name, ours, theirs, turns, self._settings, seed)
        comparison = self._measurer().compare(request)
        self._comparisons.append(comparison)
        return comparison

    @property
    def result(self) -> Measurement:
        """The latest measurement of this test."""
        if not self._measured:
            raise MisuseError("energy.result: nothing was measured in this test yet")
        return self._measured[-1].measurement

    def _measure(
        self, fn: Callable[..., Any], name: str | None, budget: str | None = None, **workload: Any
    ) -> Measured:
        request = self._request(fn, name, budget, **workload)
        measured = self._again(request) or self._measurer().measure(request)
        self._keep(measured)
        return measured

    def _again(self, request: Request) -> Measured | None:
        """What an earlier run of this test measured under that name, with a fresh result."""
        earlier = self._earlier.get(request.name)
        if earlier is None:
            return None
        from pytest_inferenergy.measuring.workload import call_once

        return dataclasses.replace(earlier, first_result=call_once(request.workload))

    def _request(
        self, fn: Callable[..., Any], name: str | None, budget: str | None, **workload: Any
    ) -> Request:
        from pytest_inferenergy.baselines.fields import text_problem
        from pytest_inferenergy.measuring.workload import Workload
        from pytest_inferenergy.request import Request

        if name is not None:
            problem = text_problem(name) if isinstance(name, str) else "must be a text"
            if problem is not None:
                raise MisuseError(f"name={name!r}: {problem}")
        if name in self._names:
            raise MisuseError(
                "a second measurement in one test needs a name of its own: say name='...'"
                if name is None
                else f"this test already has a measurement named {name!r}: give another name="
            )
        limit = self._budget
        if budget is not None:
            from pytest_inferenergy.marker_values import Budget
            from pytest_inferenergy.units import parse_energy

            limit = Budget(parse_energy(budget) / 1000, f"{budget.strip()} per 1000")
        made: Workload = Workload(fn, **workload)
        self._names.add(name)
        return Request(self._nodeid, name, made, self._settings, limit)

    def _keep(self, measured: Measured) -> None:
        # the result is its author's: pytest keeps tests, and so us, until the session ends
        self._measured.append(dataclasses.replace(measured, first_result=None))


def _nothing() -> None:
    """The workload of a window: its body stands in the test."""


def outcomes_of(energy: Energy) -> list[dict[str, Any]]:
    """What was measured so far, as plain data."""
    return [measured.outcome for measured in energy._measured]


def comparisons_of(energy: Energy) -> list[dict[str, Any]]:
    """What was compared by turns so far, as plain data."""
    return [comparison.as_data() for comparison in energy._comparisons]


def measured_anything(energy: Energy) -> bool:
    """Whether the test measured or compared, or tried to."""
    return bool(energy._measured or energy._comparisons)


def begin_again(energy: Energy) -> None:
    """A rerun begins: what was measured stands, and is given again instead of measured again."""
    energy._earlier = {measured.measurement.name: measured for measured in energy._measured}
    energy._measured = []
    energy._comparisons = []
    energy._names = set()


@pytest.fixture
def energy(request: pytest.FixtureRequest) -> Energy:
    """Measure the energy of inference: kWh per 1,000, compared with the stored baseline."""
    from pytest_inferenergy.session import energy_of

    return energy_of(request.node)
