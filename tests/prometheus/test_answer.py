"""What a server may answer: series, or an error that says what is wrong."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.meters.prometheus.answer import parse_matrix, parse_scalar

SERIES = {"metric": {"__name__": "a", "UUID": "GPU-1"}, "values": [[2.5, "20"], [1, "1e1"]]}


def matrix(*rows: object) -> dict[str, Any]:
    return {"resultType": "matrix", "result": list(rows)}


def test_series_come_with_their_labels_in_order_of_time() -> None:
    (series,) = parse_matrix(matrix(SERIES))
    assert series.labels == {"__name__": "a", "UUID": "GPU-1"}
    assert series.samples == ((1.0, 10.0), (2.5, 20.0))


def test_a_scrape_without_a_number_tells_nothing() -> None:
    row = SERIES | {"values": [[1, "1"], [2, "NaN"], [3, "+Inf"], [4, "2"]]}
    (series,) = parse_matrix(matrix(row))
    assert series.samples == ((1.0, 1.0), (4.0, 2.0))


def test_a_scalar() -> None:
    assert parse_scalar({"resultType": "scalar", "result": [1.5, "7"]}) == 7


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "expected a matrix"),
        ({"resultType": "vector", "result": []}, "expected a matrix, got 'vector'"),
        ({"resultType": "matrix", "result": {}}, "expected a matrix"),
        (matrix(3), "expected a series"),
        (matrix({"metric": {}, "values": [[1]]}), "expected .time, value."),
        (matrix({"metric": {}, "values": [[1, 2]]}), "expected .time, 'value'."),
        (matrix({"metric": {}, "values": [[1, "one"]]}), "expected .time, 'value'."),
        (matrix({"metric": {"__name__": "h"}, "histograms": []}), "h is a histogram"),
    ],
)
def test_anything_else(data: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_matrix(data)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
trees = st.recursive(
    scalars | st.sampled_from(["matrix", "scalar"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["resultType", "result", "metric", "values", "histograms"]), inner
        )
    ),
    max_leaves=20,
)


@given(trees)
def test_no_answer_breaks_the_parsers(data: object) -> None:
    for parse in (parse_matrix, parse_scalar):
        for answer in (data, matrix(data)):
            with contextlib.suppress(ValueError):
                parse(answer)
