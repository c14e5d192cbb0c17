"""The study's ladder of tasks about one of them: ratios only, as its kWh are not ours.

The ratios are those of the published table, the same that `pytest_inferenergy.reference` gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def ladder(study: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Rungs, most energy first: ``task``, ``ratio`` to the task in hand, ``at`` on a log scale.

    ``at`` is 0 for the task that needs least, 1 for the one that needs most.
    A task that this version's table lacks has the neighbours its document names.
    """
    if not study:
        return None
    ratios = sorted(_ratios(study).items(), key=lambda pair: -pair[1])
    most, least = math.log(ratios[0][1]), math.log(ratios[-1][1])
    span = most - least or 1.0
    return {
        "rank": study["rank"],
        "of": study["of"],
        "task": study["task"],
        "rungs": [
            {
                "task": task,
                "ratio": float(f"{ratio:.3g}"),
                "at": round((math.log(ratio) - least) / span, 3),
            }
            for task, ratio in ratios
        ],
    }


def _ratios(study: Mapping[str, Any]) -> dict[str, float]:
    from pytest_inferenergy.reference import STUDY_TASKS, lookup

    here = study["task"]
    if here in STUDY_TASKS:
        base = lookup(here).median
        return {task: lookup(task).median / base for task in STUDY_TASKS}
    found = {here: 1.0}
    for side in ("below", "above"):
        ratio = study.get(f"ratio_to_{side}") or 0.0
        if study.get(side) and ratio > 0:
            found[study[side]] = 1 / ratio
    return found
