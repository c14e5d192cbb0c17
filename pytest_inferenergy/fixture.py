"""The `energy` fixture, and the one `Energy` that each test has for its whole life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_inferenergy.session.session import SESSION, nodeid_of

if TYPE_CHECKING:
    from pytest_inferenergy.energy import Energy
    from pytest_inferenergy.kept import Kept

ENERGY: pytest.StashKey[Energy] = pytest.StashKey()
KEPT: pytest.StashKey[Kept] = pytest.StashKey()
"""What a test measured; missing where it did not ask for its `Energy`."""


@pytest.fixture
def energy(request: pytest.FixtureRequest) -> Energy:
    """Measure the energy of inference: kWh per 1,000, compared with the stored baseline."""
    return energy_of(request.node)


def energy_of(item: pytest.Item) -> Energy:
    """The `Energy` of a test, one for its whole life."""
    if ENERGY not in item.stash:
        from pytest_inferenergy.energy import Energy
        from pytest_inferenergy.kept import Kept
        from pytest_inferenergy.markers import budget_marker, energy_marker

        session = item.config.stash[SESSION]
        marker, kept = energy_marker(item), Kept()
        settings, budget = session.settings.for_test(marker), budget_marker(item)
        item.stash[ENERGY] = Energy(
            nodeid_of(item), session.measurer, settings, marker, budget, kept
        )
        item.stash[KEPT] = kept
    return item.stash[ENERGY]
