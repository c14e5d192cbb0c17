"""Ten tasks, small to large: what an inference of each costs."""

from __future__ import annotations

from pytest_inferenergy import Energy

from .rungs import Rung


def test_ladder(energy: Energy, rung: Rung) -> None:
    answers = energy(rung.load())
    assert len(answers) == 1


def test_multi_purpose(energy: Energy, rung: Rung) -> None:
    asked = rung.load()
    assert asked.description["multi_purpose"]
    energy(asked)
