"""A renamed test keeps its baselines and its old id."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given

from pytest_inferenergy.baselines.change import join, prune, restart
from pytest_inferenergy.baselines.format import parse, serialise
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.layout import take_apart
from pytest_inferenergy.baselines.renaming import node_id, rename, renames
from pytest_inferenergy.errors import BaselineError

from . import baseline_strategies as anything
from .baseline_examples import H200, NODEID, a_history, a_run, some_baselines

WHERE = "energy_baselines/nvidia-h200-x1-700w-nvml.json"
NEW = "tests/test_film.py::test_review"


def stored(*tests: str) -> Baselines:
    return Baselines(H200, {test: {"": a_history()} for test in tests})


def moved(baselines: Baselines, old: str, new: str) -> Baselines:
    return rename(baselines, renames(baselines, old, new))


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("a.py::test_x", "a.py::test_y", "a.py::test_x", "a.py::test_y"),
        ("a.py::test_x", "a.py::test_y", "a.py::test_x[8]", "a.py::test_y[8]"),
        ("a.py::test_x", "a.py::test_y", "a.py::test_x[a::b/c]", "a.py::test_y[a::b/c]"),
        ("a.py::test_x[8]", "a.py::test_x[b8]", "a.py::test_x[8]", "a.py::test_x[b8]"),
        ("a.py::test_x[8]", "a.py::test_x", "a.py::test_x[8]", "a.py::test_x"),
        ("a.py::T", "a.py::U", "a.py::T::test_x[8]", "a.py::U::test_x[8]"),
        ("a.py::T", "a.py", "a.py::T::test_x", "a.py::test_x"),
        ("a.py", "b.py::T", "a.py::test_x", "b.py::T::test_x"),
        ("t/a.py", "u/b.py", "t/a.py::T::test_x", "u/b.py::T::test_x"),
        ("t", "u/v", "t/w/a.py::test_x", "u/v/w/a.py::test_x"),
        ("t/[x]", "t/y", "t/[x]/a.py::test_x", "t/y/a.py::test_x"),
    ],
)
def test_what_an_id_stands_for(old: str, new: str, before: str, after: str) -> None:
    made = moved(stored(before), old, new)
    assert list(made.tests) == [after]
    assert made.ids(after) == (after, before)


@pytest.mark.parametrize(
    ("old", "other"),
    [
        ("a.py::test_x", "a.py::test_xy"),
        ("a.py::test_x", "b/a.py::test_x"),
        ("a.py::test_x[a", "a.py::test_x[a::b]"),
        ("a.py::test_x[a", "a.py::test_x[a[1]]"),
        ("a.py::T", "a.py::Test::test_x"),
        ("a.py", "a.pyi::test_x"),
        ("t", "tests/a.py::test_x"),
        ("t/a", "t/a.py::test_x"),
    ],
)
def test_what_only_begins_alike_is_another_test(old: str, other: str) -> None:
    assert renames(stored(other), old, "b.py::test_new") == {}


def test_runs_and_anchor_stay_and_other_tests_are_not_touched() -> None:
    before = join(some_baselines(a_run(), name="batch32"), "b.py::test_other", "", a_run())
    after = moved(before, NODEID, NEW)
    assert after.tests[NEW] is before.tests[NODEID]
    assert after.tests["b.py::test_other"] is before.tests["b.py::test_other"]


def test_a_test_renamed_several_times_knows_all_of_its_ids_newest_first() -> None:
    made = stored("a.py::a")
    for old, new in (("a", "b"), ("b", "c")):
        made = moved(made, f"a.py::{old}", f"a.py::{new}")
    assert made.ids("a.py::c") == ("a.py::c", "a.py::b", "a.py::a")
    back = moved(made, "a.py::c", "a.py::a")
    assert back.ids("a.py::a") == ("a.py::a", "a.py::c", "a.py::b")
    assert made.ids("a.py::never_renamed") == ("a.py::never_renamed",)


def test_an_id_that_is_taken_is_refused() -> None:
    with pytest.raises(
        BaselineError, match=r"'a.py::b' has baselines of its own beside .*'a.py::a"
    ):
        moved(stored("a.py::a", "a.py::b"), "a.py::a", "a.py::b")


def test_a_folder_may_move_into_itself() -> None:
    made = moved(stored("t/a.py::x", "t/u/a.py::x"), "t", "t/u")
    assert set(made.tests) == {"t/u/a.py::x", "t/u/u/a.py::x"}


def test_a_file_is_no_name_for_a_test() -> None:
    with pytest.raises(BaselineError, match="write FILE::TEST"):
        moved(stored("a.py::test_x[1]"), "a.py::test_x", "b.py")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("./tests/a.py::test_x", "tests/a.py::test_x"),
        ("tests/", "tests"),
        ("tests\\unit\\a.py::test_x[c\\d]", "tests/unit/a.py::test_x[c\\d]"),
        ("a/../b.py", "b.py"),
    ],
)
def test_ids_are_taken_as_the_shell_completes_them(typed: str, meant: str) -> None:
    assert node_id(typed) == meant


@pytest.mark.parametrize("typed", ["", "::test_x", "/a.py::x", "C:/a.py::x", "../a.py::x", ".",
                                   "a.py::x\n", "a.py::\x1b[2J", "a.py::\udcff"])  # fmt: skip
def test_what_is_no_id_is_refused(typed: str) -> None:
    with pytest.raises(BaselineError, match="the test id"):
        node_id(typed)


class TestFile:
    def test_a_renamed_test_is_one_line_more(self) -> None:
        lines = serialise(moved(some_baselines(), NODEID, NEW)).splitlines()
        assert lines[:5] == [
            "{",
            '  "former_ids": {',
            f'    "{NEW}": ["{NODEID}"]',
            "  },",
            '  "profile": {"components": ["gpu"], "count": 1, "device": "NVIDIA H200", '
            '"meter": "nvml", "mig": false, "power_limit_watts": 700},',
        ]

    def test_a_file_without_renamed_tests_is_what_it_was(self) -> None:
        assert "former" not in serialise(some_baselines())

    @given(anything.baselines)
    def test_it_is_read_as_it_was_written_in_either_layout(self, made: Baselines) -> None:
        text = serialise(made)
        read = parse(text.encode(), WHERE)
        assert read.former == made.former
        assert serialise(read) == text
        assert parse(json.dumps(json.loads(text)).encode(), WHERE).former == made.former

    def test_it_is_read_line_by_line_all_the_same(self) -> None:
        assert take_apart(serialise(moved(some_baselines(), NODEID, NEW))) is not None
        assert take_apart(serialise(stored())) is not None

    def test_new_runs_keep_the_old_ids(self) -> None:
        made = moved(some_baselines(), NODEID, NEW)
        for change in (join, restart):
            assert change(made, NEW, "", a_run(windows=3)).ids(NEW) == (NEW, NODEID)

    def test_the_old_ids_go_with_their_test(self) -> None:
        made = moved(some_baselines(), NODEID, NEW)
        assert prune(made, {NEW}) == made
        assert "former" not in serialise(prune(made, set()))

    def test_old_ids_that_a_merge_left_without_their_test_are_dropped(self) -> None:
        document = json.loads(serialise(some_baselines()))
        document["former_ids"] = {NEW: ["a.py::x"], NODEID: ["a.py::y", "a.py::y"]}
        read = parse(json.dumps(document).encode(), WHERE)
        assert read.former == {NODEID: ("a.py::y",)}

    @pytest.mark.parametrize(
        "former",
        [{NODEID: {}}, {NODEID: "a.py::x"}, {NODEID: [1]}, {NODEID: [""]}, {NODEID: ["/a.py::x"]}],
    )
    @pytest.mark.parametrize("laid_out", [True, False])
    def test_anything_else_there_is_refused(self, former: Sequence[object], laid_out: bool) -> None:
        document = json.loads(serialise(some_baselines())) | {"former_ids": former}
        text = json.dumps(document)
        if laid_out:
            whole = json.dumps(former)
            lines = serialise(moved(some_baselines(), NODEID, NEW)).replace(NEW, NODEID)
            text = lines.replace(f'"{NODEID}": ["{NODEID}"]', whole[1:-1])
        with pytest.raises(BaselineError, match=r"former_ids|no valid JSON"):
            parse(text.encode(), WHERE)
