"""The marker-only form: ``@pytest.mark.energy`` on a test that does not ask for the fixture."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest

from pytest_inferenergy import fixture
from pytest_inferenergy.fixture import is_property_test
from pytest_inferenergy.markers import marked


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


def refusal(item: pytest.Item) -> str | None:
    """Why the markers of a test cannot be obeyed, in one line; ``None`` where they can."""
    if not is_marker_only(item):
        return None if uses_fixture(item) else _idle_budget(item)
    assert isinstance(item, pytest.Function)
    # `unittest` tests know neither fixtures nor repetition
    if getattr(item.parent, "obj", None) is not None and _is_unittest(item):
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


def _idle_budget(item: pytest.Item) -> str | None:
    """A budget of a test's own that nothing would ever be held against."""
    if all(mark.name != "energy_budget" for mark in item.own_markers):
        return None
    return (
        f"{item.nodeid}: @pytest.mark.energy_budget on a test that measures nothing: mark it with "
        "@pytest.mark.energy too, or ask for the fixture `energy`"
    )


def _is_unittest(item: pytest.Function) -> bool:
    import sys

    unittest = sys.modules.get("unittest")
    case = None if unittest is None else getattr(unittest, "TestCase", None)
    return case is not None and isinstance(item.cls, type) and issubclass(item.cls, case)


class MeasuredTest:
    """The test function as a workload: fixtures stand, the function is called again and again."""

    def __init__(self, item: pytest.Function) -> None:
        names = item._fixtureinfo.argnames
        self._function = item.obj
        self._arguments = {name: item.funcargs[name] for name in names}
        self.__wrapped__ = functools.partial(self._function, **self._arguments)
        self._calls = 0

    def __call__(self) -> Any:
        """One call; a failure in a later one says that the fixture would serve better."""
        self._calls += 1
        try:
            return self._function(**self._arguments)
        except (Exception, pytest.fail.Exception) as error:
            if self._calls > 1:
                note(
                    error,
                    f"call {self._calls} of the measured test: a test that cannot be repeated "
                    "should use the fixture: energy.run(..., setup=...) or once=True",
                )
            raise


def note(error: BaseException, text: str) -> None:
    """Add a line to an error."""
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        add_note(text)
    elif isinstance(error, pytest.fail.Exception):  # Python 3.10, here and below
        error.msg = f"{error.msg}\n{text}"
    else:
        error.args = (f"{error.args[0] if error.args else ''}\n{text}", *error.args[1:])
