"""Numbers that a document may hold, and that nothing can be divided by or take the logarithm of."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pytest_inferenergy.cli import app
from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.report.document import results_document
from pytest_inferenergy.report.html.ladder import ladder
from pytest_inferenergy.session.ending import _write
from tests.commands.conftest import Invoke
from tests.report.documents import full

ODD = (0, 0.0, -0.0, -1, 1, 5e-324, -5e-324, 1e-300, 1e300, -1e300, 1.7976931348623157e308, 10**400)
LARGE = (*ODD, "1e999")
"""The last is infinity to Python's parser."""


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where numbers stand; of a list of many, the first."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [at]
    if isinstance(value, dict):
        return [place for key, inner in value.items() for place in places(inner, (*at, key))]
    if isinstance(value, list):
        return [place for n, inner in enumerate(value[:1]) for place in places(inner, (*at, n))]
    return []


def whole() -> dict[str, Any]:
    """A document with a number wherever there may be one."""
    base = results_document([full("t.py::test_a", change=0.1)], [], settings={}, summary="s")
    budget = {"text": "1 J", "kwh_per_1k": 1.0, "word": "blown", "excess": 0.5}
    base["measurements"][0] |= {
        "budget": budget | {"low_kwh_per_1k": 0.9},
        "tokens_per_inference": 3.0, "joules_per_token": 2.0, "tokens_per_joule": 0.5,
        "images_per_inference": 1.0, "joules_per_image": 5.0, "gco2_per_1k": 3.0,
        "phases": {"prefill": {"joules_per_inference": 1.0, "seconds_per_inference": 1.0,
                               "stderr": 0.1, "joules_per_token": 1.0}},
        "joules_by_device": {"a": 1.0, "b": 2.0},
    }  # fmt: skip
    turns = {"nodeid": "t.py::test_b", "name": None, "ratio": 1.0, "low": 0.9, "high": 1.1,
             "pairs": 12, "time_ratio": 1.0, "power_ratio": 1.0, "verdict": "passed",
             "reason": None}  # fmt: skip
    equivalents = [{"name": "kettle", "kwh": 0.1, "source": "a litre boiled"}]
    carbon = {"grams_per_kwh": 50.0, "origin": "FRA"}
    base |= {"settings": {"equivalents": equivalents}, "carbon": carbon, "comparisons": [turns]}
    found: dict[str, Any] = json.loads(json.dumps(base))
    return found


WHOLE = whole()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(places(WHOLE)), odd=st.sampled_from(LARGE))
@example(place=("measurements", 0, "window_list", 0, "inferences"), odd=0)
@example(place=("measurements", 0, "study", "ratio_to_below"), odd=0)
@example(place=("measurements", 0, "study", "ratio_to_below"), odd=-1)
@example(place=("settings", "equivalents", 0, "kwh"), odd=0)
@example(place=("measurements", 0, "history", 0, "kwh_per_1k"), odd=0)
@example(place=("measurements", 0, "low"), odd=-1)
def test_any_number_gives_a_report_or_is_refused_by_name(
    tmp_path: Path, place: tuple[Any, ...], odd: object
) -> None:
    text = json.dumps(_with(WHOLE, place, odd)).replace('"1e999"', "1e999")
    path = tmp_path / "r.json"
    path.write_text(text)
    for kind in ("markdown", "csv", "html"):
        target = tmp_path / f"r.{kind}"
        result = CliRunner().invoke(app, ["report", str(path), f"--{kind}", str(target)])
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            kind, result.exception,
        )  # fmt: skip
        assert (result.exit_code == 0) == target.exists()
        assert result.exit_code == 0 or result.stderr.count("\n") == 1
        target.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            ("measurements", 0, "window_list", 0, "inferences"),
            "'inferences' must be a number",
        ),
        (("settings", "equivalents", 0, "kwh"), "'kwh' must be a number above 0, not 0"),
    ],
)
def test_a_divisor_of_0_is_named(
    inferenergy: Invoke, tmp_path: Path, place: tuple[Any, ...], message: str
) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(_with(WHOLE, place, 0)))
    result = inferenergy("report", path, "--html", tmp_path / "r.html")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "r.html").exists()


@pytest.mark.parametrize("ratio", [0, -1.5, None])
def test_a_ratio_that_has_no_logarithm_is_left_out(ratio: float | None) -> None:
    study = WHOLE["measurements"][0]["study"]
    found = ladder(study | {"task": "a-task-of-later", "ratio_to_below": ratio})
    assert found is not None
    assert [rung["task"] for rung in found["rungs"]] == ["summarization", "a-task-of-later"]


@pytest.mark.parametrize("spoilt", [{}, {"measurements": [{}]}, {"measurements": 3}])
def test_a_plugin_that_spoils_a_report_is_named(tmp_path: Path, spoilt: dict[str, Any]) -> None:
    session: Any = SimpleNamespace(document=spoilt)
    with pytest.raises(InferenergyError, match="--energy-csv: a plugin spoilt the results"):
        _write(session, "csv", tmp_path / "r.csv")


def _with(data: dict[str, Any], place: tuple[Any, ...], value: object) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(data))
    inner: Any = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed
