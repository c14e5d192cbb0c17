"""Energy measured beside what the study recorded, a point a model, from ``ladder_h200.json``."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.charting.chart import Axis, Chart, Panel, Series
from benchmarks.ladder import Rung, Tables, correlation, here, rungs_of, study

SOURCE = "ladder_h200.json"


def ladder_chart(results: Path) -> Chart:
    """Tasks by their energy here, multi-purpose models as a kind of their own."""
    found = json.loads((results / SOURCE).read_text(encoding="utf-8"))
    tables = Tables(rungs_of(found))
    medians = tables.medians(here)
    series = [
        _series(task, [rung for rung in tables.specific if rung.task == task])
        for task in sorted(medians, key=lambda task: medians[task])
    ]
    if asked := [rung for rung in tables.rungs if rung.multi_purpose]:
        series.append(_series("multi-purpose models", asked))
    specific = tables.specific
    models = correlation([*map(here, specific)], [*map(study, specific)])
    tasks = correlation([*medians.values()], [*tables.medians(study).values()])
    panel = Panel(
        "models",
        f"Spearman: models made for their task {models}, task medians {tasks}",
        Axis("the study, kWh per 1,000 inferences", log=True),
        Axis("measured, kWh per 1,000 inferences", log=True),
        tuple(series),
    )
    return Chart("ladder", "The study's models: orders compare, values do not", (panel,))


def _series(name: str, rungs: list[Rung]) -> Series:
    return Series(name, tuple((rung.study_kwh, rung.kwh) for rung in rungs), joined=False)
