"""Options that need each other or exclude each other. Imported only where one was given."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from pytest_inferenergy.errors import RevisionError
from pytest_inferenergy.names import RANDOM
from pytest_inferenergy.settings import Settings

NEEDS = "give --energy-model ID (of the hub, a local folder, or random:NAME) and --energy-task TASK"


def check_together(config: pytest.Config, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what was given in all; raises ``pytest.UsageError``. The values it stands for."""
    changes: dict[str, Any] = {}
    if "model" in given or "task" in given:
        _check_model(config, given)
    if "against" in given or "against_python" in given:
        changes = _check_against(config, given)
    tolerance, must_detect = Settings(**given).margins
    if must_detect <= tolerance:
        raise pytest.UsageError(
            f"--energy-must-detect (energy_must_detect) is {100 * must_detect:g} % but has to be "
            f"greater than the tolerance, {100 * tolerance:g} %"
        )
    if given.get("disable") and (given.get("update") or given.get("accept")):
        raise pytest.UsageError(
            "--energy-disable measures nothing, so --energy-update and --energy-accept have "
            "nothing to write: give one of them only"
        )
    if given.get("prune"):
        _check_prune(config)
    return changes


def _check_model(config: pytest.Config, given: Mapping[str, Any]) -> None:
    """Validate the two options; raises ``pytest.UsageError`` that says what to type."""
    missing = [f"--energy-{name}" for name in ("model", "task") if name not in given]
    if missing:
        raise pytest.UsageError(f"{missing[0]} is missing: {NEEDS}")
    from pytest_inferenergy.names import unknown_task

    problem = unknown_task(given["task"])
    if problem is not None:
        raise pytest.UsageError(f"--energy-task: {problem}")
    if not given["model"].removeprefix(RANDOM).strip():
        raise pytest.UsageError(f"--energy-model: {given['model']!r} names no model: {NEEDS}")
    words = [str(word) for word in config.invocation_params.args]
    by_path = config.args_source is pytest.Config.ArgsSource.ARGS
    paths = [path for path in config.args if path in words] if by_path else []
    if paths and not hasattr(config, "workerinput"):
        raise pytest.UsageError(
            f"--energy-model measures one model and runs no tests: leave out {' '.join(paths)}"
        )
    if "against" in given or "against_python" in given:
        raise pytest.UsageError(
            "--energy-against compares tests of two revisions, --energy-model runs no test: give "
            "one of them"
        )
    if "prune" in given:
        raise pytest.UsageError(
            "--energy-prune has to see all tests, --energy-model collects none: give one of them"
        )


def _check_against(config: pytest.Config, given: Mapping[str, Any]) -> dict[str, Any]:
    """Validate ``--energy-against`` and ``--energy-against-python``; the values they stand for."""
    if "against" not in given:
        raise pytest.UsageError("--energy-against-python needs --energy-against REF")
    if "--energy-against-python" in config.invocation_params.args:
        raise pytest.UsageError(
            "--energy-against-python: write --energy-against-python=PATH, with =; pytest would "
            "take a path on its own for one of tests"
        )
    if os.name != "posix":
        raise pytest.UsageError("--energy-against works on Linux and macOS only")
    if given.get("disable"):
        raise pytest.UsageError("--energy-against measures, --energy-disable does not: give one")
    if config.getoption("tx", None) or getattr(config, "workerinput", None) is not None:
        raise pytest.UsageError(
            "--energy-against takes turns on one device and cannot be spread over xdist workers: "
            "leave out -n (or give -n0)"
        )
    from pytest_inferenergy.distributed.job import launched

    if launched() is not None:
        raise pytest.UsageError(
            "--energy-against takes turns with a second process, and this is one of several ranks "
            "of a launcher: run it with one process"
        )
    from pytest_inferenergy.git import find_revision

    try:
        changes: dict[str, Any] = {"against": find_revision(given["against"], config.rootpath)}
    except RevisionError as error:
        raise pytest.UsageError(f"--energy-against: {error}") from None
    python = given.get("against_python")
    if python is not None:
        path = config.invocation_params.dir / python
        if shutil.which(path) is None:
            raise pytest.UsageError(f"--energy-against-python: {path} cannot be executed")
        changes["against_python"] = path
    return changes


def _check_prune(config: pytest.Config) -> None:
    """Pruning needs to see every test that exists."""
    narrowed = any(config.getoption(name, None) for name in ("keyword", "markexpr", "lf"))
    by_path = config.args_source is pytest.Config.ArgsSource.ARGS
    if narrowed or (by_path and set(config.args) != set(config.getini("testpaths"))):
        raise pytest.UsageError(
            "--energy-prune deletes the baselines of tests it does not see, so all tests have to "
            "be collected: leave out -k, -m, --lf and paths"
        )
