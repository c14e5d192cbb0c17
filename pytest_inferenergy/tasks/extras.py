"""Libraries that only this room needs, imported when a model is loaded."""

from __future__ import annotations

import importlib
from typing import Any

from pytest_inferenergy.errors import MisuseError


def need(module: str, extra: str = "tasks") -> Any:
    """Import a library of an optional extra; a `MisuseError` says how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MisuseError(
            f"no module named {error.name!r}: pip install 'pytest-inferenergy[{extra}]'"
        ) from None
