"""What a test author gets: its figures at a glance, typed, and no figure where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_inferenergy import Energy, Measurement
from pytest_inferenergy.errors import MisuseError, NothingMeasuredError
from pytest_inferenergy.measurement import Figures
from pytest_inferenergy.open_window import OpenWindow

FIGURES = Figures(
    joules_per_inference=8.316,
    joules_low=8.283,
    joules_high=8.349,
    seconds_per_inference=0.012,
    inferences=320,
    windows=8,
    source="measured",
    components={},
)
MEASURED = Measurement(None, FIGURES, meter="nvml")


def test_a_measurement_shows_its_figure_at_a_glance() -> None:
    assert repr(MEASURED) == "<energy 2.31 Wh/1k ±0.4 %, 8 windows, nvml>"
    judged = replace(
        MEASURED, name="batch32", figures=replace(FIGURES, windows=1), verdict="regressed"
    )
    assert repr(judged) == "<energy of 'batch32' 2.31 Wh/1k ±0.4 %, 1 window, nvml, regressed>"
    unmeasured = Measurement(None, reason="disabled by --energy-disable")
    assert repr(unmeasured) == "<energy: not measured, disabled by --energy-disable>"


def test_tokens_images_and_phases_are_unknown_unless_counted() -> None:
    assert MEASURED.joules_per_token is MEASURED.joules_per_image is None
    assert MEASURED.phases == {}
    painted = replace(MEASURED, figures=replace(FIGURES, images_per_inference=4))
    assert painted.joules_per_image == pytest.approx(8.316 / 4)
    with pytest.raises(NothingMeasuredError):
        _ = Measurement(None, reason="no meter").joules_per_image


def test_a_window_is_its_measurement_once_it_has_ended() -> None:
    window = OpenWindow()
    assert repr(window) == "<energy window, still open>"
    with pytest.raises(MisuseError, match="the window is still open"):
        _ = window.baseline
    window._close(MEASURED)
    assert window.result is MEASURED
    assert window.wh_per_1k == MEASURED.wh_per_1k
    assert window.name is None
    assert repr(window) == repr(MEASURED)
    with pytest.raises(AttributeError):
        _ = window.kilowatts  # type: ignore[attr-defined]


def figure_of(energy: Energy) -> float:
    """Strictly typed: an ``Any`` returned here, or an unknown figure, would be an error of mypy."""
    with energy.window("typed") as window:
        pass
    return window.kwh_per_1k
