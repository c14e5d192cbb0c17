from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.baselines import json_text
from pytest_inferenergy.baselines.format import parse, serialise
from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.stats.runs import Run

from . import baseline_strategies as anything
from .baseline_examples import H200, NODEID, NOON, a_history, a_run, some_baselines

WHERE = "energy_baselines/nvidia-h200-x1-700w-nvml.json"


def read(text: str) -> Baselines:
    return asked(parse(text.encode(), WHERE))


def asked(made: Baselines) -> Baselines:
    """Ask for all runs: those of a file laid out as ours are not read before."""
    for names in made.tests.values():
        for history in names.values():
            assert history.runs
    return made


def document(**run: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(serialise(some_baselines()))
    made["tests"][NODEID][""]["runs"][0].update(run)
    return made


def complaint(made: object) -> str:
    with pytest.raises(BaselineError) as caught:
        read(json.dumps(made))
    return str(caught.value)


# What the file looks like


def test_each_run_is_one_line() -> None:
    lines = serialise(some_baselines(*(a_run(time=NOON + n) for n in range(5)))).splitlines()
    records = [json.loads(line.rstrip(",")) for line in lines if '"windows"' in line]
    assert [record["windows"] for record in records] == [9] * 5


def test_one_more_run_changes_nothing_but_its_own_line_and_a_comma() -> None:
    old = [a_run(time=NOON + n, windows=9 + n) for n in range(3)]
    before = serialise(some_baselines(*old)).splitlines()
    after = serialise(some_baselines(*old, a_run(time=NOON + 9))).splitlines()
    assert len(after) == len(before) + 1
    changed = [line for line in before if line not in after]
    assert [line + "," in after for line in changed] == [True]


def test_file_ends_with_one_newline_and_is_ascii() -> None:
    text = serialise(some_baselines(nodeid="tests/test_müsli.py::test_x"))
    assert text.isascii()
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")


def test_keys_are_sorted_at_every_level() -> None:
    made = Baselines(
        H200,
        {nodeid: {name: a_history() for name in ("b", "", "a")} for nodeid in ("z", "a")},
    )

    def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
        return dict(pairs)

    json.loads(serialise(made), object_pairs_hook=in_order)


def test_levels_are_stored_as_joules_and_seconds_with_four_digits() -> None:
    run = a_run(log_joules=math.log(1.234567), log_seconds=math.log(0.0123456), stderr=0.00123456)
    (record,) = json.loads(serialise(some_baselines(run)))["tests"][NODEID][""]["runs"]
    assert record["joules_per_inference"] == 1.235
    assert record["seconds_per_inference"] == 0.01235
    assert record["stderr"] == 0.001235


def test_times_are_iso_8601_utc_seconds() -> None:
    (record,) = json.loads(serialise(some_baselines(a_run(time=NOON + 0.3))))["tests"][NODEID][""][
        "runs"
    ]
    assert record["time"] == "2026-11-22T12:00:00Z"


def test_unknown_facts_have_no_field() -> None:
    assert "null" not in serialise(some_baselines(a_run()))


def test_only_the_newest_twenty_runs_are_kept() -> None:
    made = some_baselines(*(a_run(time=NOON + n) for n in range(30)))
    (history,) = read(serialise(made)).tests[NODEID].values()
    assert [run.time - NOON for run in history.runs] == list(range(10, 30))


def test_order_of_joining_does_not_show() -> None:
    one, other = a_run(windows=9), a_run(windows=10)
    made = Anchor(0.0, NOON)
    assert serialise(Baselines(H200, {NODEID: {"": History(made, (one, other))}})) == serialise(
        Baselines(H200, {NODEID: {"": History(made, (other, one))}})
    )


def test_run_that_a_merge_doubled_counts_once() -> None:
    made = document()
    runs = made["tests"][NODEID][""]["runs"]
    runs.append(dict(runs[0]))
    history = read(json.dumps(made)).history(NODEID)
    assert history is not None
    assert len(history.runs) == 1


def test_empty_baselines_survive() -> None:
    assert read(serialise(Baselines(H200))) == Baselines(H200)


def test_byte_order_mark_and_windows_line_ends_are_harmless() -> None:
    text = serialise(some_baselines())
    assert parse(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), WHERE) == read(text)


# Round trips


def test_every_fact_of_a_run_survives() -> None:
    facts = {
        "str | None": "abc",
        "int | None": 7,
        "float | None": 7.5,
        "Mapping[str, str]": {"torch": "2.13.0+cpu"},
    }
    extra = {f.name: facts[str(f.type)] for f in dataclasses.fields(Run) if str(f.type) in facts}
    run = a_run(inferences_per_call=32, concurrency=4, **extra)
    history = read(serialise(some_baselines(run))).history(NODEID)
    assert history is not None
    (stored,) = history.runs
    for field in dataclasses.fields(Run):
        expected = getattr(run, field.name)
        assert getattr(stored, field.name) == (
            pytest.approx(expected, rel=5.1e-4) if isinstance(expected, float) else expected
        ), field.name


@given(anything.baselines)
def test_what_was_written_is_read_and_written_again_byte_for_byte(made: Baselines) -> None:
    text = serialise(made)
    again = read(text)
    assert serialise(again) == text
    assert read(serialise(again)) == again


@given(anything.runs)
def test_levels_lose_at_most_one_in_two_thousand(run: Run) -> None:
    history = read(serialise(some_baselines(run))).history(NODEID)
    assert history is not None
    assert history.runs[0].log_joules == pytest.approx(run.log_joules, abs=5.1e-4)
    assert history.runs[0].log_seconds == pytest.approx(run.log_seconds, abs=5.1e-4)
    assert abs(history.runs[0].time - run.time) <= 0.5


# Broken files


@given(st.binary(max_size=300))
def test_any_bytes_are_baselines_or_a_baseline_error(data: bytes) -> None:
    with contextlib.suppress(BaselineError):
        parse(data, WHERE)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.data(), anything.baselines, json_values)
def test_any_value_in_any_place_is_baselines_or_a_baseline_error(
    data: st.DataObject, made: Baselines, value: object
) -> None:
    parent: Any = json.loads(serialise(made))
    whole = parent
    while True:
        keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        key = data.draw(st.sampled_from(keys))
        deeper = isinstance(parent[key], (dict, list)) and len(parent[key]) > 0
        if not deeper or data.draw(st.booleans()):
            break
        parent = parent[key]
    parent[key] = value
    with contextlib.suppress(BaselineError):
        serialise(read(json.dumps(whole)))


@given(st.data(), anything.baselines)
def test_truncated_files_are_refused(data: st.DataObject, made: Baselines) -> None:
    text = serialise(made).rstrip()
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(BaselineError, match="no valid JSON"):
        read(text[:cut])


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("joules_per_inference", 0, "must be above 0, not 0"),
        ("joules_per_inference", -1.5, "must be above 0, not -1.5"),
        ("joules_per_inference", "1.2", "must be a number, not '1.2'"),
        ("joules_per_inference", True, "must be a number, not True"),
        ("joules_per_inference", 10**400, "must be finite"),
        ("stderr", -0.1, "must not be negative"),
        ("windows", 0, "must be at least 1"),
        ("windows", 2.5, "must be a whole number"),
        ("time", "yesterday", "must look like 2026-11-22T15:44:00Z, not 'yesterday'"),
        ("time", "2026-02-30T00:00:00Z", "must look like"),
        ("time", "1969-12-31T23:59:59Z", "before 1970"),
        ("commit", "/home/alice/model", "absolute path"),
        ("commit", "C:\\model", "absolute path"),
        ("driver", "", "must not be empty"),
        ("libraries", [], "must be an object"),
        ("flavour", 1, "unknown field 'flavour'"),
    ],
)
def test_wrong_field_is_named_with_file_test_and_run(field: str, value: object, rule: str) -> None:
    message = complaint(document(**{field: value}))
    assert message.startswith(f"{WHERE}: test {NODEID!r}, run 1")
    assert field in message
    assert rule in message
    assert f"git checkout -- {WHERE}" in message
    assert "--energy-update" in message


def test_missing_field_is_named() -> None:
    made = document()
    del made["tests"][NODEID][""]["runs"][0]["windows"]
    assert f"test {NODEID!r}, run 1: the field 'windows' is missing" in complaint(made)


def test_test_without_measurement_is_refused() -> None:
    made = document()
    made["tests"][NODEID] = {}
    assert f"test {NODEID!r} holds no measurement" in complaint(made)


def test_measurement_named_by_a_path_is_refused() -> None:
    made = document()
    made["tests"][NODEID] = {"/home/alice": made["tests"][NODEID][""]}
    assert "the name must not be an absolute path" in complaint(made)


def test_named_measurement_is_named_in_the_message() -> None:
    made = document()
    made["tests"][NODEID] = {"batch32": {**made["tests"][NODEID][""], "runs": []}}
    assert f"test {NODEID!r}, measurement 'batch32': 'runs' must hold" in complaint(made)


def test_newer_schema_says_how_to_upgrade() -> None:
    assert complaint({"schema": 7, "measurements": []}) == (
        f"{WHERE}: written by a newer pytest-inferenergy (schema 7); "
        "upgrade: pip install -U pytest-inferenergy"
    )


@pytest.mark.parametrize("schema", [0, -1, True, "1", None, 1.5])
def test_schema_that_never_was_is_refused(schema: object) -> None:
    assert "'schema' must be 1" in complaint({**document(), "schema": schema})


@pytest.mark.parametrize("foreign", [[], {}, 3, "x", None, {"name": "package", "version": "1"}])
def test_foreign_json_is_recognised(foreign: object) -> None:
    assert "no baseline file of pytest-inferenergy" in complaint(foreign)


def test_unfinished_merge_is_recognised() -> None:
    lines = serialise(some_baselines()).splitlines()
    lines[8:8] = ["<<<<<<< HEAD", lines[8], "=======", lines[8], ">>>>>>> feature"]
    with pytest.raises(BaselineError, match=r"unfinished git merge .* keep the lines of both"):
        read("\n".join(lines))


def test_duplicate_keys_are_refused() -> None:
    text = serialise(some_baselines()).replace('"windows": 9', '"windows": 9, "windows": 8')
    with pytest.raises(BaselineError, match="'windows' occurs twice"):
        read(text)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_not_a_number_is_refused(constant: str) -> None:
    text = serialise(some_baselines()).replace('"stderr": 0.001', f'"stderr": {constant}')
    with pytest.raises(BaselineError, match=r"is not a number|must be finite"):
        read(text)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_refused(opening: str) -> None:
    with pytest.raises(BaselineError, match="nested too deeply"):
        read(opening * 200_000)


@pytest.mark.parametrize("depth", [10, 500, 900, 950, 980, 990, 1000, 2000, 5000, 9000, 50_000])
def test_nesting_in_a_field_is_refused_at_any_depth(depth: int) -> None:
    text = serialise(some_baselines()).replace(
        '"windows": 9', '"windows": ' + "[" * depth + "]" * depth
    )
    with pytest.raises(BaselineError, match=r"'windows' must be a whole|nested too deeply"):
        read(text)


def test_huge_whole_number_is_refused() -> None:
    with pytest.raises(BaselineError):
        read('{"schema": ' + "9" * 10_000 + "}")


def test_too_large_file_is_refused_unparsed() -> None:
    with pytest.raises(BaselineError, match="50 MB is too large"):
        parse(b" " * (json_text.LARGEST_FILE + 1), WHERE)


def test_other_encodings_are_refused() -> None:
    with pytest.raises(BaselineError, match="no valid JSON"):
        parse(serialise(some_baselines()).encode("utf-16"), WHERE)


# What must not be written


@pytest.mark.parametrize("field", ["log_joules", "log_seconds", "stderr", "waiting_watts"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 1e6])
def test_figure_that_is_no_level_is_not_written(field: str, value: float) -> None:
    if value == 1e6 and not field.startswith("log"):
        value = 1e40
    with pytest.raises(BaselineError, match=f"test '{NODEID}', run 1: '{field}' cannot be stored"):
        serialise(some_baselines(a_run(**{field: value})))


@pytest.mark.parametrize("value", [-math.inf, -1e6])
def test_zero_joules_are_not_written(value: float) -> None:
    with pytest.raises(BaselineError, match="'joules_per_inference' must be above 0"):
        serialise(some_baselines(a_run(log_joules=value)))


@pytest.mark.parametrize("time", [-1.0, math.nan, math.inf, 1e12])
def test_impossible_time_is_not_written(time: float) -> None:
    with pytest.raises(BaselineError, match="time"):
        serialise(some_baselines(a_run(time=time)))


@pytest.mark.parametrize("nodeid", ["/home/alice/test_x.py::test_y", "C:\\x.py::test_y", ""])
def test_test_outside_the_project_is_not_written(nodeid: str) -> None:
    with pytest.raises(BaselineError, match=r"the test id .* must not be"):
        serialise(some_baselines(nodeid=nodeid))


def test_text_that_is_not_unicode_is_not_written() -> None:
    with pytest.raises(BaselineError, match="valid Unicode"):
        serialise(some_baselines(nodeid="tests/test_x.py::test_y[\ud800]"))
