"""The published schemas say what is written, and refuse what is not.

Real documents are held against them wherever a test of the integration folder reads one.
"""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from typing import Any

import pytest

from pytest_inferenergy.baselines.run_record import OPTIONAL_NUMBERS, OPTIONAL_TEXTS, to_record
from pytest_inferenergy.report.document import UNKNOWN, results_document
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.verdict import Verdict
from tests.report.outcomes import unmeasured
from tests.schemas import problems, schema

DOCUMENT = results_document(
    [unmeasured(test_outcome="passed", location=["tests/test_film.py", 3])],
    [],
    settings={"tolerance": 0.05},
    summary="energy: 0 measured",
    created=1e9,
)


def test_a_minimal_document_fits() -> None:
    assert problems("results", DOCUMENT) == []


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"created": "yesterday"},
        {"created": None},
        {"more": 1},
        {"problems": "none"},
        {"measurements": [{}]},
        {"measurements": [DOCUMENT["measurements"][0] | {"gated": "perhaps"}]},
        {"measurements": [DOCUMENT["measurements"][0] | {"more": 1}]},
        {"measurements": [DOCUMENT["measurements"][0] | {"location": ["a.py"]}]},
        {"measurements": [DOCUMENT["measurements"][0] | {"kwh_per_1k": 0.0}]},
    ],
    ids=json.dumps,
)
def test_what_is_not_ours_is_refused(change: dict[str, Any]) -> None:
    assert problems("results", DOCUMENT | change)


@pytest.mark.parametrize("where", ["document", "measurement"])
def test_plugins_have_keys_of_their_own(where: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    (document if where == "document" else document["measurements"][0])["x_rack"] = {"row": 4}
    assert problems("results", document) == []


def test_the_parts_that_both_hold_are_the_same() -> None:
    ours, theirs = schema("results")["$defs"], schema("baseline")["$defs"]
    assert ours["run"] == theirs["run"]
    assert ours["profile"] == theirs["profile"]


def test_every_field_of_a_verdict_and_of_a_run_is_described() -> None:
    parts = schema("results")["$defs"]
    assert set(parts["details"]["properties"]) == {field.name for field in fields(Verdict)}
    optional: dict[str, Any] = dict.fromkeys(OPTIONAL_NUMBERS, 1.0)
    optional |= dict.fromkeys(OPTIONAL_TEXTS, "x") | {"description": {"batch_size": 4}}
    optional |= {"environment": {"python": "3.11.7"}}
    run = Run(0.0, 0.0, 0.0, 0.0, 1, 1.0, 0.0, locked_clock_mhz=1, throttle_reasons=0,
              **optional)  # fmt: skip
    assert set(parts["run"]["properties"]) == to_record(run, "here").keys()
    for part in ("measured", "unmeasured"):
        assert parts[part]["properties"].keys() >= UNKNOWN.keys()
