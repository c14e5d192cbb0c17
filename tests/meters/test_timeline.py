"""The energy curve from ticks and samples: held-out ticks of real devices, and made recordings."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.meters.samples import Samples
from pytest_inferenergy.meters.timeline import FIT_TICKS, Timeline
from pytest_inferenergy.meters.trace import Pair
from tests.meters.recordings import (
    COLD,
    HOST_BOUND,
    SQUARE,
    STEADY,
    Made,
    make,
    random_load,
    trace,
)


def rms(values: Sequence[float]) -> float:
    return math.sqrt(math.fsum(v * v for v in values) / len(values))


def held_out(name: str, kept: int) -> tuple[list[float], list[float]]:
    """Errors at the ticks that the timeline was not given, in joules and in standard errors."""
    recording = trace(name)
    given_ticks = recording.ticks[kept::5]
    timeline = Timeline(given_ticks, recording.samples)
    origin = given_ticks[0]
    errors, scores = [], []
    for number, (time, joules) in enumerate(recording.ticks):
        if number % 5 == kept:
            continue
        sign = 1.0 if time >= origin[0] else -1.0
        told = timeline.energy_between(*sorted((origin[0], time)))
        errors.append(sign * told.joules - (joules - origin[1]))
        scores.append(errors[-1] / told.stderr)
    return errors, scores


def step(name: str) -> float:
    """A tick's mean step, joules: what a read of the counter at the edges is off by, times √3."""
    ticks = trace(name).ticks
    return (ticks[-1][1] - ticks[0][1]) / (len(ticks) - 1)


class TestHeldOutTicks:
    @pytest.mark.parametrize("kept", range(5))
    @pytest.mark.parametrize(
        ("name", "bar"), [(STEADY, 20), (HOST_BOUND, 20), (COLD, 15), (SQUARE, 8)]
    )
    def test_are_told_to_a_fraction_of_a_step(self, name: str, bar: int, kept: int) -> None:
        errors, scores = held_out(name, kept)
        assert rms(errors) <= step(name) / math.sqrt(3) / bar
        assert rms(scores) <= 1.0
        assert np.mean(np.abs(scores) < 2.58) >= 0.97

    def test_every_tick_given_is_met_exactly(self) -> None:
        ticks = trace(SQUARE).ticks
        timeline = Timeline(ticks, trace(SQUARE).samples)
        for (t0, e0), (t1, e1) in pairwise(ticks):
            assert timeline.energy_between(t0, t1).joules == pytest.approx(e1 - e0, rel=1e-9)


class TestWindows:
    def test_two_hundred_cuts_add_up(self) -> None:
        timeline = Timeline(trace(SQUARE).ticks, trace(SQUARE).samples)
        begin, end = timeline.span or (0.0, 0.0)
        cuts = np.sort(np.random.default_rng(7).uniform(begin, end, 200))
        parts = [timeline.energy_between(a, b).joules for a, b in pairwise([begin, *cuts, end])]
        whole = timeline.energy_between(begin, end).joules
        assert math.fsum(parts) == pytest.approx(whole, rel=1e-9)

    def test_nested_and_overlapping_windows_agree(self) -> None:
        timeline = Timeline(trace(STEADY).ticks, trace(STEADY).samples)

        def joules(a: float, b: float) -> float:
            return timeline.energy_between(a, b).joules

        assert joules(2, 6) + joules(4, 9) == pytest.approx(joules(2, 9) + joules(4, 6), rel=1e-12)
        assert joules(3, 4) == pytest.approx(joules(2, 5) - joules(2, 3) - joules(4, 5), rel=1e-9)

    def test_whole_periods_of_the_square_wave_draw_alike(self) -> None:
        begin, end, periods = 1.0, 9.0278, 25  # when the wave ran, from the recording
        period = (end - begin) / periods
        timeline = Timeline(trace(SQUARE).ticks, trace(SQUARE).samples)
        starts = np.arange(begin + period, end - 12 * period, period / 7)
        joules = [timeline.energy_between(t, t + 12 * period).joules for t in starts]
        assert np.allclose(joules, np.mean(joules), rtol=0.01)

    def test_an_empty_window_is_nothing_for_certain(self) -> None:
        timeline = Timeline(trace(STEADY).ticks, trace(STEADY).samples)
        assert timeline.energy_between(5.0, 5.0) == (0.0, 0.0)

    @given(data=st.data(), seed=st.integers(0, 50))
    def test_the_curve_never_falls(self, data: st.DataObject, seed: int) -> None:
        made = make(random_load(6, seed), 0.01, delay=0.01, sample_jitter=0.005, noise=0.05)
        timeline = Timeline(made.ticks, made.samples)
        begin, end = timeline.span or (0.0, 0.0)
        instants = sorted(data.draw(st.lists(st.floats(begin, end), min_size=2, max_size=20)))
        for a, b in pairwise(instants):
            assert timeline.energy_between(a, b).joules >= -1e-6


class TestDelay:
    @pytest.mark.parametrize("delay", [-0.02, 0.0, 0.007, 0.04, 0.08, 0.12])
    @pytest.mark.parametrize("seed", [1, 2])
    def test_is_found_in_a_changing_load(self, delay: float, seed: int) -> None:
        made = make(
            random_load(15, seed), 0.01, delay=delay, tick_jitter=0.003, sample_jitter=0.005
        )
        timeline = Timeline(made.ticks, made.samples)
        assert timeline.delay == pytest.approx(delay, abs=0.003)

    def test_stays_near_nothing_where_the_load_leaves_it_open(self) -> None:
        made = make([300.0] * 1000, 0.01, delay=0.01, tick_jitter=0.003, noise=0.003)
        timeline = Timeline(made.ticks, made.samples)
        assert abs(timeline.delay) <= 0.1
        assert timeline.gain == pytest.approx(1.0, abs=0.002)

    def test_gain_of_the_samples_does_not_move_the_energy(self) -> None:
        load = random_load(12, 3)
        plain, off = make(load, 0.01), make(load, 0.01, gain=0.93)
        told = [Timeline(m.ticks, m.samples) for m in (plain, off)]
        assert told[1].gain == pytest.approx(0.93, rel=1e-3)
        for a, b in [(2.03, 2.61), (4.444, 9.9), (1.0, 1.01)]:
            first, second = (t.energy_between(a, b) for t in told)
            assert second.joules == pytest.approx(first.joules, rel=1e-3)
            assert second.stderr == pytest.approx(first.stderr, rel=0.1, abs=0.1)


def shifted_windows(timeline: Timeline, made: Made, seed: int = 0) -> list[float]:
    """Errors, in standard errors, of 60 windows at random in the samples' clock."""
    random = np.random.default_rng(seed)
    shift = timeline.delay
    found = []
    for _ in range(60):
        start, length = random.uniform(1, 15), random.choice([0.25, 0.5, 1.0, 2.0])
        told = timeline.energy_between(start + shift, start + length + shift)
        found.append((told.joules - made.joules(start, start + length)) / told.stderr)
    return found


class TestStandardError:
    @given(
        seed=st.integers(0, 1000),
        delay=st.floats(-0.02, 0.1),
        tick=st.sampled_from([0.02, 0.1, 0.5]),
        tick_jitter=st.floats(0.0, 0.008),
        sample_jitter=st.floats(0.0, 0.008),
        gain=st.floats(0.9, 1.1),
        noise=st.floats(0.0, 0.03),
    )
    def test_covers_the_errors(self, seed: int, **how: float) -> None:
        made = make(random_load(20, seed), 0.01, seed=seed, **how)
        scores = shifted_windows(Timeline(made.ticks, made.samples), made, seed)
        assert rms(scores) <= 1.25  # 60 windows of one recording
        assert np.mean(np.abs(scores) <= 2.58) >= 0.93

    @given(seed=st.integers(0, 1000), tick_jitter=st.floats(0.0, 0.008))
    def test_covers_the_errors_without_samples(self, seed: int, tick_jitter: float) -> None:
        made = make(random_load(20, seed), 0.01, tick_jitter=tick_jitter, seed=seed)
        scores = shifted_windows(Timeline(made.ticks), made, seed)
        assert rms(scores) <= 1.25

    @given(seed=st.integers(0, 1000), jitter=st.floats(0.0, 0.008))
    def test_covers_the_errors_without_ticks(self, seed: int, jitter: float) -> None:
        made = make(random_load(20, seed), 0.01, sample_jitter=jitter, seed=seed)
        assert rms(shifted_windows(Timeline((), made.samples), made, seed)) <= 1.25

    @given(seed=st.integers(0, 1000), at=st.floats(2.0, 15.0), lost=st.floats(0.08, 2.0))
    def test_covers_the_errors_across_a_gap(self, seed: int, at: float, lost: float) -> None:
        made = make(random_load(20, seed), 0.01, seed=seed)
        kept = [s for s in made.samples if not at < s[0] < at + lost]
        timeline, whole = Timeline(made.ticks[::5], kept), Timeline(made.ticks[::5], made.samples)
        inside = [at + lost * share for share in (0.2, 0.5, 0.8)]
        told = [timeline.energy_between(1.0, t) for t in inside]
        errors = [e.joules - made.joules(1.0, t) for e, t in zip(told, inside, strict=True)]
        assert all(abs(d) <= 4 * e.stderr + 1.0 for d, e in zip(errors, told, strict=True))
        sure = [whole.energy_between(1.0, t).stderr for t in inside]
        assert all(e.stderr > s for e, s in zip(told, sure, strict=True))

    def test_says_what_samples_are_worth(self) -> None:
        made = make(random_load(20, 4), 0.01, tick_jitter=0.002)

        def stderr(timeline: Timeline) -> float:
            starts = np.arange(2, 14, 0.17)
            return float(np.mean([timeline.energy_between(t, t + 1).stderr for t in starts]))

        both = stderr(Timeline(made.ticks, made.samples))
        ticks_alone = stderr(Timeline(made.ticks))
        assert 0.0 < 3 * both < ticks_alone

    def test_is_small_on_a_steady_load_without_samples(self) -> None:
        made = make([300.0] * 1000, 0.01, tick_jitter=0.002)
        told = Timeline(made.ticks).energy_between(3.03, 4.03)
        assert told.joules == pytest.approx(300.0, rel=0.005)
        assert 0.0 < told.stderr < 0.01 * told.joules


class TestRecording:
    def test_a_sample_stamped_again_counts_once(self) -> None:
        made = make(random_load(8, 1), 0.01)
        again = [s for time, watts in made.samples for s in ((time, watts), (time + 3e-6, watts))]
        plain, twice = Timeline(made.ticks, made.samples), Timeline(made.ticks, again)
        assert twice.energy_between(2.0, 5.5) == plain.energy_between(2.0, 5.5)

    def test_a_gap_keeps_the_counter(self) -> None:
        made = make(random_load(8, 2), 0.01)
        kept = [s for s in made.samples if not 3.0 < s[0] < 4.0]
        timeline = Timeline(made.ticks, kept)
        ticks = [t for t in made.ticks if 2.5 < t[0] < 5.0]
        for (t0, e0), (t1, e1) in pairwise(ticks):
            assert timeline.energy_between(t0, t1).joules == pytest.approx(e1 - e0, abs=1e-6)

    def test_a_pause_of_the_recording_says_nothing_of_its_error(self) -> None:
        made = make(random_load(20, 3), 0.01, tick_jitter=0.003)
        whole = Timeline(made.ticks, made.samples)
        paused = Timeline(
            [t for t in made.ticks if not 5.0 < t[0] < 9.0],
            [s for s in made.samples if not 5.0 < s[0] < 8.8],
        )
        told, knowing = paused.energy_between(11.03, 12.03), whole.energy_between(11.03, 12.03)
        assert told.stderr < 1.5 * knowing.stderr
        assert paused.delay == pytest.approx(whole.delay, abs=0.002)
        assert paused.gain == pytest.approx(whole.gain, rel=0.005)

    def test_repeated_readings_are_kept(self) -> None:
        held = [(i * 0.05, 250.0) for i in range(100)]
        told = Timeline((), held).energy_between(1.01, 3.52)
        assert told.joules == pytest.approx(250 * 2.51, rel=1e-12)

    def test_readings_alone_hold_since_the_one_before(self) -> None:
        timeline = Timeline((), [(0.0, 100.0), (1.0, 100.0), (2.0, 300.0), (3.0, 300.0)])
        assert timeline.energy_between(0.5, 2.5).joules == pytest.approx(50 + 300 + 150)
        assert timeline.energy_between(0.5, 2.5).stderr > 50

    def test_ticks_alone_are_joined_by_straight_lines(self) -> None:
        timeline = Timeline([(0.0, 0.0), (1.0, 100.0), (2.0, 300.0)])
        assert timeline.energy_between(0.5, 1.5).joules == pytest.approx(50 + 100)

    @pytest.mark.parametrize("interval", [0.5, 0.1])
    def test_forgetting_changes_no_answer_and_bounds_memory(self, interval: float) -> None:
        made = make(random_load(200, 5), 0.01, delay=0.01, tick_jitter=0.003, tick=interval)
        whole, thrifty = Timeline(), Timeline()
        sizes = []
        for now in range(1, 195):
            piece = _between(made.ticks, now - 1, now), _between(made.samples, now - 1, now)
            whole.extend(*piece)
            thrifty.extend(*piece)
            thrifty.forget(now - 2.0)
            if now > 5:
                window = now - 1.9, now - 1.3
                told, kept = whole.energy_between(*window), thrifty.energy_between(*window)
                assert kept.joules == pytest.approx(told.joules, rel=1e-9)
                assert kept.stderr == pytest.approx(told.stderr, rel=1e-6)
            sizes.append(thrifty.recorded)
        assert max(sizes) <= FIT_TICKS * (1 + interval / 0.02) + 200

    def test_samples_alone_are_forgotten_too(self) -> None:
        timeline = Timeline()
        for number in range(20_000):
            timeline.extend(samples=[(number * 0.05, 100.0)])
            timeline.forget(number * 0.05 - 1.0)
        assert timeline.recorded < 100
        assert timeline.energy_between(999.0, 999.5).joules == pytest.approx(50.0)

    def test_beyond_the_last_tick_samples_tell(self) -> None:
        made = make(random_load(10, 6), 0.01, delay=0.02)
        kept = [t for t in made.ticks if t[0] < 8]
        timeline = Timeline(kept, made.samples)
        late = timeline.energy_between(7.0, 9.0)
        shift = timeline.delay
        assert late.joules == pytest.approx(made.joules(7.0 - shift, 9.0 - shift), rel=0.01)
        assert late.stderr > timeline.energy_between(6.0, 7.5).stderr

    def test_a_single_tick_is_enough_for_the_gain_free_figure(self) -> None:
        timeline = Timeline([(1.0, 50.0)], [(i * 0.02, 200.0) for i in range(200)])
        assert timeline.energy_between(1.5, 2.5).joules == pytest.approx(200.0)
        assert timeline.span is None


def _between(pairs: list[Pair], start: float, end: float) -> list[Pair]:
    return [pair for pair in pairs if start <= pair[0] < end]


class TestBadInput:
    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_what_is_not_finite(self, bad: float) -> None:
        for ticks, samples in [
            ([(bad, 1.0)], []),
            ([(1.0, bad)], []),
            ([], [(bad, 1.0)]),
            ([], [(1.0, bad)]),
        ]:
            with pytest.raises(ValueError, match="must be finite"):
                Timeline(ticks, samples)

    def test_negative_power(self) -> None:
        with pytest.raises(ValueError, match=">= 0"):
            Timeline((), [(0.0, -1.0)])

    def test_a_counter_that_goes_back(self) -> None:
        with pytest.raises(ValueError, match="went back"):
            Timeline([(0.0, 10.0), (1.0, 9.0)])

    def test_a_window_that_ends_before_it_starts(self) -> None:
        timeline = Timeline([(0.0, 0.0), (1.0, 1.0)])
        for window in [(0.6, 0.5), (math.nan, 0.5), (0.5, math.nan)]:
            with pytest.raises(ValueError, match="must end after"):
                timeline.energy_between(*window)

    def test_a_window_outside_the_recording(self) -> None:
        timeline = Timeline([(1.0, 0.0), (2.0, 1.0)])
        for window in [(0.5, 1.5), (1.5, 2.5)]:
            with pytest.raises(ValueError, match="outside"):
                timeline.energy_between(*window)
        with pytest.raises(ValueError, match="no power sample"):
            Timeline().energy_between(0.0, 1.0)

    @given(
        ticks=st.lists(st.tuples(st.floats(), st.floats()), max_size=6),
        samples=st.lists(st.tuples(st.floats(), st.floats()), max_size=6),
        window=st.tuples(st.floats(), st.floats()),
    )
    def test_anything_else_is_a_value_error_too(
        self, ticks: list[Pair], samples: list[Pair], window: Pair
    ) -> None:
        with contextlib.suppress(ValueError):
            Timeline(ticks, samples).energy_between(*window)


class TestGrid:
    """The distance of samples as the sensor takes them, whatever happened to some."""

    @given(
        st.floats(0.005, 0.2),
        st.lists(
            st.sampled_from(["on time", "on time", "on time", "late", "missing"]), min_size=80
        ),
    )
    def test_late_and_missing_samples_do_not_move_it(self, every: float, fates: list[str]) -> None:
        kept = [fate for fate in fates if fate != "missing"]
        if len(kept) < 0.95 * len(fates):
            fates = kept
        late = {"on time": 0.0, "late": 0.4 * every}
        samples = [(n * every + late[f], 300.0) for n, f in enumerate(fates) if f != "missing"]
        found = Samples.of(samples).period
        assert found is not None
        assert found == pytest.approx(every, rel=0.06)

    def test_few_samples_tell_none(self) -> None:
        assert Samples.of([(0.02 * n, 300.0) for n in range(10)]).period is None
