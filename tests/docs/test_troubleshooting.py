"""The messages of ``docs/troubleshooting.md`` are those of the package, and none is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

PACKAGE = ROOT / "pytest_inferenergy"
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
CODE = re.findall(r"`([^`]+)`", "\n".join(re.findall(r"^\| `.*\|$", PAGE, re.MULTILINE)))
TYPED = ("pip ", "docker ", "git fetch", "energy.run", "await ", "with ", "-o ")
"""How code in a row begins that is no message."""
QUOTES = [
    code for code in CODE if ("…" in code or code.count(" ") > 1) and not code.startswith(TYPED)
]
GAP = "…"
ROOMS = ("meters", "baselines", "ab", "measure", "git.py", "locks", "meter_access.py")
"""Where errors are raised that no argument explains: each of them stands on the page."""
ERRORS = {
    "MeterError",
    "AbsentError",
    "BaselineError",
    "TraceError",
    "RevisionError",
    "ReferenceTestError",
}
OF_ARGUMENTS = {"measure/workload_check.py"}
OURS = (
    "the meter is closed",
    "asked to wait",
    "must end after it starts",
    "began before this meter's first mark",
    "settle first",
    "the devices were never chosen",
    "was cancelled",
    "unknown meter",
)
"""Said to a caller within the package; a user cannot meet them."""


def template(node: ast.expr) -> str | None:
    """A text of the source with a gap for what is put into it; ``None`` where it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else GAP for p in node.values)
        return "".join(map(str, parts))
    return None


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def texts() -> tuple[str, ...]:
    """Every text of the package's code."""
    nodes = (node for path in sorted(PACKAGE.rglob("*.py")) for node in ast.walk(tree(path)))
    found = (template(node) for node in nodes if isinstance(node, ast.expr))
    return tuple({text for text in found if text})


def pattern(quote: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, quote.strip().split(GAP))), re.DOTALL)


def raised() -> Iterator[str]:
    """What the errors of the rooms say."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if not place.startswith(ROOMS) or place in OF_ARGUMENTS:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                text = template(node.args[0]) if node.func.id in ERRORS else None
                if text is not None and len(re.sub(r"[^a-z]", "", text)) > 8:
                    yield text


def flags() -> Iterator[str]:
    """The words that a measurement can carry: an error's second argument, and what is added."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            given = node.args[1:2] if name == "MeterError" else []
            given += [word.value for word in node.keywords if word.arg == "flag"]
            given += node.args if path.name == "flags.py" and name == "found.add" else []
            yield from (word for each in given if (word := template(each)) is not None)


@pytest.mark.parametrize("flag", sorted(set(flags())))
def test_each_flag_is_explained(flag: str) -> None:
    assert f"`{flag}`" in (ROOT / "docs" / "measuring.md").read_text("utf-8")


@pytest.mark.parametrize("quote", QUOTES)
def test_the_message_is_in_the_source(quote: str) -> None:
    assert len(re.sub(r"[^a-z]", "", quote)) > 4
    assert any(pattern(quote).search(text) for text in texts())


@pytest.mark.parametrize("text", sorted(set(raised())))
def test_an_error_that_no_argument_explains_stands_on_the_page(text: str) -> None:
    if not any(part in text for part in OURS):
        assert any(pattern(quote).search(text) for quote in QUOTES)


def test_a_message_that_is_not_there_is_noticed() -> None:
    assert len(QUOTES) > 100
    assert not any(pattern("NVML … nonsense").search(text) for text in texts())
