"""The results as Markdown."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_inferenergy.report.document import results_document
from pytest_inferenergy.report.markdown import LIMIT, to_markdown
from tests.report.outcomes import measured, unmeasured
from tests.report.rendered import OURS, Page


def document(*outcomes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    settings = {"accept": False}
    return results_document(outcomes, [], settings=settings, summary="energy: so many") | changes


def failed(number: int = 0, **changes: Any) -> dict[str, Any]:
    return (
        measured(nodeid=f"tests/test_film.py::test_{number}", verdict="regressed", change=0.3)
        | {"gated": "failed", "message": f"energy regressed: number {number}"}
        | changes
    )


PASSED = measured() | {"gated": "passed"}


def test_what_failed_stands_first_and_open_the_rest_is_folded() -> None:
    new = measured(nodeid="tests/test_film.py::test_new", verdict="new")
    off = measured(nodeid="tests/test_film.py::test_off", gate="off")
    text = to_markdown(document(PASSED, new, off, unmeasured("no GPU"), failed()))
    shown, _, folded = text.partition("<details>")
    assert "energy regressed: number 0" in shown
    assert "energy regressed" not in folded
    page = Page(text)
    assert [row[-1] for row in page.rows if row[0] == "➖"] == [
        "not measured: no GPU",
        "no baseline on this machine (nvidia-h200-x1-700w-nvml)",
        "the gate is off for this test",
    ]
    assert text.index("<summary>3 not gated") < text.index("<summary>1 passed")
    assert set(page.tags) <= OURS


def test_the_worst_comes_first() -> None:
    warned = measured(verdict="inconclusive") | {"gated": "warned", "message": "energy doubtful"}
    page = Page(to_markdown(document(warned, failed(1, change=0.1), failed(2, change=0.9))))
    tests = [row[1].partition("::")[2] for row in page.rows if row[0] in ("❌", "⚠️")]
    assert tests == ["test_2", "test_1", "test_sentiment"]


def test_problems_and_grams_are_told() -> None:
    text = to_markdown(
        document(
            PASSED | {"gco2_per_1k": 0.935}, carbon={"grams_per_kwh": 56.0, "origin": "FRA"},
            problems=["--energy-csv: cannot write <here>"],
        )
    )  # fmt: skip
    page = Page(text)
    assert "--energy-csv: cannot write <here>" in page.codes
    assert dict(zip(*page.rows, strict=True))["gCO2eq/1k"] == "0.935"


def test_names_and_messages_never_become_markup() -> None:
    evil = "<img src=x onerror=alert(1)>|```\n</details><script>alert(1)</script>"
    text = to_markdown(
        document(
            failed() | {"nodeid": f"a.py::t[{evil}]", "name": evil, "message": evil},
            unmeasured(evil), problems=[evil], summary=evil,
        )
    )  # fmt: skip
    page = Page(text)
    assert set(page.tags) <= OURS
    assert page.tags.count("details") == 1
    assert page.text.count("<script>alert(1)</script>") == 8


@pytest.mark.parametrize("limit", [5_000, 20_000, 60_000])
def test_it_is_cut_after_whole_rows(limit: int) -> None:
    rows = [failed(n) for n in range(50)] + [
        PASSED | {"nodeid": f"tests/test_film.py::test_passed[{n}]"} for n in range(200)
    ]
    whole, cut = to_markdown(document(*rows)), to_markdown(document(*rows), limit)
    assert len(cut.encode()) <= limit
    if len(whole) <= limit:
        assert cut == whole
        return
    page = Page(cut)
    assert set(page.tags) <= OURS
    assert len({len(row) for row in page.rows}) == 1
    told = sum(row[0] in ("❌", "✅") for row in page.rows)
    messages = cut.count("energy regressed: number")
    left_out = int(cut.partition(" more rows are left out")[0].rpartition("\n")[2])
    assert told + messages + left_out == 50 + 50 + 200
    assert cut.count("<details>") == cut.count("</details>")


def test_a_page_stays_within_what_github_takes() -> None:
    rows = [failed(n, message="energy regressed: \u20ac" + "x" * 5000) for n in range(300)]
    assert len(to_markdown(document(*rows)).encode()) <= LIMIT
