"""The sdist is the whole project: nothing is left out, and its tests run from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, Venv

A_FEW = (
    "tests/test_units.py",
    "tests/reference",
    "tests/integration/test_replay.py::test_a_relative_path_holds_from_where_pytest_was_called",
    "tests/integration/test_report.py::test_the_table_has_a_row_for_each_measurement",
)
"""Pure functions, the package's data, a recorded trace, the library that has to be compiled."""


def files_of(*options: str) -> set[str]:
    """What git lists, less what is of CI and of where the project is hosted."""
    listed = subprocess.run(
        ["git", "ls-files", *options], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {
        name for name in listed.stdout.splitlines() if not name.startswith((".ci/", ".github/"))
    }


def test_it_holds_what_is_under_version_control(sdist: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a clone")
    kept = files_of("--cached")
    held = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    assert kept - held == set()
    assert held - kept - files_of("--others", "--exclude-standard") == {"PKG-INFO"}


def test_its_tests_run(installed: Venv, sdist: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    installed.install("hypothesis", "jsonschema", "pytest-xdist")
    done = installed.run(["pytest", "-q", "-o", "addopts=", *A_FEW], sdist)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]
