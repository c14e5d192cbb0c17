"""The HTML report, as text: complete, harmless, small, the same whenever it is made."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("jinja2")
pytest.importorskip("plotly")

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.escaping import line
from pytest_inferenergy.report.html import missing_extra, render_html
from pytest_inferenergy.report.html.embed import harmless, script_json
from pytest_inferenergy.report.html.rows import details
from tests.report.documents import HOSTILE, document, every_verdict, full, many
from tests.report.outcomes import measured, unmeasured

SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)


def scripts(page: str) -> dict[str, str]:
    """Contents of the page's script elements by their attributes."""
    return {match[1].strip(): match[2] for match in SCRIPT.finditer(page)}


def data(page: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(scripts(page)['type="application/json" id="data"'])
    return found


def overview(page: str) -> str:
    """The text of the page without its scripts."""
    return html.unescape(re.sub(r"<[^>]*>", " ", SCRIPT.sub("", page)))


def test_tells_every_measurement_the_worst_first() -> None:
    results = every_verdict()
    found = data(render_html(results))
    assert [one["words"] for one in found] == [
        ["regressed"], ["over budget", "passed"], ["inconclusive"], ["not measured"], ["new"],
        ["passed"], ["passed"], ["improved"],
    ]  # fmt: skip
    assert {one["sort"]["test"] for one in found} == {
        line(measurement["nodeid"]) for measurement in results["measurements"]
    }


def test_the_overview_needs_no_script() -> None:
    text = overview(render_html(every_verdict()))
    for part in (
        "8 measured", "test_regressed[é-32]", "+12.4 %", "[+10.0 %, +15.0 %]", "other card",
        "no meter answered", "67 % over 10 Wh per 1000", "2026-11-22 19:05:10 UTC",
        "by turns, 12 pairs: 0.5100 x", "NVIDIA H200", "580.95.05", "torch 2.13.0",
        "56.0 g CO₂e/kWh", "0.100 kWh (a litre boiled)",
        "text-generation: 7th of 10",
    ):  # fmt: skip
        assert part in text


def test_only_our_two_scripts_may_run() -> None:
    page = render_html(every_verdict())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    assert rules["default-src"] == "'none'"
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
        for attributes, code in scripts(page).items()
        if "json" not in attributes
    }
    assert set(rules["script-src"].split()) == hashes
    assert len(hashes) == 2


def test_untrusted_text_is_escaped_everywhere() -> None:
    page = render_html(every_verdict())
    assert len(scripts(page)) == 3
    assert "<img" not in SCRIPT.sub("", page)
    assert "<b>" not in SCRIPT.sub("", page)
    block = scripts(page)['type="application/json" id="data"']
    assert not set("<>&\u2028\u2029") & set(block)
    assert any(line(HOSTILE) in one["text"] for one in data(page))


@given(st.text(alphabet=st.characters()))  # surrogates, too
def test_any_text_comes_back_from_the_data_and_cannot_leave_it(text: str) -> None:
    block = script_json([text])
    assert json.loads(block) == [text]
    assert block.isascii()
    assert not set("<>&\n") & set(block)


def test_a_name_that_is_no_unicode_can_be_written() -> None:
    page = render_html(document([full("t.py::test_\udc80\x00")]))
    assert page.encode()


def test_code_of_a_library_cannot_end_its_element() -> None:
    assert harmless("a='</script><!--'") == "a='<\\/script><\\!--'"


def test_the_same_document_gives_the_same_page() -> None:
    results = every_verdict()
    before = json.dumps(results)
    assert render_html(results) == render_html(json.loads(json.dumps(results, sort_keys=True)))
    assert json.dumps(results) == before


def test_a_thousand_tests_fit_in_fifteen_megabytes() -> None:
    page = render_html(many(1000))
    assert len(page.encode()) <= 15e6
    assert len(data(page)) == 1000


@pytest.mark.parametrize("measurement", [measured(), measured(verdict="new"), unmeasured()])
def test_an_older_document_that_says_less_is_shown_too(measurement: dict[str, Any]) -> None:
    page = render_html({"schema": 1, "measurements": [measurement]})
    assert data(page)[0]["plots"] == {}
    assert "test_sentiment" in overview(page)


def test_rejected_windows_and_the_trend_are_told() -> None:
    plots = details(full("t.py::test_x"), 0, {})["plots"]
    assert plots["windows"]["rejected"] == [5]
    assert len(plots["windows"]["kwh"]) == 12
    assert plots["history"]["trend"]["text"].endswith("along the line through 20 stored runs")
    assert plots["history"]["trend"]["text"].startswith("+4.9 %")


@pytest.mark.parametrize(
    ("times", "levels"),
    [
        (["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"], [1.0, 1.1]),
        (["2026-11-01T00:00:00Z"] * 3, [1.0, 1.1, 1.2]),
    ],
    ids=["too few", "one instant"],
)
def test_no_trend_where_nothing_can_be_told(times: list[str], levels: list[float]) -> None:
    runs = [{"time": t, "kwh_per_1k": level} for t, level in zip(times, levels, strict=True)]
    assert details(full("t.py::test_x", history=runs), 0, {})["plots"]["history"]["trend"] is None


def test_the_ladder_has_all_tasks_of_the_study_as_ratios() -> None:
    measurement = full("t.py::test_x")
    ladder = details(measurement, 0, {})["plots"]["ladder"]
    rungs = [rung["task"] for rung in ladder["rungs"]]
    assert rungs[0] == "text-to-image"  # the most
    assert len(rungs) == 10
    place = rungs.index("text-generation")
    above, here, below = ladder["rungs"][place - 1 : place + 2]
    study = measurement["study"]
    assert (above["task"], here["ratio"], below["task"]) == (study["above"], 1, study["below"])
    assert 1 / above["ratio"] == pytest.approx(study["ratio_to_above"], rel=0.01)
    assert 1 / below["ratio"] == pytest.approx(study["ratio_to_below"], rel=0.01)
    assert [ladder["rungs"][0]["at"], ladder["rungs"][-1]["at"]] == [1, 0]


def test_a_task_the_table_lacks_has_its_neighbours() -> None:
    study = {"task": "new", "rank": 2, "of": 11, "below": "old", "ratio_to_below": 2.0}
    ladder = details(full("t.py::test_x", study=study), 0, {})["plots"]["ladder"]
    assert [(rung["task"], rung["ratio"]) for rung in ladder["rungs"]] == [("new", 1), ("old", 0.5)]


def test_a_missing_library_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pytest_inferenergy.report.html.extra.find_spec",
        lambda name: None if name == "plotly" else object(),
    )
    assert missing_extra() == 'needs plotly: pip install "pytest-inferenergy[html]"'
    with pytest.raises(InferenergyError, match="HTML report needs plotly"):
        render_html(document([]))
