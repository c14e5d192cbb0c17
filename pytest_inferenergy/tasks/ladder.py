"""All named architectures: the study's models, small to large, and a tiny one for each task."""

from __future__ import annotations

import difflib

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.architecture import Architecture
from pytest_inferenergy.tasks.ladder_diffusion import PAINTERS
from pytest_inferenergy.tasks.ladder_image import CAPTIONERS, CLASSIFIERS, DETECTORS
from pytest_inferenergy.tasks.ladder_text import CAUSAL, ENCODERS, SEQ2SEQ, SUMMARIZERS
from pytest_inferenergy.tasks.task import Task, find

LADDER = (
    *ENCODERS,
    *SUMMARIZERS,
    *CAUSAL,
    *SEQ2SEQ,
    *CLASSIFIERS,
    *DETECTORS,
    *CAPTIONERS,
    *PAINTERS,
)


def architectures(task: str) -> tuple[Architecture, ...]:
    """The named architectures for a task, those made for it first."""
    wanted = find(task)
    able = [one for one in LADDER if one.answers(wanted)]
    return tuple(sorted(able, key=lambda one: wanted.name not in one.tasks))


def find_architecture(task: Task, name: str) -> Architecture:
    """The architecture of that name, or of that model of the study, for a task."""
    able = architectures(task.name)
    for one in able:
        if name == one.name or name in one.study:
            return one
    names = [one.name for one in able]
    others = sorted({does for one in LADDER if one.name == name for does in one.tasks})
    if others:
        raise MisuseError(
            f"{name} is an architecture for {', '.join(others)}, not for {task.name}; "
            f"for that there are {', '.join(names)}"
        )
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise MisuseError(
        f"{name!r} is no named architecture for {task.name} (random_weights=True): {hint}"
    )
