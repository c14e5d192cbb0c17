"""The `energy` fixture, and the one `Energy` that each test has for its whole life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.session.session import SESSION, nodeid_of

if TYPE_CHECKING:
    from pytest_inferenergy.api import Energy
    from pytest_inferenergy.measurements import TestMeasurements

ENERGY: pytest.StashKey[Energy] = pytest.StashKey()
KEPT: pytest.StashKey[TestMeasurements] = pytest.StashKey()
"""What a test measured; missing where it did not ask for its `Energy`."""
OVER: pytest.StashKey[bool] = pytest.StashKey()
"""There once a test's setup failed or its call has ended."""
FAILED: pytest.StashKey[bool] = pytest.StashKey()
"""There once a run of a test has failed, whatever its reruns come to."""

EXAMPLES = (
    "energy cannot measure in a test with hypothesis's @given: each example would be a measurement "
    "of its own, and which examples there are changes. Measure fixed inputs in a test of its own: "
    "@pytest.mark.parametrize, or energy.run(..., inputs=[...])"
)


@pytest.fixture
def energy(request: pytest.FixtureRequest) -> Energy:
    """Measure the energy of inference: kWh per 1,000, compared with the stored baseline."""
    made = energy_of(request.node)
    request.node.stash[KEPT].asked = True
    return made


def is_property_test(item: pytest.Item) -> bool:
    """Whether hypothesis calls the test's function, once for each example."""
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False) is True


def energy_of(item: pytest.Item) -> Energy:
    """The `Energy` of a test, one for its whole life."""
    if ENERGY not in item.stash:
        from pytest_inferenergy.api import Energy
        from pytest_inferenergy.measurements import TestMeasurements
        from pytest_inferenergy.session.markers import budget_marker, energy_marker

        session = item.config.stash.get(SESSION, None)
        if session is None:
            raise MisuseError("there is no session to measure in: pytest_configure did not run")
        measurer = session.measurer
        marker, kept = energy_marker(item), TestMeasurements(is_open=OVER not in item.stash)
        settings, budget = session.settings.for_test(marker), budget_marker(item)
        if is_property_test(item):
            from pytest_inferenergy.distributed.agreement import Unmeasured

            kept.refused = None if settings.disable else EXAMPLES
            kept.repeats = True

            def measurer() -> Any:
                return Unmeasured("not in a test with hypothesis's @given")

        item.stash[ENERGY] = Energy(nodeid_of(item), measurer, settings, marker, budget, kept)
        item.stash[KEPT] = kept
    return item.stash[ENERGY]
