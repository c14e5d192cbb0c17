"""Writing a report to where the user wants it."""

from __future__ import annotations

from pathlib import Path

from pytest_inferenergy.errors import InferenergyError


def write(path: Path, text: str, option: str) -> None:
    """Write a file, with its folders; `InferenergyError` names the option and the path."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise InferenergyError(f"{option}: cannot write {path}: {error.strerror}") from error
