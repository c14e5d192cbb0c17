"""Where a task stands among the study's ten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.errors import StudyError
from pytest_inferenergy.reference.figures import ModelFigures, lookup
from pytest_inferenergy.reference.table import STUDY_TASKS


@dataclass(frozen=True, slots=True)
class Place:
    """A task's rank, and the ratio of its median to those of its neighbours."""

    task: str
    rank: int
    """1 needs least."""
    of: int
    below: str | None
    """The task that needs next to less, `None` for the least."""
    ratio_to_below: float | None
    above: str | None
    """The task that needs next to more, `None` for the most."""
    ratio_to_above: float | None
    model: ModelFigures | None = None

    def as_data(self) -> dict[str, Any]:
        """As builtin types, without any kilowatt-hours."""
        return {
            "task": self.task,
            "rank": self.rank,
            "of": self.of,
            "below": self.below,
            "ratio_to_below": self.ratio_to_below,
            "above": self.above,
            "ratio_to_above": self.ratio_to_above,
            "model": None if self.model is None else self.model.as_data(),
        }


def place(task: str, model: str | None = None) -> Place:
    """The place of a task, and of a model at it where one is given.

    Raises `StudyError` as `pytest_inferenergy.reference.lookup` does.
    """
    here = lookup(task)
    by_rank = {figures.rank: figures for figures in map(lookup, STUDY_TASKS)}
    below, above = by_rank.get(here.rank - 1), by_rank.get(here.rank + 1)
    return Place(
        task=task,
        rank=here.rank,
        of=here.of,
        below=None if below is None else below.task,
        ratio_to_below=None if below is None else here.median / below.median,
        above=None if above is None else above.task,
        ratio_to_above=None if above is None else here.median / above.median,
        model=None if model is None else lookup(task, model),
    )


def study_of(description: Mapping[str, Any]) -> dict[str, Any] | None:
    """The place of what a workload describes, as plain data; ``None`` where it names no task.

    Its ``study_model``, else its ``model``, is looked for; that the study does not have it is no
    error here.
    """
    task = description.get("task")
    if task not in STUDY_TASKS:
        return None
    for model in (description.get("study_model"), description.get("model")):
        if isinstance(model, str):
            try:
                return place(task, model).as_data()
            except StudyError:
                continue
    return place(task).as_data()
