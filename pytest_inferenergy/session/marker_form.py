"""Which tests the marker measures by itself, and which markers cannot be obeyed."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from pytest_inferenergy.session import fixture
from pytest_inferenergy.session.fixture import is_property_test
from pytest_inferenergy.session.markers import MARKERS, marked, problem
from pytest_inferenergy.session.session import nodeid_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_inferenergy.settings import Settings

CHECKED: pytest.StashKey[int] = pytest.StashKey()
"""How many of our markers a test had when they were last checked."""
PROBLEM: pytest.StashKey[str] = pytest.StashKey()
"""Why a test cannot be measured as it asks to be, known before it runs."""


def uses_fixture(item: pytest.Item) -> bool:
    """Whether a test asks for our `energy`; a project may have another fixture of that name."""
    if not isinstance(item, pytest.Function) or "energy" not in item.fixturenames:
        return False
    for definition in reversed(item._fixtureinfo.name2fixturedefs.get("energy", ())):
        if definition.func.__module__ == fixture.__name__:
            return True
        if "energy" not in definition.argnames:
            return False
    return False


def is_marker_only(item: pytest.Item) -> bool:
    """Whether the whole call of this test function is to be measured."""
    return isinstance(item, pytest.Function) and marked(item, "energy") and not uses_fixture(item)


# -- checks ------------------------------------------------------------------------------------


def early_problem(item: pytest.Item, settings: Settings) -> str | None:
    """What is wrong with the markers of a test that was just collected, in one line."""
    item.stash[CHECKED] = _count(item)
    return problem(item, settings) or refusal(item)


def late_problem(item: pytest.Item, settings: Settings) -> str | None:
    """The same, if markers have come since the last check: by a hook, or by a fixture.

    It is remembered, and fails the test in its setup, in each rerun too.
    """
    if not (marked(item, "energy") or marked(item, "energy_budget")):
        return None
    count = _count(item)
    if count == item.stash.get(CHECKED, 0):
        return None
    item.stash[CHECKED] = count
    unittest = isinstance(item, pytest.Function) and _is_unittest(item)
    line = problem(item, settings) or (None if unittest else refusal(item))
    if line is not None:
        item.stash[PROBLEM] = line
    return line


def check_selected(items: Iterable[pytest.Item], settings: Settings) -> int:
    """Check the tests that are to run, and count those with energy; they fail in their setup."""
    places: dict[str, pytest.Item] = {}
    for item in items:
        late_problem(item, settings)
        if not marked(item, "energy"):
            continue
        other = places.setdefault(nodeid_of(item), item)  # pytest 8 runs what is named twice twice
        if other.path != item.path:
            for each in (other, item):
                each.stash[PROBLEM] = _one_name(nodeid_of(item), other.path, item.path)
    return len(places)


def _one_name(nodeid: str, one: Path, other: Path) -> str:
    try:
        above = os.path.commonpath([one, other])
    except ValueError:  # on two drives
        above = "DIR"
    return (
        f"{nodeid}: two tests have this node id, of {one} and of {other}, and would share a "
        f"baseline: give a rootdir above both, --rootdir={above}"
    )


def _count(item: pytest.Item) -> int:
    return sum(1 for mark in item.iter_markers() if mark.name in MARKERS)


def refusal(item: pytest.Item) -> str | None:
    """Why the markers of a test cannot be obeyed, in one line; ``None`` where they can."""
    if not is_marker_only(item):
        # a test that has `request` can still ask for the fixture
        asks = uses_fixture(item) or "request" in getattr(item, "fixturenames", ())
        return None if asks else idle_budget(item)
    assert isinstance(item, pytest.Function)
    # `unittest` tests know neither fixtures nor repetition
    if _is_unittest(item):
        return (
            f"{item.nodeid}: @pytest.mark.energy cannot measure a unittest method: make it a plain "
            "test function"
        )
    if is_property_test(item):
        return (
            f"{item.nodeid}: @pytest.mark.energy cannot measure a test with hypothesis's @given: "
            "one call would be all its examples, and how many there are changes. Measure fixed "
            "inputs in a test of its own: @pytest.mark.parametrize or energy.run(..., inputs=[...])"
        )
    function = inspect.unwrap(item.obj)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return (
            f"{item.nodeid}: @pytest.mark.energy cannot measure an async test by itself: ask for "
            "the fixture `energy` and measure a plain call in it"
        )
    return None


def idle_budget(item: pytest.Item) -> str | None:
    """A budget of a test's own that nothing would ever be held against."""
    if all(mark.name != "energy_budget" for mark in item.own_markers):
        return None
    return (
        f"{item.nodeid}: @pytest.mark.energy_budget on a test that measures nothing: mark it with "
        "@pytest.mark.energy too, or ask for the fixture `energy`"
    )


def unmeasured_reason(item: pytest.Item) -> str:
    """Why a test that has the marker ran and was not measured."""
    if not isinstance(item, pytest.Function):
        return "the marker `energy` measures test functions, and this is another kind of test"
    if _is_unittest(item):
        return "the marker `energy` cannot measure a unittest method: make it a plain test function"
    return (
        "the marker `energy` came while the test ran, or another plugin ran the test: ask for the "
        "fixture `energy`"
    )


def _is_unittest(item: pytest.Function) -> bool:
    import sys

    unittest = sys.modules.get("unittest")
    case = None if unittest is None else getattr(unittest, "TestCase", None)
    return case is not None and isinstance(item.cls, type) and issubclass(item.cls, case)
