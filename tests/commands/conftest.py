"""Results and baselines to give to the command, without a run of pytest before each test."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import to_record
from pytest_inferenergy.baselines.store import load, update
from pytest_inferenergy.cli import app
from pytest_inferenergy.stats.runs import Run
from tests.baselines.baseline_examples import H200, NODEID, NOON, a_run
from tests.report.outcomes import measured

Invoke = Callable[..., Result]
DAY = 86400.0


@pytest.fixture
def inferenergy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """The command, run in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


def outcome(joules: float = 60.0, profile: MachineProfile = H200, **changes: Any) -> dict[str, Any]:
    """A measurement of results, with all that a run writes of it."""
    run = a_run(log_joules=math.log(joules), log_seconds=math.log(0.2), **changes.pop("run", {}))
    base = measured(**{k: v for k, v in changes.items() if k in ("verdict", "budget", "gate")})
    facts = {
        "test_outcome": "passed",
        "failed_by_gate": False,
        "joules_per_inference": joules,
        "profile": profile.as_dict(),
        "slug": profile.slug,
        "run": to_record(run, "run"),
    }
    base["details"] |= {"must_detect": 0.1}
    return base | facts | changes


def write_results(path: Path, *outcomes: dict[str, Any], **settings: Any) -> Path:
    """A file as ``--energy-json`` writes it."""
    document = {"schema": 1, "settings": settings, "summary": "", "comparisons": []}
    path.write_text(json.dumps(document | {"measurements": list(outcomes)}))
    return path


def write_baselines(
    folder: Path,
    joules: Iterable[float],
    *,
    profile: MachineProfile = H200,
    nodeid: str = NODEID,
    name: str = "",
    anchor: float | None = None,
) -> Path:
    """One run a day, the last of them at noon; by default the first is the anchor."""
    levels = list(joules)
    runs = tuple(
        a_run(log_joules=math.log(level), time=NOON - DAY * (len(levels) - 1 - day))
        for day, level in enumerate(levels)
    )
    first = Anchor(runs[0].log_joules, runs[0].time)
    if anchor is not None:
        first = Anchor(math.log(anchor), runs[0].time - DAY)

    def change(stored: Baselines) -> Baselines:
        tests = {**stored.tests, nodeid: {name: History(first, runs)}}
        return Baselines(profile, tests)

    update(folder, profile, change)
    return folder


def stored_runs(
    folder: Path, nodeid: str = NODEID, name: str = "", profile: MachineProfile = H200
) -> tuple[Run, ...]:
    """The runs of one measurement."""
    baselines = load(folder, profile)
    history = None if baselines is None else baselines.history(nodeid, name)
    return () if history is None else history.runs


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
