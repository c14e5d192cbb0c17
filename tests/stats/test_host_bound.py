"""Energy at the baseline's pace: what the code changed where the GPU waits for its host."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.stats import waiting
from pytest_inferenergy.stats.decide import decide
from pytest_inferenergy.stats.finding import Pace
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.pace import split
from pytest_inferenergy.stats.runs import Run
from tests.stats.examples import DAY, TRACES, a_run, estimate, host_bound_run, stored


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
            ).to_run(day * DAY, power_limit_watts=700.0, idle_watts=121.0)
        )
    return runs


PACES: tuple[Pace, ...] = ("gated", "shared", "ignored")
WORDS = ["improved", "passed", "inconclusive", "regressed"]


def replayed(
    runs: list[Run],
    sessions: int,
    change: float,
    repeats: int = 400,
    *,
    pace_counts: Pace = "gated",
    slower: float = 0.0,
) -> dict[str, float]:
    """Shares of verdicts over random draws of stored runs and a new one."""
    rng, found = np.random.default_rng(12), Counter[str]()
    for _ in range(repeats):
        new, *old = rng.permutation(len(runs))[: sessions + 1]
        baseline = [replace(runs[k], time=day * DAY) for day, k in enumerate(old)]
        fresh = replace(
            runs[new],
            log_joules=runs[new].log_joules + math.log1p(change),
            log_seconds=runs[new].log_seconds + math.log1p(slower),
        )
        found[decide(fresh, baseline, pace_counts=pace_counts).verdict] += 1
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
def test_recorded_unchanged_code_passes_where_its_pace_is_ignored(calls: int, windows: int) -> None:
    runs = recorded_runs(40, calls, windows)
    found = replayed(runs, 5, 0.0, pace_counts="ignored")
    assert found["passed"] + found["improved"] >= 0.95
    assert found["regressed"] == 0
    assert replayed(runs, 5, 0.0)["regressed"] == 0


@pytest.mark.parametrize("slower", [0.10, 0.20, 0.30])
@pytest.mark.parametrize("sessions", [1, 5])
@pytest.mark.parametrize(("calls", "windows"), [(1, 7), (5, 8)])
def test_recorded_code_that_got_slower_does_not_pass(
    calls: int, windows: int, sessions: int, slower: float
) -> None:
    """Where the GPU waits for its host, longer is dearer: time and energy rise together."""
    runs = recorded_runs(40, calls, windows)
    assert replayed(runs, sessions, slower, slower=slower)["passed"] <= 0.01


def test_recorded_code_with_more_work_is_found() -> None:
    found = replayed(recorded_runs(40, 5, 8), 5, 0.15)
    assert found["regressed"] >= 0.95


def baseline_of(rng: np.random.Generator, count: int = 5) -> list[Run]:
    return [host_bound_run(rng, day=day) for day in range(count)]


def test_energy_at_the_pace_of_a_noisy_host_explains_and_does_not_acquit() -> None:
    rng = np.random.default_rng(13)
    new, runs = host_bound_run(rng, day=99), baseline_of(rng)
    assert decide(new, runs).verdict == "inconclusive"
    found = decide(new, runs, pace_counts="ignored")
    assert (found.verdict, found.flags) == ("passed", ("pace_ignored",))
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
    runs = baseline_of(rng, 10)
    slow = decide(host_bound_run(rng, day=99, pace=0.15), runs, pace_counts="shared")
    assert (slow.verdict, slow.flags) == ("inconclusive", ("pace_not_gated",))
    more = host_bound_run(rng, day=99, pace=0.06, work=1.2)
    assert decide(more, runs, pace_counts="shared").verdict == "regressed"


@pytest.mark.parametrize("pace_counts", ["gated", "shared"])
@pytest.mark.parametrize("pace", [0.055, 0.07, 0.0878])
def test_slower_host_bound_work_never_passes_for_its_pace(pace: float, pace_counts: Pace) -> None:
    rng = np.random.default_rng(22)
    for _ in range(100):
        new = host_bound_run(rng, day=99, pace=pace, wander=0.04)
        runs = [host_bound_run(rng, day=day, wander=0.04) for day in range(5)]
        assert decide(new, runs, pace_counts=pace_counts).verdict != "passed"


@pytest.mark.parametrize("noise", [0.004, 0.1, 0.5, 2.0])
def test_no_noise_of_the_new_run_makes_it_pass(noise: float) -> None:
    rng = np.random.default_rng(23)
    runs = baseline_of(rng)
    slow = host_bound_run(rng, day=99, pace=0.06, wander=0.02)
    for pace_counts in PACES:
        wild = replace(slow, stderr=noise, window_sd=3 * noise)
        if pace_counts != "ignored":
            assert decide(wild, runs, pace_counts=pace_counts).verdict != "passed"


def test_a_tenfold_rise_of_wandering_work_is_regressed() -> None:
    rng = np.random.default_rng(24)
    for sessions in (1, 2, 5):
        runs = [host_bound_run(rng, day=day, wander=0.12) for day in range(sessions)]
        found = decide(host_bound_run(rng, day=99, pace=0.45, wander=0.12), runs)
        assert (found.verdict, found.decided_by) == ("regressed", "total")
        assert found.reason == "energy rose beyond the tolerance"


def test_pace_is_ignored_of_host_bound_work_alone() -> None:
    slower = a_run(7, 99, log_seconds=math.log(0.014))
    found = decide(slower, stored(5), pace_counts="ignored")
    assert (found.verdict, found.flags) == ("regressed", ())


def test_a_new_run_cannot_talk_itself_into_being_host_bound() -> None:
    """Stored runs were too calm to show that the card waits; a slower one claims that it did."""
    rng = np.random.default_rng(25)
    runs = [a_run(0.045 * 300, day, log_seconds=math.log(0.045)) for day in range(5)]
    slow = host_bound_run(rng, day=99, pace=0.15, watts=300.0)
    found = decide(slow, runs, pace_counts="ignored")
    assert (found.verdict, found.flags) == ("regressed", ())


def test_a_processor_does_not_wait_for_itself() -> None:
    """There longer work is more work, however evenly energy follows time."""
    rng = np.random.default_rng(18)
    slow, runs = host_bound_run(rng, day=99, pace=0.0734), baseline_of(rng)
    assert decide(slow, runs, pace_counts="ignored").verdict == "passed"  # a card may wait
    alone = decide(slow, runs, waits=False)
    assert alone.verdict in ("inconclusive", "regressed")
    assert alone.energy_at_pace_change is None
    assert decide(slow, runs, waits=False, pace_counts="ignored") == alone
    much = host_bound_run(rng, day=99, pace=0.2)
    assert decide(much, runs, waits=False).verdict == "regressed"
    beside_others = decide(much, runs, waits=False, pace_counts="shared")
    assert (beside_others.verdict, beside_others.flags) == ("inconclusive", ("pace_not_gated",))


def test_unchanged_work_of_a_processor_on_a_shared_machine_raises_no_false_alarm() -> None:
    rng, words = np.random.default_rng(19), Counter[str]()
    for _ in range(400):
        runs = [host_bound_run(rng, day=day, wander=0.03) for day in range(6)]
        words[decide(runs[5], runs[:5], waits=False).verdict] += 1
    assert words["regressed"] == 0


def test_unchanged_host_bound_code_raises_no_false_alarm() -> None:
    rng, words = np.random.default_rng(16), Counter[str]()
    for _ in range(400):
        new, runs = host_bound_run(rng, day=99), baseline_of(rng)
        assert decide(new, runs).verdict != "regressed"
        words[decide(new, runs, pace_counts="ignored").verdict] += 1
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
