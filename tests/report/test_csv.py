"""The results as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import example, given

from pytest_inferenergy.escaping import line
from pytest_inferenergy.report.csv_results import COLUMNS, FORMULA, to_csv
from pytest_inferenergy.report.document import results_document
from tests.report.outcomes import budget, measured, unmeasured
from tests.test_escaping import HOSTILE, hidden


def rows(*outcomes: dict[str, Any]) -> list[dict[str, str]]:
    text = to_csv(results_document(outcomes, [], settings={}, summary=""))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_for_each_measurement_with_all_its_numbers() -> None:
    first, second = rows(
        measured(budget=budget("blown"), flags=["throttled", "too_short"])
        | {"location": ["tests/test_film.py", 12]},
        unmeasured("no GPU"),
    )
    assert list(first) == list(COLUMNS)
    assert (first["test"], first["file"], first["line"]) == (
        "tests/test_film.py::test_sentiment", "tests/test_film.py", "12",
    )  # fmt: skip
    assert float(first["kwh_per_1k"]) == 0.0167
    assert float(first["change"]) == 0.0121
    assert float(first["change_low"]) == -0.01
    assert (first["budget"], first["budget_word"]) == ("10 Wh per 1000", "blown")
    assert first["flags"] == "throttled too_short"
    assert (second["state"], second["reason"]) == ("unmeasured", "no GPU")
    assert second["kwh_per_1k"] == second["change"] == second["line"] == ""


@given(HOSTILE.filter(bool))
@example("\0")
@example("a\0b")
@example(" \0=1")
@example("\r\n")
@example('x"; "=1')
def test_no_text_is_taken_for_a_formula_and_none_is_lost(text: str) -> None:
    (row,) = rows(unmeasured(text))
    for part in row["reason"].split(";"):
        assert not part.lstrip(' "').startswith(FORMULA)
    assert row["reason"].replace("'", "") == line(text).replace("'", "")


@given(HOSTILE, HOSTILE.filter(bool))
def test_only_a_message_has_lines_and_nothing_hides_in_any(message: str, name: str) -> None:
    results = results_document(
        [measured() | {"message": message, "name": name, "flags": [name]}] * 2,
        [], settings={}, summary="",
    )  # fmt: skip
    text = to_csv(results).removesuffix("\n").split("\n")
    assert len(text) == 3 + 2 * message.count("\n")
    assert not any(hidden(one) for one in "".join(text))
    assert not any(part.lstrip().startswith("::") for part in text)


def test_spreadsheets_that_part_cells_at_semicolons_find_no_formula() -> None:
    assert rows(unmeasured('a;=1; +2; "@3; 4'))[0]["reason"] == "a;'=1;' +2;' \"@3; 4"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", " =1", "-x", "+x"])
def test_an_apostrophe_says_that_it_is_no_formula(text: str) -> None:
    assert rows(unmeasured(text))[0]["reason"] == f"'{text}"


def test_a_negative_number_stays_a_number() -> None:
    assert float(rows(measured(change=-0.25))[0]["change"]) == -0.25


def test_the_columns_and_their_order_are_promised() -> None:
    assert list(COLUMNS)[:12] == [
        "test", "name", "file", "line", "test_outcome", "state", "reason", "verdict", "gated",
        "source", "kwh_per_1k", "low",
    ]  # fmt: skip
    assert len(COLUMNS) == 55
    assert list(COLUMNS)[-2:] == ["meter", "missing_meter"]
