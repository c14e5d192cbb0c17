"""Ratios between tasks: what was measured beside what the study has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_inferenergy.errors import StudyError
from pytest_inferenergy.reference.figures import lookup


@dataclass(frozen=True, slots=True)
class TaskRatio:
    """Energy of one task over that of another, here and in the study."""

    task: str
    base: str
    measured: float
    study: float
    """Ratio of the study's medians."""


def compare_ratios(measured: Mapping[str, float]) -> tuple[TaskRatio, ...]:
    """Each task's ratio to the one of them that needs least in the study, in the study's order.

    ``measured``: energy for an inference (any unit, the same for all) by task. Fewer than two tasks
    have no ratio. Raises `StudyError` for an unknown task or a figure that is not positive.
    """
    order = sorted((lookup(task) for task in measured), key=lambda figures: figures.rank)
    for task, energy in measured.items():
        if not (math.isfinite(energy) and energy > 0):
            raise StudyError(f"the energy of {task} must be a positive number, got {energy!r}")
    return tuple(
        TaskRatio(
            task=figures.task,
            base=order[0].task,
            measured=measured[figures.task] / measured[order[0].task],
            study=figures.median / order[0].median,
        )
        for figures in order[1:]
    )
