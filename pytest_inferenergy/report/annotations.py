"""Annotations for GitHub Actions: what failed or warned, shown beside the test's line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_inferenergy.escaping import visible
from pytest_inferenergy.report.ranking import worst_first
from pytest_inferenergy.report.table import label

MOST = 10
"""GitHub shows so many errors and so many warnings of one step."""
LEVELS = {"failed": "error", "warned": "warning"}


def workflow_commands(document: Mapping[str, Any], folder: str = "") -> list[str]:
    """Workflow commands, the worst first; ``folder``: the rootdir's place in the checkout.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    lines: dict[str, list[str]] = {"error": [], "warning": []}
    for measurement in worst_first(document["measurements"]):
        level = LEVELS.get(measurement["gated"])
        if level is not None and measurement["message"] is not None:
            lines[level].append(_command(level, measurement, folder))
    return lines["error"][:MOST] + lines["warning"][:MOST]


def _command(level: str, measurement: Mapping[str, Any], folder: str) -> str:
    properties = {"title": label(measurement)}
    if measurement["location"] is not None:
        file, line = measurement["location"]
        properties = {"file": f"{folder}{file}", "line": str(line)} | properties
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {told}::{_data(measurement['message'])}"


def _data(text: str) -> str:
    """The message: line breaks and percent signs as GitHub reads them."""
    lines = (visible(line).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    """A property's value: its delimiters, too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
