"""What the energy of an inference grows with; ``charts.py`` draws each sweep."""

from __future__ import annotations

from pytest_inferenergy import Energy

from .rungs import Rung


def test_output_length(energy: Energy, rung: Rung) -> None:
    energy(rung.load())


def test_image_size(energy: Energy, rung: Rung) -> None:
    energy(rung.load())


def test_parameters(energy: Energy, rung: Rung) -> None:
    energy(rung.load())
