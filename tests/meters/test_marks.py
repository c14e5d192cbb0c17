from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters import marks
from pytest_inferenergy.meters.marks import Marks

steps = st.lists(st.tuples(st.floats(1e-3, 100.0), st.floats(0.0, 1e5)), min_size=1, max_size=20)


def marked(steps: list[tuple[float, float]]) -> tuple[Marks, list[float]]:
    made = Marks()
    instant = 0.0
    made.add(instant, (0.0,))
    instants = [instant]
    for seconds, joules in steps:
        instant += seconds
        made.add(instant, (joules,))
        instants.append(instant)
    return made, instants


@given(steps)
def test_energy_of_neighbouring_windows_adds_up(steps: list[tuple[float, float]]) -> None:
    made, instants = marked(steps)
    parts = [made.between(*pair)[0] for pair in itertools.pairwise(instants)]
    whole = made.between(instants[0], instants[-1])[0]
    assert sum(part.joules for part in parts) == pytest.approx(whole.joules, abs=1e-6)
    assert [part.stderr for part in (*parts, whole)] == [0.0] * (len(parts) + 1)


@given(steps, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_interpolated_energy_is_never_below_zero_nor_above_the_whole(
    steps: list[tuple[float, float]], one: float, other: float
) -> None:
    made, instants = marked(steps)
    start, end = sorted(share * instants[-1] for share in (one, other))
    if start < end:
        energy = made.between(start, end)[0]
        whole = made.between(instants[0], instants[-1])[0].joules
        assert -1e-6 <= energy.joules <= whole + 1e-6
        assert energy.stderr >= 0


@given(steps, st.floats(0.0, 1.0))
def test_forgetting_changes_nothing_from_there_on(
    steps: list[tuple[float, float]], share: float
) -> None:
    made, instants = marked(steps)
    start = share * instants[-1]
    if start < instants[-1]:
        before = made.between(start, instants[-1])
        made.forget(start)
        assert made.between(start, instants[-1]) == before


def test_window_across_a_gap_is_unknown_and_says_why() -> None:
    made = Marks()
    made.add(0.0, (0.0,))
    made.add(1.0, (0.0,), "the sensor slept")
    made.add(2.0, (5.0,))
    made.add(3.0, (5.0,))
    assert made.between(1.0, 3.0)[0].joules == 10.0
    for start, end in ((0.0, 1.0), (0.5, 3.0), (0.0, 3.0), (0.2, 0.4)):
        with pytest.raises(MeterError, match="the sensor slept"):
            made.between(start, end)


def test_without_marks_nothing_is_known() -> None:
    with pytest.raises(MeterError, match="first mark"):
        Marks().between(0.0, 1.0)


def test_marks_that_nobody_forgets_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "MOST_MARKS", 100)
    made, instants = marked([(1.0, 2.0)] * 1000)
    assert len(made) <= 100
    assert made.between(instants[-40], instants[-1])[0].joules == 78.0
