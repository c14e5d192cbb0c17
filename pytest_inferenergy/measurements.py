"""What was measured in one test so far, and in its runs before a rerun."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import MisuseError

if TYPE_CHECKING:
    from pytest_inferenergy.ab.comparison import Comparison
    from pytest_inferenergy.measure.request import Measured


class TestMeasurements:
    """The measurements of a test by name, and its comparisons."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.measured: list[Measured] = []
        self.comparisons: list[Comparison] = []
        self.earlier: dict[str | None, Measured] = {}
        """Of earlier runs of the same test in this session: a verdict is never measured again."""
        self.is_open = is_open
        """Whether the test is in its setup or call: what is measured later nobody would gate."""
        self.refused: str | None = None
        """Why the test may not measure at all; said after its body, whose own failures go first."""
        self.repeats = False
        """Whether the test's body is run several times: the first of each name is kept."""
        self.asked = False
        """Whether the test was given the fixture."""
        self.is_whole = False
        """Whether the whole call of the test is being measured, by its marker."""
        self.has_failed = False
        """Whether that ended because the first call failed without raising."""
        self._compared: dict[tuple[str | None, int], Comparison] = {}
        self._names: set[str | None] = set()

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """What was measured so far, as plain data."""
        return [measured.outcome for measured in self.measured]

    @property
    def turns(self) -> list[dict[str, Any]]:
        """What was compared by turns so far, as plain data."""
        return [comparison.as_data() for comparison in self.comparisons]

    @property
    def empty(self) -> bool:
        """Whether the test neither measured nor compared, nor tried to."""
        return not (self.measured or self.comparisons)

    def check_begin(self, nodeid: str) -> None:
        """Raise `MisuseError` where the test cannot begin to measure."""
        self.check_open(nodeid)
        if self.is_whole and self.asked:
            raise MisuseError(
                "the whole call of this test is measured already, by its marker `energy`: let the "
                "test take the fixture `energy` as an argument, and only that is measured"
            )

    def check_open(self, nodeid: str) -> None:
        """Raise `MisuseError` outside the setup and call of the test."""
        if not self.is_open:
            raise MisuseError(
                f"the energy of {nodeid} is used outside that test's setup and call, where no gate "
                "looks at it: measure in the test, or in its fixtures before their yield; another "
                "test has to ask for `energy` itself"
            )

    def check_free(self, name: str | None) -> None:
        """Raise `MisuseError` where a measurement of that name exists."""
        if name in self._names and not self.repeats:
            raise MisuseError(
                "a second measurement in one test needs a name of its own: say name='...'"
                if name is None
                else f"this test already has a measurement named {name!r}: give another name="
            )

    def take(self, name: str | None) -> None:
        """From here on the name is taken, whatever comes of the measurement."""
        self._names.add(name)

    def add(self, measured: Measured) -> None:
        """Keep a measurement; its first result is its author's alone.

        pytest keeps tests, and so us, until the session ends.
        """
        if self.repeats and any(
            m.measurement.name == measured.measurement.name for m in self.measured
        ):
            return
        self.measured.append(dataclasses.replace(measured, first_result=None))

    def compared_before(self, name: str | None) -> Comparison | None:
        """The comparison that an earlier run of this test made in this place."""
        return self._compared.get((name, self._count(name)))

    def add_comparison(self, name: str | None, comparison: Comparison) -> None:
        """Keep a comparison; several may have one name, a rerun knows them by their order."""
        self._compared.setdefault((name, self._count(name)), comparison)
        self.comparisons.append(comparison)

    def _count(self, name: str | None) -> int:
        return sum(1 for comparison in self.comparisons if comparison.name == name)

    def begin_again(self) -> None:
        """A rerun begins: what was measured is given again instead of measured again."""
        for measured in self.measured:
            self.earlier.setdefault(measured.measurement.name, measured)
        for measured in self.earlier.values():  # the gate has yet to look at this run of the test
            measured.outcome.pop("gated", None)
            measured.outcome.pop("message", None)
            measured.outcome.pop("notes", None)
        self.measured = []
        self.comparisons = []
        self._names = set()
        self.is_open, self.asked, self.has_failed = True, False, False
