"""What a marker changes in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.marker_values import EnergyMarker
from pytest_inferenergy.settings import Settings, as_data


def test_a_silent_marker_changes_nothing() -> None:
    settings = Settings(tolerance=0.03, must_detect=0.2, max_seconds=7, gate="warn")
    here = Path()
    assert as_data(settings.for_test(EnergyMarker()), here) == as_data(settings, here)


@pytest.mark.parametrize(
    ("settings", "marker", "margins"),
    [
        (Settings(), EnergyMarker(), (0.05, 0.1)),
        (Settings(tolerance=0.02), EnergyMarker(), (0.02, 0.04)),
        (Settings(must_detect=0.3), EnergyMarker(), (0.05, 0.3)),
        (Settings(), EnergyMarker(tolerance=2), (0.02, 0.04)),
        (Settings(), EnergyMarker(must_detect=30), (0.05, 0.3)),
        (Settings(must_detect=0.3), EnergyMarker(tolerance=2), (0.02, 0.3)),
        (Settings(must_detect=0.08), EnergyMarker(tolerance=20), (0.2, 0.4)),
        (Settings(tolerance=0.2), EnergyMarker(tolerance=2, must_detect=3), (0.02, 0.03)),
    ],
)
def test_margins(settings: Settings, marker: EnergyMarker, margins: tuple[float, float]) -> None:
    assert settings.for_test(marker).margins == pytest.approx(margins)


def test_margins_that_make_no_sense_together() -> None:
    with pytest.raises(MisuseError, match=r"must_detect=3 has to be greater than .* 5 percent"):
        Settings().for_test(EnergyMarker(must_detect=3))


def test_the_marker_goes_before_the_command_line_but_for_the_gate() -> None:
    marker = EnergyMarker(max_seconds=3, gate="off")
    assert Settings(max_seconds=9).for_test(marker).max_seconds == 3
    assert Settings(gate="warn").for_test(marker).gate == "off"
    assert Settings(gate="warn", gate_from_command_line=True).for_test(marker).gate == "warn"
