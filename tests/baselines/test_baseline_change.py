from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.baselines.change import join, prune, restart
from pytest_inferenergy.baselines.history import Baselines, History
from pytest_inferenergy.stats.runs import Run

from . import baseline_strategies as anything
from .baseline_examples import H200, NODEID, NOON, a_run, some_baselines


def stored(baselines: Baselines, nodeid: str = NODEID, name: str = "") -> History:
    history = baselines.history(nodeid, name)
    assert history is not None
    return history


def test_first_run_is_the_anchor() -> None:
    history = stored(join(Baselines(H200), NODEID, "", a_run(log_joules=0.5)))
    assert (history.anchor.log_joules, history.anchor.time) == (0.5, NOON)
    assert history.runs == (a_run(log_joules=0.5),)


def test_joining_keeps_what_was_there_and_the_anchor() -> None:
    before = some_baselines(a_run(log_joules=0.1))
    later = a_run(log_joules=0.2, time=NOON + 60)
    history = stored(join(before, NODEID, "", later))
    assert history.anchor == stored(before).anchor
    assert history.runs == (*stored(before).runs, later)


def test_joining_twice_counts_once() -> None:
    once = join(Baselines(H200), NODEID, "", a_run())
    assert join(once, NODEID, "", a_run()) == once


def test_twenty_first_run_pushes_out_the_oldest() -> None:
    made = Baselines(H200)
    for n in range(25):
        made = join(made, NODEID, "", a_run(time=NOON + n))
    assert [run.time - NOON for run in stored(made).runs] == list(range(5, 25))
    assert stored(made).anchor.time == NOON


def test_run_that_ended_earlier_is_put_in_its_place() -> None:
    made = join(some_baselines(a_run()), NODEID, "", a_run(time=NOON - 60))
    assert [run.time - NOON for run in stored(made).runs] == [-60, 0]


def test_accepting_begins_a_new_list_and_keeps_the_anchor() -> None:
    before = some_baselines(a_run(log_joules=0.1), a_run(log_joules=0.11, time=NOON + 9))
    history = stored(restart(before, NODEID, "", a_run(log_joules=0.3, time=NOON + 60)))
    assert history.anchor.log_joules == 0.1
    assert [run.log_joules for run in history.runs] == [0.3]


def test_slow_creep_is_seen_from_the_anchor() -> None:
    made = some_baselines(a_run(log_joules=0.0))
    for step in range(1, 11):
        made = restart(made, NODEID, "", a_run(log_joules=0.04 * step, time=NOON + step))
    assert stored(made).runs[-1].log_joules - stored(made).anchor.log_joules == 0.4


def test_pruning_deletes_only_tests_that_no_longer_exist() -> None:
    made = join(some_baselines(), "tests/test_gone.py::test_y", "", a_run())
    assert prune(made, {NODEID, "tests/test_new.py::test_z"}) == some_baselines()


@given(anything.baselines, anything.texts, anything.names, anything.runs, st.booleans())
def test_a_change_touches_only_the_measurement_named(
    made: Baselines, nodeid: str, name: str, run: Run, accept: bool
) -> None:
    before = {
        (test, n): history for test, names in made.tests.items() for n, history in names.items()
    }
    changed = (restart if accept else join)(made, nodeid, name, run)
    after = {
        (test, n): history for test, names in changed.tests.items() for n, history in names.items()
    }
    assert set(after) == {*before, (nodeid, name)}
    for key in before.keys() - {(nodeid, name)}:
        assert after[key] is before[key]
