"""Energy at the baseline's pace: what the code changed where the GPU waits for its host."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pytest_inferenergy.deciding import waiting
from pytest_inferenergy.deciding.decide import decide
from pytest_inferenergy.deciding.margins import Margins
from pytest_inferenergy.deciding.pace import split
from pytest_inferenergy.deciding.run import Run
from pytest_inferenergy.meters.timeline import Timeline
from tests.deciding.examples import DAY, TRACES, a_run, estimate, host_bound_run, stored


def recorded_runs(count: int, calls: int, windows: int) -> list[Run]:
    """The host-bound recording cut into ``count`` runs of windows of ``calls`` calls each."""
    with gzip.open(TRACES / "host_bound_gpt2_gen8.json.gz") as stream:
        data = json.load(stream)
    timeline = Timeline(
        [(t, mj / 1e3) for t, mj in data["energy_counter"]],
        [(t, mw / 1e3) for t, mw in data["power_samples"]],
    )
    inferences = data["inferences"][5:]
    starts = np.linspace(0, len(inferences) - calls * windows, count).astype(int)
    runs = []
    for day, start in enumerate(starts):
        edges = [
            (inferences[first][0], inferences[first + calls - 1][1])
            for first in range(start, start + calls * windows, calls)
        ]
        runs.append(
            estimate(
                [timeline.energy_between(a, b).joules / calls for a, b in edges],
                [(b - a) / calls for a, b in edges],
            ).to_run(day * DAY, power_limit_watts=700.0)
        )
    return runs


WORDS = ["improved", "passed", "inconclusive", "regressed"]


def replayed(runs: list[Run], sessions: int, change: float, repeats: int = 400) -> dict[str, float]:
    """Shares of verdicts over random draws of stored runs and a new one."""
    rng, found = np.random.default_rng(12), Counter[str]()
    for _ in range(repeats):
        new, *old = rng.permutation(len(runs))[: sessions + 1]
        baseline = [replace(runs[k], time=day * DAY) for day, k in enumerate(old)]
        fresh = replace(runs[new], log_joules=runs[new].log_joules + math.log1p(change))
        found[decide(fresh, baseline).verdict] += 1
    return {word: found[word] / repeats for word in WORDS}


def at_pace_sd(runs: list[Run]) -> float:
    power = waiting.waiting_power(runs)
    assert power is not None
    pace = math.exp(np.mean([run.log_seconds for run in runs]))
    moved = [
        math.exp(run.log_joules) - power.watts * (math.exp(run.log_seconds) - pace) for run in runs
    ]
    return float(np.std(np.log(moved), ddof=1))


def test_recorded_runs_agree_at_one_pace_although_their_totals_wander() -> None:
    runs = recorded_runs(40, 1, 7)
    assert np.std([run.log_joules for run in runs]) > 0.05
    assert at_pace_sd(runs) < 0.01


@pytest.mark.parametrize(("calls", "windows"), [(1, 7), (5, 8)])
def test_recorded_unchanged_code_passes(calls: int, windows: int) -> None:
    found = replayed(recorded_runs(40, calls, windows), 5, 0.0)
    assert found["passed"] + found["improved"] >= 0.95
    assert found["regressed"] == 0


def test_recorded_code_with_more_work_is_found() -> None:
    found = replayed(recorded_runs(40, 5, 8), 5, 0.15)
    assert found["regressed"] >= 0.95


def baseline_of(rng: np.random.Generator, count: int = 5) -> list[Run]:
    return [host_bound_run(rng, day=day) for day in range(count)]


def test_a_noisy_host_is_passed_with_the_pace_not_gated() -> None:
    rng = np.random.default_rng(13)
    found = decide(host_bound_run(rng, day=99), baseline_of(rng))
    assert found.verdict == "passed"
    assert found.flags == ("pace_not_gated",)
    assert found.waiting_watts == pytest.approx(130, rel=0.05)
    assert found.waiting_share == pytest.approx(0.94, abs=0.03)
    assert abs(found.energy_at_pace_change or 1.0) < 0.02


def test_more_work_at_the_same_pace_is_found_although_the_total_is_noisy() -> None:
    rng = np.random.default_rng(14)
    found = decide(host_bound_run(rng, day=99, work=1.15), baseline_of(rng))
    assert found.verdict == "regressed"
    assert found.low is not None
    assert found.low < 0.05
    assert found.energy_at_pace_low is not None
    assert found.energy_at_pace_low > 0.05
    assert found.reason.startswith("energy at the baseline's pace")


def test_a_host_twice_as_slow_is_regressed_by_the_total() -> None:
    rng = np.random.default_rng(15)
    found = decide(host_bound_run(rng, day=99, pace=0.1), baseline_of(rng, 10))
    assert found.verdict == "regressed"
    assert found.reason.startswith("energy rose")
    assert abs(found.energy_at_pace_change or 1.0) < 0.05


def test_a_host_that_siblings_slow_down_is_no_regression() -> None:
    rng = np.random.default_rng(15)
    slow = decide(host_bound_run(rng, day=99, pace=0.06), baseline_of(rng, 10), pace_gated=False)
    assert (slow.verdict, slow.flags) == ("passed", ("pace_not_gated",))
    more = host_bound_run(rng, day=99, pace=0.06, work=1.2)
    assert decide(more, baseline_of(rng, 10), pace_gated=False).verdict == "regressed"


def test_a_processor_does_not_wait_for_itself() -> None:
    """There longer work is more work, however evenly energy follows time."""
    rng = np.random.default_rng(18)
    slow, runs = host_bound_run(rng, day=99, pace=0.0734), baseline_of(rng)
    assert decide(slow, runs).verdict == "passed"  # a card: its host may be slow
    alone = decide(slow, runs, waits=False)
    assert alone.verdict in ("inconclusive", "regressed")
    assert alone.energy_at_pace_change is None
    much = host_bound_run(rng, day=99, pace=0.2)
    assert decide(much, runs, waits=False).verdict == "regressed"
    beside_others = decide(much, runs, waits=False, pace_gated=False)
    assert (beside_others.verdict, beside_others.flags) == ("inconclusive", ("pace_not_gated",))


def test_unchanged_work_of_a_processor_on_a_shared_machine_raises_no_false_alarm() -> None:
    rng, words = np.random.default_rng(19), Counter[str]()
    for _ in range(400):
        words[decide(host_bound_run(rng, day=99), baseline_of(rng), waits=False).verdict] += 1
    assert words["regressed"] == 0


def test_unchanged_host_bound_code_raises_no_false_alarm() -> None:
    rng, words = np.random.default_rng(16), Counter[str]()
    for _ in range(400):
        words[decide(host_bound_run(rng, day=99), baseline_of(rng)).verdict] += 1
    assert words["regressed"] == 0
    assert words["passed"] >= 380


def test_a_calm_stored_run_learns_the_waiting_power_from_the_new_one() -> None:
    rng = np.random.default_rng(17)
    calm = host_bound_run(rng, wander=0.001)
    assert waiting.waiting_power([calm]) is None
    assert split(host_bound_run(rng, day=9), [calm], Margins()) is not None


def test_a_busy_card_is_not_talked_into_waiting_by_a_new_run() -> None:
    rng = np.random.default_rng(18)
    busy = stored(3, 0.045 * 600, log_seconds=math.log(0.045))
    slow = host_bound_run(rng, day=9, pace=0.3)
    found = decide(slow, busy)
    assert found.energy_at_pace_change is None
    assert found.verdict != "passed"


def busy_run_with_hiccups(rng: np.random.Generator, day: float, work: float = 1.0) -> Run:
    """A card at 650 W that the host lets wait now and then: those windows lie on a 160 W line."""
    seconds = np.full(10, 0.05) * work
    seconds[rng.integers(0, 10, 2)] += rng.uniform(0.004, 0.02, 2)
    joules = (650 * 0.05 * work + 160 * (seconds - 0.05 * work)) * np.exp(rng.normal(0, 0.003, 10))
    found = estimate(joules.tolist(), seconds.tolist())
    assert not found.host_bound
    return found.to_run(day * DAY, device="card")


def test_hiccups_of_a_busy_card_do_not_hide_added_work_behind_its_time() -> None:
    rng = np.random.default_rng(21)
    for _ in range(50):
        old = [busy_run_with_hiccups(rng, day) for day in range(5)]
        found = decide(busy_run_with_hiccups(rng, 99, work=1.15), old)
        assert found.energy_at_pace_change is None
        assert found.verdict != "passed"


def test_a_throttling_or_capped_card_is_not_host_bound() -> None:
    rng = np.random.default_rng(19)
    runs = baseline_of(rng)
    assert waiting.waiting_power(runs) is not None
    assert waiting.waiting_power([replace(run, throttle_reasons=0x4) for run in runs]) is None
    assert waiting.waiting_power([replace(run, power_limit_watts=150.0) for run in runs]) is None


def test_gpu_bound_work_is_decided_by_its_total() -> None:
    slower = a_run(5.6, 99, log_seconds=math.log(0.0112))
    found = decide(slower, stored(10))
    assert found.verdict == "regressed"
    assert found.energy_at_pace_change is None


def test_a_run_far_beyond_the_line_falls_back_to_the_total() -> None:
    rng = np.random.default_rng(20)
    odd = replace(host_bound_run(rng, day=99), log_joules=math.log(1.0), log_seconds=math.log(1.0))
    assert split(odd, baseline_of(rng), Margins()) is None


def test_waiting_power_of_runs_that_disagree_is_less_certain() -> None:
    def with_slope(watts: float) -> Run:
        return a_run(window_sd=0.1, waiting_watts=watts, waiting_watts_stderr=1.0)

    alike = waiting.waiting_power([with_slope(130), with_slope(131), with_slope(129)])
    apart = waiting.waiting_power([with_slope(110), with_slope(150), with_slope(130)])
    assert alike is not None
    assert apart is not None
    assert alike.watts == pytest.approx(apart.watts)
    assert apart.stderr > 4 * alike.stderr
    assert alike.stderr == pytest.approx(0.02 * 130)
