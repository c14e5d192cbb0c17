"""A file laid out as ours is read line by line: a run when its test asks for it, not before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from pytest_inferenergy.baselines.change import join, restart
from pytest_inferenergy.baselines.format import parse, serialise
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.layout import take_apart
from pytest_inferenergy.baselines.store import load, path_of, update
from pytest_inferenergy.errors import BaselineError

from . import baseline_strategies as anything
from .baseline_examples import H200, NODEID, NOON, a_history, a_run

OTHER = "tests/test_other.py::test_x"
WHERE = "energy_baselines/nvidia-h200-x1-700w-nvml.json"


def two_tests() -> str:
    runs = [a_run(time=NOON + n) for n in range(3)]
    tests = {nodeid: {"": a_history(*runs)} for nodeid in (NODEID, OTHER)}
    return serialise(Baselines(H200, tests))


def damaged(old: str = '"stderr": 0.001', new: str = '"stderr": -1') -> str:
    """One line of the first test holds no run."""
    return two_tests().replace(old, new, 1)


@given(anything.baselines)
def test_what_is_written_is_laid_out_so(made: Baselines) -> None:
    assert take_apart(serialise(made)) is not None


@given(anything.baselines)
def test_another_layout_holds_the_same(made: Baselines) -> None:
    text = serialise(made)
    anew = json.dumps(json.loads(text))
    assert take_apart(anew) is None
    assert parse(anew.encode(), WHERE) == parse(text.encode(), WHERE)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_of_either_kind_are_read_line_by_line(ends: str) -> None:
    stored = parse(damaged().replace("\n", ends).encode(), WHERE)
    assert stored.tests[OTHER][""].runs[0].windows == 9


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"stderr": 0.001', '"stderr": -1', "must not be negative"),
        ('"stderr": 0.001', '"stderr": NaN', "NaN is not a number"),
        ('"stderr": 0.001', '"stderr": 1, "stderr": 2', "'stderr' occurs twice"),
        ('"stderr": 0.001', '"stderr": 0.001}, {"stderr": 0.001', "no valid JSON"),
        ('"windows": 9}', "}", "no valid JSON"),
    ],
)
def test_a_line_that_is_no_run_is_complained_about_when_it_is_asked_for(
    old: str, new: str, problem: str
) -> None:
    stored = parse(damaged(old, new).encode(), WHERE)
    assert len(stored.tests[OTHER][""].runs) == 3
    with pytest.raises(BaselineError, match=problem) as caught:
        assert stored.tests[NODEID][""].runs
    message = str(caught.value)
    assert message.startswith(f"{WHERE}: test {NODEID!r}, run 1: ")
    assert message.endswith("--energy-update")


def test_a_line_that_nobody_touches_is_written_as_it_was_read(tmp_path: Path) -> None:
    path = path_of(tmp_path, H200)
    path.write_text(damaged())
    update(tmp_path, H200, lambda stored: join(stored, OTHER, "", a_run(time=NOON + 9)))
    before, after = damaged().splitlines(), path.read_text().splitlines()
    assert len(after) == len(before) + 1
    assert after[: len(before) // 2] == before[: len(before) // 2]


def test_a_line_that_is_no_run_is_not_thrown_away_by_a_new_beginning(tmp_path: Path) -> None:
    path = path_of(tmp_path, H200)
    path.write_text(damaged())
    with pytest.raises(BaselineError, match="must not be negative"):
        update(tmp_path, H200, lambda stored: restart(stored, NODEID, "", a_run()))
    assert path.read_text() == damaged()


def test_a_run_without_a_time_joins_no_others(tmp_path: Path) -> None:
    path = path_of(tmp_path, H200)
    text = damaged('"time": "2026-11-22T12:00:00Z", "window_sd"', '"time": "noon", "window_sd"')
    path.write_text(text)
    with pytest.raises(BaselineError, match="'time' must look like"):
        update(tmp_path, H200, lambda stored: join(stored, NODEID, "", a_run(time=NOON + 9)))
    assert path.read_text() == text


def test_runs_of_a_merge_are_put_in_order_when_their_test_is_updated(tmp_path: Path) -> None:
    lines = two_tests().splitlines()
    first = next(n for n, line in enumerate(lines) if '"windows"' in line)
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    lines.insert(first, lines[first])
    path_of(tmp_path, H200).write_text("\n".join(lines) + "\n")
    update(tmp_path, H200, lambda stored: join(stored, NODEID, "", a_run(time=NOON + 9)))
    stored = load(tmp_path, H200)
    assert stored is not None
    assert [run.time - NOON for run in stored.tests[NODEID][""].runs] == [0, 1, 2, 9]


def test_the_twenty_newest_are_kept_without_reading_them(tmp_path: Path) -> None:
    for n in range(25):
        run = a_run(time=NOON + n)
        update(tmp_path, H200, lambda stored, run=run: join(stored, NODEID, "", run))  # type: ignore[misc]
    stored = load(tmp_path, H200)
    assert stored is not None
    assert [run.time - NOON for run in stored.tests[NODEID][""].runs] == list(range(5, 25))


def test_tests_out_of_order_are_read_and_put_in_order(tmp_path: Path) -> None:
    text = two_tests().replace(NODEID, "tests/test_zebra.py::test_x")
    assert take_apart(text) is None
    path_of(tmp_path, H200).write_text(text)
    update(tmp_path, H200, lambda stored: join(stored, OTHER, "", a_run(time=NOON + 9)))
    stored = load(tmp_path, H200)
    assert stored is not None
    assert list(stored.tests) == [OTHER, "tests/test_zebra.py::test_x"]


def test_a_test_that_comes_twice_is_refused() -> None:
    with pytest.raises(BaselineError, match="occurs twice"):
        parse(two_tests().replace(OTHER, NODEID).encode(), WHERE)


def test_a_file_cut_between_lines_is_refused() -> None:
    lines = two_tests().splitlines()
    for length in range(1, len(lines)):
        with pytest.raises(BaselineError, match="no valid JSON"):
            parse("\n".join(lines[:length]).encode(), WHERE)
