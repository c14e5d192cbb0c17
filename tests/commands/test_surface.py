"""The command as it is installed: its help, its version, and what it loads."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.commands.conftest import Invoke, write_baselines

COMMANDS = ("show", "compare", "accept", "mv", "report", "doctor")
HEAVY = {"pytest", "_pytest", "numpy", "scipy", "torch", "codecarbon", "pynvml", "rich"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(inferenergy: Invoke, command: str) -> None:
    result = inferenergy(command, "--help")
    assert result.exit_code == 0
    assert f"Example: inferenergy {command}" in " ".join(result.stdout.split())


def test_help_lists_the_commands(inferenergy: Invoke) -> None:
    out = inferenergy("--help").stdout
    assert all(f"\n  {command} " in out for command in COMMANDS)


def test_version(inferenergy: Invoke) -> None:
    out = inferenergy("--version").stdout
    assert out == f"inferenergy {version('pytest-inferenergy')}\n"


def test_the_module_is_the_command_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest_inferenergy.cli", "show", "nowhere"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("inferenergy: nowhere: there is no such folder")


def test_show_loads_nothing_heavy(tmp_path: Path) -> None:
    folder = write_baselines(tmp_path / "stored", [60.0])
    code = (
        "import sys; from pytest_inferenergy.cli import app\n"
        f"app(['show', {str(folder)!r}], standalone_mode=False)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
