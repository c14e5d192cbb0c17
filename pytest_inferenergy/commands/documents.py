"""What the commands read: results (``--energy-json``) and folders of baselines, checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pytest_inferenergy.baselines import json_text
from pytest_inferenergy.baselines.fields import LARGEST, Fields
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.store import load_all
from pytest_inferenergy.errors import BaselineError, DocumentError
from pytest_inferenergy.report.document import SCHEMA

DIVISORS: Final = frozenset({"inferences", "kwh"})
"""Of each window, and of what the energy is compared with."""
STATES: Final = ("measured", "unmeasured")
LEVELS: Final = ("joules_per_inference", "seconds_per_inference", "kwh_per_1k", "low", "high")


def read_results(path: Path) -> dict[str, Any]:
    """The document that ``--energy-json`` wrote; `DocumentError` says what is wrong with a file."""
    document = _parse(_read(path), path)
    if not isinstance(document, dict) or "schema" not in document:
        raise DocumentError(f"{path}: this is JSON, but no results of pytest --energy-json")
    if "tests" in document and "measurements" not in document:
        raise DocumentError(
            f"{path}: this is a file of baselines, not results: give its folder ({path.parent})"
        )
    schema = document["schema"]
    if isinstance(schema, bool) or schema != SCHEMA:
        hint = "; upgrade: pip install -U pytest-inferenergy" if _is_newer(schema) else ""
        raise DocumentError(
            f"{path}: results of schema {schema!r:.40}, and this version reads {SCHEMA}{hint}"
        )
    try:
        if document.get("gone") is not None:
            gone = Fields(document["gone"], f"{path}: 'gone'")
            for slug in gone.names():
                gone.texts(slug)
        _check_numbers({k: v for k, v in document.items() if k != "measurements"}, str(path))
        for number, item in Fields(document, str(path)).items("measurements"):
            _check_measurement(item, f"{path}: measurement {number}")
            _check_numbers(item, f"{path}: measurement {number}")
    except BaselineError as error:
        raise DocumentError(str(error)) from None
    return document


def read_baselines(folder: Path) -> tuple[Baselines, ...]:
    """All baselines of a folder; an error where there is no folder, or nothing in it."""
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "there is no such folder"
        raise DocumentError(
            f"{folder}: {what}; baselines are stored by pytest --energy-update "
            "(in energy_baselines/, unless told otherwise)"
        )
    found = load_all(folder)
    if not found:
        raise DocumentError(f"{folder}: holds no baselines; store some: pytest --energy-update")
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise DocumentError(f"{path}: is a folder, not a file of results") from None
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror or error}") from None


def _parse(data: bytes, path: Path) -> object:
    try:
        return json_text.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise DocumentError(f"{path}: no valid JSON: {error}") from None


def _check_numbers(value: object, where: str) -> None:
    """Raise `BaselineError` for a number that nothing can have measured; plugins may keep any.

    What is divided by is more than 0.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in DIVISORS and not (isinstance(inner, (int, float)) and inner > 0):
                raise BaselineError(f"{where}: {key!r} must be a number above 0, not {inner!r:.40}")
            if not key.startswith("x_"):
                _check_numbers(inner, f"{where}, {key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            _check_numbers(inner, f"{where}, item {number}")
    elif isinstance(value, (int, float)) and not abs(value) <= LARGEST:
        raise BaselineError(f"{where}: must be of plausible size, not {value!r:.40}")


def _is_newer(schema: object) -> bool:
    return isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA


def _check_measurement(item: object, where: str) -> None:
    fields = Fields(item, where)
    fields.text("nodeid")
    if fields.value("name") is not None:
        fields.text("name")
    if fields.text("state") not in STATES:
        raise BaselineError(f"{where}: 'state' must be one of {', '.join(STATES)}")
    if fields.value("state") == "unmeasured":
        return
    for level in LEVELS:
        fields.above_zero(level)
    for part in ("profile", "run", "details"):
        if not isinstance(fields.value(part), Mapping):
            raise BaselineError(f"{where}: {part!r} must be an object")
    for word in ("source", "verdict"):
        fields.text(word)
    if fields.has("missing_meter") and fields.value("missing_meter") is not None:
        missing = Fields(fields.value("missing_meter"), f"{where}: 'missing_meter'")
        for word in ("meter", "expected_by", "reason"):
            missing.text(word)
