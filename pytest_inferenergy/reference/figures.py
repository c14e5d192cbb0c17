"""The study's figures of a task, and of a model at a task."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any, Final, overload

from pytest_inferenergy.errors import StudyError
from pytest_inferenergy.reference.table import STUDY_TASKS, Kind, Row, check_task, rows

MOVED: Final = ("distilbert", "openai-community", "google-bert", "FacebookAI", "albert")
"""Owners to whom the hub has since moved models that stood without one."""


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """A task: over its rows, each a task-specific model on one data set."""

    task: str
    median: float
    """Kilowatt-hours of the study's whole node for 1,000 inferences."""
    mean: float
    rows: int
    models: int
    rank: int
    """By median, 1 needs least."""
    of: int


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """A model at a task: over its rows, one for each data set."""

    task: str
    model: str
    kind: Kind
    params_million: float | None
    median: float
    """Kilowatt-hours of the study's whole node for 1,000 inferences."""
    mean: float
    rows: int
    rank: int
    """By mean among the models of its kind at this task, 1 needs least."""
    of: int
    ratio_to_median: float
    """Its mean over the task's median, which is that of task-specific models."""

    def as_data(self) -> dict[str, Any]:
        """What may be shown beside a measurement: no kilowatt-hours."""
        hidden = ("task", "median", "mean", "rows")
        return {name: value for name, value in asdict(self).items() if name not in hidden}


@overload
def lookup(task: str, model: None = None, *, in_paper: bool = True) -> TaskFigures: ...
@overload
def lookup(task: str, model: str, *, in_paper: bool = True) -> ModelFigures: ...
def lookup(
    task: str, model: str | None = None, *, in_paper: bool = True
) -> TaskFigures | ModelFigures:
    """What the study recorded for a task, or for a model (id on the hub) at a task.

    ``in_paper``: only what belongs to the published tables. The figures are those of a whole node
    with eight GPUs: compare orders and ratios, not values. Raises `StudyError` for a task that is
    none of the ten and for a model that was not recorded at it, naming the closest.
    """
    check_task(task)
    if model is None:
        return _tasks(in_paper)[task]
    return _model(task, model, in_paper)


@functools.cache
def _tasks(in_paper: bool) -> dict[str, TaskFigures]:
    of_task = {
        task: [row for row in _rows(task, in_paper) if row.kind == "task-specific"]
        for task in STUDY_TASKS
    }
    medians = {task: median(_kwh(its)) for task, its in of_task.items()}
    order = sorted(medians, key=medians.__getitem__)
    return {
        task: TaskFigures(
            task=task,
            median=medians[task],
            mean=fmean(_kwh(of_task[task])),
            rows=len(of_task[task]),
            models=len({row.model for row in of_task[task]}),
            rank=rank,
            of=len(order),
        )
        for rank, task in enumerate(order, start=1)
    }


def _model(task: str, model: str, in_paper: bool) -> ModelFigures:
    found = _rows(task, in_paper)
    name = _known(task, model, found)
    its = [row for row in found if row.model == name]
    peers = [row for row in found if row.kind == its[0].kind]
    means = sorted(
        fmean(_kwh([row for row in peers if row.model == peer]))
        for peer in {row.model for row in peers}
    )
    mean = fmean(_kwh(its))
    return ModelFigures(
        task=task,
        model=name,
        kind=its[0].kind,
        params_million=its[0].params_million,
        median=median(_kwh(its)),
        mean=mean,
        rows=len(its),
        rank=1 + means.index(mean),
        of=len(means),
        ratio_to_median=mean / _tasks(in_paper)[task].median,
    )


def _known(task: str, model: str, found: Sequence[Row]) -> str:
    """The name under which the table has a model."""
    names = sorted({row.model for row in found})
    owner, _, bare = model.rpartition("/")
    name = bare if owner in MOVED and bare in names else model
    if name in names:
        return name
    elsewhere = sorted({row.task for row in rows() if row.model == name and row.task != task})
    if elsewhere:
        raise StudyError(f"the study has {model} at {', '.join(elsewhere)}, not at {task}")
    close = difflib.get_close_matches(model, names, n=3, cutoff=0.0)
    raise StudyError(f"the study has no model {model!r} at {task}: closest are {', '.join(close)}")


def _rows(task: str, in_paper: bool) -> list[Row]:
    return [row for row in rows() if row.task == task and (row.in_paper or not in_paper)]


def _kwh(some: Sequence[Row]) -> list[float]:
    return [row.kwh_per_1k for row in some]
