"""The results of a run as one document of builtins: what every report is made from.

JSON, CSV, Markdown and HTML are pure functions of it, so that a report made later from the JSON
file equals the one that the run itself would have written. Its published form is
``pytest_inferenergy/schemas/results.schema.json``.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_inferenergy.clock import time
from pytest_inferenergy.escaping import line, lines

SCHEMA = 1

UNKNOWN: Mapping[str, Any] = {
    "test_outcome": None,
    "location": None,
    "message": None,
    "gated": "not gated",
    "window_list": (),
    "trace": None,
    "history": (),
    "anchor_kwh_per_1k": None,
}
"""What a measurement says where nobody said more."""


def results_document(
    outcomes: Sequence[Mapping[str, Any]],
    comparisons: Sequence[Mapping[str, Any]],
    *,
    settings: Mapping[str, Any],
    summary: str,
    problems: Sequence[str] = (),
    gone: Mapping[str, Sequence[str]] | None = None,
    carbon: Mapping[str, Any] | None = None,
    against: Mapping[str, Any] | None = None,
    created: float | None = None,
) -> dict[str, Any]:
    """The document of a run that ended at ``created`` (Unix seconds; now by default).

    ``outcomes`` and ``comparisons`` are plain data as they travel on test reports; ``gone``: by
    machine, the node ids of baselines without a test, where that is known.
    """
    from pytest_inferenergy.baselines.fields import iso_utc

    document: dict[str, Any] = {
        "schema": SCHEMA,
        "created": iso_utc(time.time() if created is None else created),
        "software": software(),
        "settings": dict(settings),
        "summary": summary,
        "problems": list(problems),
        "gone": None if gone is None else {slug: list(tests) for slug, tests in gone.items()},
        "carbon": None if carbon is None else dict(carbon),
        "measurements": [_complete(outcome) for outcome in outcomes],
        "comparisons": [dict(comparison) for comparison in comparisons],
    }
    if against is not None:
        document["against"] = dict(against)
    return document


def software() -> dict[str, str]:
    """Versions of what measured; no host name."""
    from importlib.metadata import version

    names = ("pytest-inferenergy", "pytest")
    return {name: version(name) for name in names} | {
        "python": platform.python_version(),
        "platform": f"{platform.system()}-{platform.machine()}",
    }


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document, or a part of it, with every text in it on one line and safe to show.

    Only a message keeps its line breaks. To be applied before anything is made of it for people.
    """
    return {line(key): _shown(value, lines if key == "message" else line)
            for key, value in document.items()}  # fmt: skip


def _shown(value: Any, escape: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Mapping):
        return shown(value)
    if isinstance(value, (list, tuple)):
        return [_shown(item, line) for item in value]
    return value


def _complete(outcome: Mapping[str, Any]) -> dict[str, Any]:
    blank = {k: list(v) if isinstance(v, tuple) else v for k, v in UNKNOWN.items()}
    return blank | dict(outcome)
