"""Where the tasks of a run stand in the study: ranks and ratios, never absolute figures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from pytest_inferenergy.reference import compare_ratios
from pytest_inferenergy.units import plain

WIDTH = 80
SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
TITLE = 'in the study "Power Hungry Processing" (2023; batch 1, fp32):'


def study_lines(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The section for outcomes that name their task; nothing where none does."""
    known = [o for o in outcomes if o.get("study") is not None]
    if not known:
        return []
    places = {o["study"]["task"]: o["study"] for o in known}
    models = {
        (o["study"]["task"], o["study"]["model"]["model"]): o["study"]["model"]
        for o in known
        if o["study"]["model"] is not None
    }
    lines = [TITLE]
    for task, its in sorted(places.items(), key=lambda pair: pair[1]["rank"]):
        lines += _wrapped(place_line(its))
        for (of_task, _), model in models.items():
            if of_task == task:
                lines += _wrapped(f"  {model_line(model)}")
    return lines + _ratios(known)


def place_line(study: Mapping[str, Any]) -> str:
    """``text-generation: 7th of 10, 1.5 x object-detection, 0.77 x summarization``."""
    neighbours = (
        f", {plain(study[f'ratio_to_{side}'], 2)} x {study[side]}"
        for side in ("below", "above")
        if study[side] is not None
    )
    return f"{study['task']}: {_ordinal(study['rank'])} of {study['of']}{''.join(neighbours)}"


def model_line(model: Mapping[str, Any]) -> str:
    """``distilgpt2: 1st of 8 models there, 0.35 x the task's median``."""
    kind = "" if model["kind"] == "task-specific" else f"{model['kind']} "
    return (
        f"{model['model']}: {_ordinal(model['rank'])} of {model['of']} {kind}models there, "
        f"{plain(model['ratio_to_median'], 2)} x the task's median"
    )


def _ratios(known: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ratios between the tasks of this run, beside the study's, which are of task-specific models.

    An estimate is no part of a ratio with what was measured.
    """
    measured = [o for o in known if o["state"] == "measured"]
    source = "measured" if any(o["source"] == "measured" for o in measured) else "estimated"
    figures: dict[str, list[float]] = {}
    batches: dict[str, set[int]] = {}
    for outcome in measured:
        described = outcome.get("task") or {}
        if outcome["source"] == source and not described.get("multi_purpose"):
            task = outcome["study"]["task"]
            figures.setdefault(task, []).append(outcome["kwh_per_1k"])
            batches.setdefault(task, set()).add(described.get("batch_size", 1))
    found = compare_ratios({task: median(all_of_it) for task, all_of_it in figures.items()})
    if not found:
        return []
    remark = "; medians of each task's tests" if any(len(f) > 1 for f in figures.values()) else ""
    if any((o.get("task") or {}).get("multi_purpose") for o in measured):
        remark += "; task-specific models alone"
    lines = _wrapped(f"ratios {source} here, beside the study's{remark}:", indent="")
    for ratio in found:
        lines += _wrapped(
            f"{ratio.task}: {plain(ratio.measured, 2)} x {ratio.base} (the study: "
            f"{plain(ratio.study, 2)} x)"
        )
    other = sorted(task for task, sizes in batches.items() if sizes != {1})
    if other:
        lines += _wrapped(f"not with batch 1, unlike the study: {', '.join(other)}")
    return lines


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    depth = len(text) - len(text.lstrip())
    return textwrap.wrap(
        text.strip(),
        WIDTH,
        initial_indent=indent + " " * depth,
        subsequent_indent=indent + " " * (depth + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _ordinal(rank: int) -> str:
    return f"{rank}{SUFFIXES.get(rank, 'th')}"
