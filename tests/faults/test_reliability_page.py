"""Each row of the table of faults names tests, and they exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "reliability.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| fault ")
]


def names_in(path: Path) -> set[str]:
    """The test functions of a file, with their classes."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (n.name for n in node.body if isinstance(n, ast.FunctionDef))
            found.update(f"{node.name}::{name}" for name in methods)
    return found


def test_there_are_rows() -> None:
    assert len(ROWS) > 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_row_is_a_test_that_exists(row: str) -> None:
    fault, provoked, happens, tests = (cell.strip() for cell in row.strip("|").split("|"))
    assert fault
    assert provoked
    assert happens
    named = re.findall(r"`(\S+?\.py)::([\w:]+)`", tests)
    assert named
    for file, name in named:
        assert name in names_in(ROOT / "tests" / file), f"{file}::{name}"
