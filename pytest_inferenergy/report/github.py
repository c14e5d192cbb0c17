"""What a run tells GitHub Actions: a summary of the step, and annotations."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_inferenergy.report.annotations import workflow_commands
from pytest_inferenergy.report.markdown import LIMIT, RESERVE, to_markdown


def append_summary(document: Mapping[str, Any]) -> str | None:
    """Append the Markdown to the file that ``$GITHUB_STEP_SUMMARY`` names, where it does.

    Why that was not possible, or ``None``. GitHub refuses the summary of a step as a whole where it
    is too large, so what the file holds already counts.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return None
    path, held = Path(name), None
    try:
        held = path.stat().st_size if path.exists() else 0
        room = LIMIT - held - 1
        if room < 2 * RESERVE:
            return f"the step's summary has no room left: {held} bytes are in {path}"
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(("\n" if held else "") + to_markdown(document, room))
    except OSError as error:
        if held is not None:  # half a page would spoil what other steps said
            with contextlib.suppress(OSError):
                os.truncate(path, held)
        return f"the step's summary: cannot write {path}: {error.strerror}"
    return None


def actions_lines(document: Mapping[str, Any], rootdir: Path) -> list[str]:
    """The annotations, where this runs under GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    return workflow_commands(document, _folder(rootdir))


def _folder(rootdir: Path) -> str:
    """The rootdir within the checkout, as a prefix of paths."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace:
        return ""
    try:
        inside = rootdir.resolve().relative_to(Path(workspace).resolve())
    except ValueError:
        return ""
    return "" if inside == Path() else f"{inside.as_posix()}/"
