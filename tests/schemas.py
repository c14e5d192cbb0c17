"""The published schemas, to hold real documents against."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


def schema(name: str) -> dict[str, Any]:
    """``results`` or ``baseline``, as the package ships it."""
    file = files("pytest_inferenergy") / "schemas" / f"{name}.schema.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@lru_cache
def validator(name: str) -> Draft202012Validator:
    found = schema(name)
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def problems(name: str, document: object) -> list[str]:
    """What is wrong with a document, each with its place."""
    return [
        f"{error.json_path}: {error.message:.200}"
        for found in validator(name).iter_errors(document)
        for error in (found.context or [found])
    ]
