"""Inputs that the first call uses up: known without taking anything from them."""

from __future__ import annotations

import collections
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy import Workload
from pytest_inferenergy.ab.clock_meter import ClockMeter
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.exhausted import is_exhausted
from pytest_inferenergy.meters.meter_set import MeterSet


def generated() -> Iterator[int]:
    yield from range(3)


class Countdown:
    """An iterator as people write them."""

    def __init__(self) -> None:
        self.left = 3

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left


class Again(Countdown):
    """One that begins anew each time."""

    def __iter__(self) -> Iterator[int]:
        self.left = 3
        return self


class Batches:
    """One that can be gone through as often as one likes, as a DataLoader."""

    def __iter__(self) -> Iterator[int]:
        return iter([1, 2])


ONE_SHOT: list[Callable[[], Iterator[Any]]] = [
    generated,
    Countdown,
    lambda: iter([1, 2]),
    lambda: iter(range(2)),
    lambda: iter({1: 2}.values()),
    lambda: iter("ab"),
    lambda: iter(collections.deque([1])),
    lambda: reversed([1, 2]),
    lambda: map(str, range(2)),
    lambda: map(str, generated()),
    lambda: zip(range(2), "ab", strict=True),
    lambda: filter(None, [1]),
    lambda: enumerate("ab"),
    lambda: enumerate(map(str, [1])),
    lambda: itertools.chain([1], [2]),
    lambda: itertools.chain.from_iterable([[1], [2]]),
    lambda: itertools.islice(range(5), 2),
    lambda: itertools.islice(itertools.count(), 2),
    lambda: itertools.starmap(pow, [(1, 2)]),
    lambda: itertools.accumulate([1, 2]),
    lambda: itertools.zip_longest([1], [2, 3]),
    lambda: itertools.repeat(1, 2),
    lambda: iter([1, 2].pop, 1),
]
FINE: list[Callable[[], Any]] = [
    lambda: [1, 2],
    lambda: range(2),
    Batches,
    Again,
    lambda: {"a": 1},
    MagicMock,
]


def first_call(call: Callable[..., Any], *args: Any, **workload: Any) -> None:
    run_calls(Workload(call, args, **workload), 1, MeterSet([ClockMeter()]), keep_first=True)


def read(prompts: Any) -> int:
    return len(list(prompts))


REFUSED = r"^the first call exhausted an input \(\w+\), so later calls would have nothing to do"


@pytest.mark.parametrize("make", ONE_SHOT)
def test_an_input_that_is_used_up_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(MisuseError, match=REFUSED):
        first_call(read, make())
    with pytest.raises(MisuseError, match=REFUSED):
        first_call(lambda prompts: read(prompts["texts"][0]), {"texts": [make()]})
    with pytest.raises(MisuseError, match=REFUSED):
        first_call(lambda *, prompts: read(prompts), kwargs={"prompts": make()})
    with pytest.raises(MisuseError, match=REFUSED):
        first_call(functools.partial(read, make()))
    held = make()
    with pytest.raises(MisuseError, match=REFUSED):
        first_call(lambda: read(held))


PROMPTS = iter(["a", "b"])


def test_a_global_that_is_used_up_is_refused() -> None:
    @functools.lru_cache
    def call() -> int:
        return read(PROMPTS)

    with pytest.raises(MisuseError, match=REFUSED):
        first_call(call)


@pytest.mark.parametrize("make", ONE_SHOT)
def test_once_or_with_setup_it_is_not(make: Callable[[], Any]) -> None:
    first_call(read, make(), once=True)
    first_call(read, setup=lambda: (make(),))
    used_up = make()
    list(used_up)
    first_call(read, used_up)  # before us: nothing is the first call's doing


@pytest.mark.parametrize("make", FINE)
def test_what_can_be_read_again_is_fine(make: Callable[[], Any]) -> None:
    first_call(read, make())
    held = make()
    first_call(lambda: read(held))


def test_an_input_that_goes_on_is_fine_and_loses_nothing() -> None:
    for endless in (itertools.cycle("ab"), itertools.count(), generated(), Countdown()):
        first_call(next, endless)
        second = next(endless)
        assert second in {"b", 1}


def test_a_class_that_was_watched_is_as_before() -> None:
    own, inherited = vars(Countdown)["__next__"], Again()
    first, second = Countdown(), Countdown()
    with pytest.raises(MisuseError, match=REFUSED):
        first_call(lambda a, b: [*a, *b], first, second)
    with pytest.raises(ZeroDivisionError):
        first_call(lambda a, b, c: 1 / 0, Countdown(), Countdown(), inherited)
    assert vars(Countdown)["__next__"] is own
    assert "__next__" not in vars(Again)


@given(
    st.lists(st.integers(), max_size=5), st.integers(0, 6), st.lists(st.integers(0, 6), max_size=4)
)
def test_exhausted_is_when_nothing_is_left(
    items: list[int], taken: int, context: list[int]
) -> None:
    wrappers: list[Callable[[Any], Any]] = [
        lambda it: map(str, it), enumerate, lambda it: filter(lambda _: True, it),
        lambda it: (x for x in it), lambda it: zip(it, itertools.count()),
        lambda it: itertools.islice(it, 9), itertools.chain,
    ]  # fmt: skip
    iterator: Any = iter(items)
    for index in context:
        iterator = wrappers[index](iterator)
    seen = list(itertools.islice(iterator, taken))
    if is_exhausted(iterator):
        assert next(iterator, None) is None
        assert len(seen) == len(items)
    if taken > len(items):
        assert is_exhausted(iterator)
