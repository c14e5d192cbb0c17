"""From the results document to one self-contained page. Everything in it is untrusted text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.report.against import summary as against
from pytest_inferenergy.report.document import shown
from pytest_inferenergy.report.html.embed import harmless, script_json, source_hash
from pytest_inferenergy.report.html.extra import missing_extra
from pytest_inferenergy.report.html.forest import scale
from pytest_inferenergy.report.html.rows import details, row
from pytest_inferenergy.report.html.run_facts import run_facts, settings
from pytest_inferenergy.report.html.status import MARKS, counts
from pytest_inferenergy.report.ranking import worst_first
from pytest_inferenergy.report.study import study_lines
from pytest_inferenergy.report.table import by_turns

SCRIPTS = ("start.js", "table.js", "details.js", "plots.js")
"""Joined in this order into the page's one script."""


def render_html(document: Mapping[str, Any]) -> str:
    """The page for a results document; raises `InferenergyError` where the extra is missing."""
    missing = missing_extra()
    if missing is not None:
        raise InferenergyError(f"the HTML report {missing}")
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    document = shown(json.loads(json.dumps(document, sort_keys=True)))  # the same as from its file
    style, script = _asset("report.css"), "".join(_asset(name) for name in SCRIPTS)
    plotly = harmless(get_plotlyjs())
    page = Environment(
        loader=PackageLoader(__package__, "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.jinja")
    return page.render(
        **_view(document),
        style=Markup(style),
        script=Markup(script),
        plotly=Markup(plotly),
        script_hashes=" ".join(f"'{source_hash(code)}'" for code in (script, plotly)),
        data=Markup(script_json(_data(document))),
    )


def _view(document: Mapping[str, Any]) -> dict[str, Any]:
    ordered = worst_first(document["measurements"])
    edge = scale(ordered)
    return {
        "created": document.get("created"),
        "summary": (document.get("summary") or "").removeprefix("energy: "),
        "against": against(ordered),
        "problems": document.get("problems") or [],
        "counts": counts(ordered),
        "marks": MARKS,
        "rows": [row(measurement, edge) for measurement in ordered],
        "edge": f"{100 * edge:.2g} %",
        "turns": [by_turns(comparison) for comparison in document.get("comparisons") or ()],
        "study": study_lines(ordered),
        "groups": run_facts(document),
        "settings": settings(document),
    }


def _data(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    ordered = worst_first(document["measurements"])
    return [details(measurement, place, document) for place, measurement in enumerate(ordered)]


def _asset(name: str) -> str:
    return files(__package__).joinpath("page").joinpath(name).read_text(encoding="utf-8")
