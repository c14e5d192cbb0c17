"""The marker-only form: a test function is the workload, called again and again."""

from __future__ import annotations

import functools
import unittest
from typing import TYPE_CHECKING

import pytest

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.session.effects import Effects
from pytest_inferenergy.session.fixture import KEPT, energy_of
from pytest_inferenergy.session.marker_form import late_problem
from pytest_inferenergy.session.session import SESSION

if TYPE_CHECKING:
    from pytest_inferenergy.measurements import TestMeasurements

OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception)
"""Of what these say nothing but the message is shown; xfail's is one of fail's."""


class _FirstCallFailedError(Exception):
    """Ends the measuring; whoever let the test go on after the failure reports it."""


def measure_test(item: pytest.Function) -> bool | None:
    """Measure the whole call of a test; ``None``: the test has the fixture and measures itself."""
    line = late_problem(item, item.config.stash[SESSION].settings)
    if line is not None:
        pytest.fail(line, pytrace=False)
    if KEPT in item.stash and item.stash[KEPT].asked:
        return None
    energy, kept = energy_of(item), item.stash[KEPT]
    test = MeasuredTest(item, kept)
    try:
        if "request" in item._fixtureinfo.argnames:  # it may ask for the fixture, and then measures
            test()
            if kept.asked:
                return True
        kept.is_whole = True
        energy(test)
        test.effects.restore()
    except _FirstCallFailedError:
        kept.has_failed = True
    finally:
        kept.is_whole = False
        test.effects.close()
    return True


class MeasuredTest:
    """The test function as a workload: fixtures stand, the function is called again and again."""

    def __init__(self, item: pytest.Function, kept: TestMeasurements) -> None:
        names = item._fixtureinfo.argnames
        self._function = item.obj
        self._arguments = {name: item.funcargs[name] for name in names}
        self.__wrapped__ = functools.partial(self._function, **self._arguments)
        self._nodeid = item.nodeid
        self._kept = kept
        self._calls = 0
        self.effects = Effects(item)

    def __call__(self) -> None:
        """One call; a failure in a later one says that the fixture would serve better."""
        self._calls += 1
        later = self._calls > 1
        if later:
            self.effects.back()
        try:
            result = self._function(**self._arguments)
        except BaseException as error:
            if later:
                note(error, self._which())
            raise
        if result is not None:
            self._check(result)
        if self.effects.failed:
            if later:
                pytest.fail(self._which(), pytrace=False)
            raise _FirstCallFailedError
        if not later:
            self.effects.keep()

    def _which(self) -> str:
        return (
            f"call {self._calls} of the measured test: a test that cannot be repeated should use "
            "the fixture: energy.run(..., setup=...) or once=True"
        )

    def _check(self, result: object) -> None:
        """As pytest has it, what is to be awaited has not run; nor has what is not computed yet."""
        if hasattr(result, "__await__") or hasattr(result, "__aiter__"):
            close = getattr(result, "close", None)
            if close is not None:
                close()
            raise MisuseError(
                f"{self._nodeid}: @pytest.mark.energy cannot measure an async test by itself: its "
                f"call gave {type(result).__name__}, which nobody awaited; ask for the fixture "
                "`energy` and await energy.arun(...)"
            )
        if self._calls == 1:
            import warnings

            from pytest_inferenergy.measure.lazy import refuse_lazy

            refuse_lazy(result)
            warnings.warn(
                pytest.PytestReturnNotNoneWarning(
                    f"Test functions should return None, but {self._nodeid} returned "
                    f"{type(result)!r}.\nDid you mean to use `assert` instead of `return`?"
                ),
                stacklevel=2,
            )


def note(error: BaseException, text: str) -> None:
    """Add a line to an error, where it is shown."""
    if isinstance(error, OUTCOMES):
        error.msg = f"{error.msg or ''} ({text})".lstrip()
    elif isinstance(error, unittest.SkipTest):
        error.args = (f"{error} ({text})".lstrip(),)
    elif not isinstance(error, Exception) or isinstance(error, pytest.exit.Exception):
        pass  # Ctrl-C and the like are no failures
    elif hasattr(error, "add_note"):
        error.add_note(text)
    else:  # Python 3.10
        error.args = (f"{error.args[0] if error.args else ''}\n{text}", *error.args[1:])
