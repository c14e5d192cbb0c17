"""The results as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.report.document import results_document
from pytest_inferenergy.report.json_results import to_json
from tests.report.outcomes import measured, unmeasured

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(), JSON))
def test_it_is_the_document(document: dict[str, Any]) -> None:
    text = to_json(document)
    assert json.loads(text) == document
    assert text.isascii()


def test_keys_are_sorted_and_stand_on_lines_of_their_own() -> None:
    document = results_document([measured(), unmeasured()], [], settings={"a": 1}, summary="s")
    lines = to_json(document).splitlines()
    keys = [line.partition('"')[2].partition('"')[0] for line in lines if line.startswith(' "')]
    assert keys == sorted(document)
    assert '   "verdict": "passed",' in lines
    assert '  "a": 1' in lines


@pytest.mark.parametrize("wrong", [math.nan, math.inf, {1}, object()])
def test_what_is_no_json_is_refused(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        to_json({"measurements": [{"kwh_per_1k": wrong}]})
