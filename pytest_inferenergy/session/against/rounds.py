"""The pytest side of rounds: what did not fit into memory beside its revision, compared in the end.

By then the fixtures of this process are gone, and with them its models. Each comparison is an item
of its own, so that a regression is an ordinary failed test in every report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_inferenergy.ab.rounds import DeferredComparison, Start, judged, take_rounds
from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.measure.memory import release_memory
from pytest_inferenergy.session.gating import gate_outcomes
from pytest_inferenergy.session.session import nodeid_of

if TYPE_CHECKING:
    from pytest_inferenergy.session.session import EnergySession

Place = tuple[Any, "int | None"]
"""File and line (from 0) of a test, as pytest's ``reportinfo`` has them."""


class RoundsItem(pytest.Item):
    """Compares one measurement by rounds, and gates it in place of the test that made it."""

    def __init__(
        self,
        *,
        due: DeferredComparison,
        place: Place,
        start: Start,
        energy_session: EnergySession,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self._due, self._place = due, place
        self._start = start
        self._session = energy_session

    def runtest(self) -> None:
        """Take the rounds; the outcome of the test is judged anew by them."""
        release_memory()
        outcome = self._session.outcome(self._due.test, self._due.name)
        if outcome is None or outcome["state"] != "measured":
            pytest.skip("the test has no figure to compare")
        try:
            taken = self._session.measurer().alone(
                lambda meters: take_rounds(self._due, self._start, meters)
            )
        except InferenergyError as error:
            outcome["against"] |= {"state": "not_compared", "reason": str(error)}
            outcome["details"] |= {"reason": f"not compared by rounds: {error}"}
        else:
            from pytest_inferenergy.measure.outcome import judged_anew

            outcome |= judged_anew(outcome, judged(self._due, taken, outcome))
            pairs = taken.turns.pairs.count
            outcome["against"] |= {"pairs": pairs, "rejected_pairs": taken.rejected}
        try:
            gate_outcomes(self, [outcome], self._session.settings)
        except pytest.fail.Exception:
            outcome["failed_by_gate"] = outcome["test_outcome"] == "passed"
            outcome["test_outcome"] = "failed"
            raise

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the test stands."""
        return *self._place, self.name


def run_rounds(
    session: pytest.Session,
    energy_session: EnergySession,
    due: list[DeferredComparison],
    start: Start,
) -> None:
    """Run an item for each measurement that is left."""
    places = {nodeid_of(item): item.reportinfo()[:2] for item in session.items}
    make: Callable[..., RoundsItem] = RoundsItem.from_parent
    for count, one in enumerate(due):
        stopped = session.shouldstop or session.shouldfail
        if stopped:
            not_taken(energy_session, due[count:], str(stopped))
            return
        name = f"{one.test.rpartition('::')[2]} {one.name or ''}".rstrip() + " by rounds"
        item = make(
            session,
            name=name,
            nodeid=f"{one.test.rpartition('::')[0]}::{name}",
            due=one,
            place=places[one.test],
            start=start,
            energy_session=energy_session,
        )
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def not_taken(energy_session: EnergySession, due: Sequence[DeferredComparison], why: str) -> None:
    """Make rounds that are not run a problem: their tests have passed without a verdict so far."""
    energy_session.problems += [f"{one.test}: not compared by rounds: {why}" for one in due]
