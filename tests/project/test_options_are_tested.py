"""Each option has an integration test file of its own: its docstring names the option."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from pytest_inferenergy.session.options.declaration import INI_ONLY, OPTIONS

TESTS = Path(__file__).parents[1]
FILES = [*(TESTS / "integration").glob("test_*.py"), *(TESTS / "against").glob("test_*.py")]
ABOUT = {path.name: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in FILES}
NAMES = [
    *(f"--energy-{option.name.replace('_', '-')}" for option in OPTIONS),
    *(f"energy_{name}" for name in INI_ONLY),
]


def named(about: str) -> set[str]:
    """The options and ini keys that a docstring names in double backticks."""
    quoted = " ".join(re.findall(r"``(.*?)``", about))
    return set(re.findall(r"(?<![\w-])(?:--energy-|energy_)[\w-]+", quoted))


@pytest.mark.parametrize("name", NAMES)
def test_an_integration_test_file_is_about_it(name: str) -> None:
    about = [file for file, text in ABOUT.items() if name in named(text)]
    assert about, f"no file in tests/integration has ``{name}`` in its docstring"


def test_no_file_is_about_an_option_that_is_not_there() -> None:
    assert {name for text in ABOUT.values() for name in named(text)} <= set(NAMES)
