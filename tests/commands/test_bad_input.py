"""Whatever is given: one line on stderr and exit code 2, or an answer; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pytest_inferenergy.cli import app
from tests.commands.conftest import Invoke, outcome, write_results
from tests.report.outcomes import budget

GOOD: dict[str, Any] = {"schema": 1, "settings": {}, "measurements": []}
FILES: dict[str, tuple[str, str]] = {
    "not JSON": ("{", "no valid JSON"),
    "not even text": ("\x00\udcff", "no valid JSON"),
    "NaN": ('{"schema": 1, "measurements": [NaN]}', "NaN is not a number"),
    "a list": ("[]", "no results"),
    "another document": ('{"a": 1}', "no results"),
    "a newer schema": ('{"schema": 7, "measurements": []}', "upgrade"),
    "a strange schema": ('{"schema": true, "measurements": []}', "schema True"),
    "no measurements": ('{"schema": 1}', "'measurements' is missing"),
    "measurements of another type": ('{"schema": 1, "measurements": 3}', "must be a list"),
    "a measurement of another type": ('{"schema": 1, "measurements": [3]}', "must be an object"),
    "no node id": ('{"schema": 1, "measurements": [{}]}', "'nodeid' is missing"),
    "baselines": ('{"schema": 1, "tests": {}, "profile": {}}', "give its folder"),
    "deep": ("[" * 100_000, "no valid JSON"),
}


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("command", ["accept", "compare"])
def test_a_file_that_is_no_results(
    inferenergy: Invoke, tmp_path: Path, command: str, text: str, message: str
) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    arguments = [path, path] if command == "compare" else [path]
    result = inferenergy(command, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("inferenergy: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "nowhere"],
        ["show", "empty"],
        ["compare", "nowhere", "nowhere"],
        ["compare", "empty", "empty"],
        ["accept", "nowhere"],
        ["accept", "empty"],
        ["mv", "a.py", "b.py", "--baselines", "nowhere"],
        ["mv", "a.py", "b.py", "--baselines", "empty"],
    ],
)
def test_a_place_that_is_not_there_or_empty(
    inferenergy: Invoke, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    result = inferenergy(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"gone": 1},
        {"gone": {"a": 1}},
        {"gone": {"a": [1]}},
        {"measurements": [outcome() | {"missing_meter": 1}]},
        {"measurements": [outcome() | {"missing_meter": {"meter": "nvml"}}]},
        {"measurements": [outcome() | {"missing_meter": {"meter": 1, "expected_by": "gpu"}}]},
    ],
    ids=lambda change: str(change)[:40],
)
def test_what_was_missed_is_of_another_type(
    inferenergy: Invoke, tmp_path: Path, change: dict[str, Any]
) -> None:
    path = write_results(tmp_path / "r.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    result = inferenergy("report", path, "--markdown", "r.md")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["nan", "-1", "much", "inf"])
def test_a_percentage_that_is_none(inferenergy: Invoke, value: str) -> None:
    result = inferenergy("compare", "a", "b", "--fail-over", value)
    assert result.exit_code == 2
    assert "--fail-over" in result.stderr


@pytest.mark.parametrize("field", ["joules_per_inference", "kwh_per_1k", "low"])
@pytest.mark.parametrize("value", [0, -1, "x", None, True, 1e300])
def test_a_figure_that_is_none(
    inferenergy: Invoke, tmp_path: Path, field: str, value: object
) -> None:
    path = write_results(tmp_path / "r.json", outcome() | {field: value})
    result = inferenergy("accept", path)
    assert result.exit_code == 2
    assert field in result.stderr


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a document something stands."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [(*at, k), *paths(v, (*at, k))]]
    return []


SOME = outcome(
    verdict="regressed", test_outcome="failed", failed_by_gate=True, budget=budget("within")
)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.sampled_from(paths(SOME)),
    value=st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(),
        st.lists(st.none(), max_size=2), st.dictionaries(st.text(), st.none(), max_size=2),
    ),
    command=st.sampled_from(["accept", "compare"]),
)  # fmt: skip
def test_any_one_value_changed_is_no_traceback(
    tmp_path: Path, place: tuple[Any, ...], value: object, command: str
) -> None:
    document = json.loads(json.dumps(SOME))
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path = write_results(tmp_path / "r.json", document, SOME | {"verdict": "passed"})
    extra = [str(path)] if command == "compare" else ["--baselines", str(tmp_path / "stored")]
    result = CliRunner().invoke(app, [command, str(path), *extra])
    assert result.exit_code in (0, 1, 2), result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit)
