"""The outputs of ``docs/command.md`` are what the commands print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.cli import app
from tests.baselines.baseline_examples import NOON
from tests.commands.conftest import (
    DAY,
    Invoke,
    inferenergy,
    outcome,
    write_baselines,
    write_results,
)

__all__ = ["inferenergy"]

DOCS = Path(__file__).parents[2] / "docs"
CONSOLE = re.compile(r"^```console\n\$ inferenergy (.*?)\n(.*?)```$", re.MULTILINE | re.DOTALL)
SAID = dict(CONSOLE.findall((DOCS / "command.md").read_text("utf-8")))
CREEPS, STEADY = "tests/test_film.py::test_sentiment", "tests/test_text.py::test_summary"


@pytest.fixture
def material(tmp_path: Path) -> None:
    """What the page's commands read."""
    folder = tmp_path / "energy_baselines"
    write_baselines(folder, [60.0 * 1.03**step for step in range(5)], nodeid=CREEPS)
    write_baselines(folder, [310.0, 309.0, 311.5], nodeid=STEADY, name="batch32")
    today = {"time": NOON + DAY}
    write_results(
        tmp_path / "main.json",
        outcome(67.4, nodeid=CREEPS),
        outcome(310.0, nodeid=STEADY, name="batch32"),
        outcome(12.0, nodeid="tests/test_old.py::test_gone"),
    )
    by_gate: dict[str, Any] = {"test_outcome": "failed", "failed_by_gate": True}
    write_results(
        tmp_path / "head.json",
        outcome(83.1, nodeid=CREEPS, run=today, verdict="regressed", **by_gate),
        outcome(311.0, nodeid=STEADY, name="batch32", run=today),
        outcome(3.0, nodeid="tests/test_new.py::test_here", run=today, verdict="new"),
        outcome(5.0, nodeid="tests/test_new.py::test_odd", run=today, test_outcome="failed"),
    )


@pytest.mark.parametrize("command", [c for c in SAID if c.split()[0] in ("show", "compare")])
@pytest.mark.usefixtures("material")
def test_reading_commands(inferenergy: Invoke, command: str) -> None:
    assert inferenergy(*command.split()).stdout == SAID[command]


@pytest.mark.usefixtures("material")
def test_mv(inferenergy: Invoke) -> None:
    (command,) = (c for c in SAID if c.split()[0] == "mv")
    assert inferenergy(*command.split()).stdout == SAID[command]


@pytest.mark.usefixtures("material")
def test_accept(inferenergy: Invoke) -> None:
    command = "accept head.json"
    assert inferenergy(*command.split()).stdout.replace("\\", "/") == SAID[command]


def test_the_page_tells_of_every_command() -> None:
    told = {command.split()[0] for command in SAID}
    assert told == {
        getattr(info.callback, "__name__", info.name) for info in app.registered_commands
    }
