"""The two sides of ``inferenergy compare`` as one: levels of measurements, each with its runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import from_record
from pytest_inferenergy.commands.documents import read_baselines, read_results
from pytest_inferenergy.errors import BaselineError, DocumentError
from pytest_inferenergy.report.table import full_label
from pytest_inferenergy.stats.runs import Run


@dataclass(frozen=True, slots=True)
class Level:
    """What one side knows of one measurement on one machine."""

    label: str
    """The test's id, and the measurement's name."""
    profile: MachineProfile | None
    """``None``: nothing was measured."""
    runs: tuple[Run, ...] = ()
    source: str | None = None
    """``measured`` or ``estimated``; ``None``: baselines do not say."""
    problem: str | None = None
    """Why there is no figure."""
    failed: bool = False
    """Whether the test failed by itself, so that the figure may be of something else."""


def read_side(path: Path) -> tuple[Level, ...]:
    """The levels in a file of results or a folder of baselines."""
    return tuple(_of_folder(path) if path.is_dir() else _of_results(read_results(path), path))


def check_alike(a: Path, b: Path) -> None:
    """Raise `DocumentError` where one side is a folder and the other is not."""
    if a.is_dir() != b.is_dir():
        raise DocumentError(
            f"{a} is a {_kind(a)} and {b} is a {_kind(b)}: compare two files of results, or two "
            "folders of baselines"
        )


def _kind(path: Path) -> str:
    return "folder" if path.is_dir() else "file"


def _of_folder(folder: Path) -> Iterator[Level]:
    for stored in read_baselines(folder):
        for nodeid, names in stored.tests.items():
            for name, history in names.items():
                yield Level(full_label(nodeid, name), stored.profile, history.runs)


def _of_results(document: dict[str, Any], path: Path) -> Iterator[Level]:
    for outcome in document["measurements"]:
        title = full_label(outcome["nodeid"], outcome["name"])
        if outcome["state"] != "measured":
            yield Level(title, None, problem=f"not measured: {outcome.get('reason')}")
            continue
        try:
            where = f"{path}: {title}"
            run = from_record(outcome["run"], f"{where}, run")
            profile = MachineProfile.from_dict(outcome["profile"], f"{where}, profile")
        except BaselineError as error:
            raise DocumentError(str(error)) from None
        failed = outcome.get("test_outcome") == "failed" and not outcome.get("failed_by_gate")
        yield Level(title, profile, (run,), outcome["source"], failed=failed)
