"""The files a run can write, each a pure function of the results document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

KINDS = ("json", "csv", "markdown", "html")
"""In this order; each is a setting that holds a path, and an option ``--energy-KIND``."""

SPOILT = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What making a report of a document raises that is not as a run writes it."""


def text_of(kind: str, document: Mapping[str, Any]) -> str:
    """The document in one of the formats."""
    return _writer(kind)(document)


def _writer(kind: str) -> Callable[[Mapping[str, Any]], str]:
    if kind == "json":
        from pytest_inferenergy.report.json_results import to_json

        return to_json
    if kind == "csv":
        from pytest_inferenergy.report.csv_results import to_csv

        return to_csv
    if kind == "markdown":
        from pytest_inferenergy.report.markdown import to_markdown

        return to_markdown
    if kind == "html":
        from pytest_inferenergy.report.html import render_html

        return render_html
    raise ValueError(f"there is no format {kind!r}")
