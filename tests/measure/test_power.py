"""The power trace of a measurement: small, and true on the mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.measure.power import MOST_POINTS, PowerTrace
from pytest_inferenergy.meters.meter_set import MeterSet
from tests.measure.fakes import Clock, HandMeter


class Curve(HandMeter):
    """A meter that knows the energy at every instant from ``since`` on: 100 W, then 300 W."""

    def __init__(self, turn: float = 1e9, since: float = 0.0) -> None:
        super().__init__(Clock())
        self.turn, self.since = turn, since
        self.asked = 0

    def joules(self, t: float) -> float:
        if t < self.since:
            raise MeterError("forgotten")
        return 100.0 * t + 200.0 * max(t - self.turn, 0.0)

    def course(self, instants: Sequence[float]) -> dict[str, list[float]]:
        self.asked += len(instants)
        first = self.joules(instants[0])
        return {"gpu": [self.joules(t) - first for t in instants]}


def traced(meter: HandMeter, edges: Sequence[tuple[float, float]]) -> PowerTrace:
    trace = PowerTrace()
    for opening, closing in edges:
        trace.extend(MeterSet([meter]), ["gpu"], opening, closing)
    return trace


def test_power_has_the_course_of_the_recording() -> None:
    means = traced(Curve(turn=5.0), [(4.0, 4.6), (4.6, 6.0)]).means(4.0)
    assert means[0] == pytest.approx((0.01, 100.0))
    assert means[-1] == pytest.approx((1.99, 300.0))
    assert [watts for seconds, watts in means if seconds < 0.98] == pytest.approx([100.0] * 49)


def test_what_lies_between_two_windows_belongs_to_it() -> None:
    means = traced(Curve(), [(1.0, 1.2), (3.0, 3.2)]).means(1.0)
    gaps = [after - before for (before, _), (after, _) in pairwise(means)]
    assert max(gaps) < 0.03


@given(st.lists(st.floats(0.05, 30.0), min_size=1, max_size=300), st.floats(0.0, 1000.0))
def test_it_stays_small_and_keeps_the_energy(lengths: list[float], turn: float) -> None:
    meter, edges, now = Curve(turn=turn), [], 10.0
    for length in lengths:
        edges.append((now, now + length))
        now += length
    trace = traced(meter, edges)
    means = trace.means(10.0)
    assert 1 <= len(means) <= MOST_POINTS
    middles = [0.0, *(seconds for seconds, _ in means)]
    assert all(a < b for a, b in pairwise(middles))
    joules, end = 0.0, 0.0
    for middle, watts in means:
        joules += watts * 2 * (middle - end)
        end += 2 * (middle - end)
    assert joules == pytest.approx(meter.joules(now) - meter.joules(10.0), rel=1e-6)
    assert meter.asked < 20 * MOST_POINTS + 3 * len(lengths)


def test_where_the_past_is_gone_it_begins_anew() -> None:
    meter = Curve()
    trace = traced(meter, [(1.0, 2.0)])
    meter.since = 2.5
    trace.extend(MeterSet([meter]), ["gpu"], 3.0, 4.0)
    means = trace.means(3.0)
    assert means[0][0] == pytest.approx(0.01)
    assert means[-1][0] == pytest.approx(0.99)


@pytest.mark.parametrize("meter", [HandMeter(Clock()), Curve(since=1e9)], ids=["mute", "lost"])
def test_a_meter_that_cannot_tell_gives_none(meter: HandMeter) -> None:
    assert traced(meter, [(1.0, 2.0)]).means(1.0) == []


def test_power_of_a_part_is_no_power_of_the_whole() -> None:
    trace = PowerTrace()
    trace.extend(MeterSet([Curve()]), ["gpu", "cpu"], 1.0, 2.0)
    assert trace.means(1.0) == []
