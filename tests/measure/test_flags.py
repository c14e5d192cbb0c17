"""Causes for doubt, and what the windows of a recording say together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_inferenergy.measure.flags import flags_of, mostly_rejected
from pytest_inferenergy.measure.recorder import Recording
from pytest_inferenergy.measure.summary import component_joules, gated_devices, mean_state
from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.meters.base import DeviceState, MeterProfile, Reading

CALM = DeviceState(
    sm_clock_mhz=1980.0,
    temperature_c=50.0,
    power_limit_watts=700.0,
    throttle_reasons=0,
    memory_used_bytes=1,
    foreign_processes=(),
)


def window(
    watts: float = 300.0, seconds: float = 1.0, state: DeviceState | None = CALM, **more: object
) -> Window:
    readings = (
        Reading("gpu", "measured", watts * seconds, 1.0, "a1b2", state),
        Reading("cpu", "estimated", 40.0 * seconds, 1.0, "cpu"),
    )
    return Window(
        joules=watts * seconds,
        stderr=1.0,
        seconds=seconds,
        inferences=10,
        calls=10,
        start=0.0,
        readings=readings,
        **more,  # type: ignore[arg-type]
    )


def recording(*clean: Window, rejected: int = 0) -> Recording:
    return Recording(
        clean=list(clean),
        rejected=[window() for _ in range(rejected)],
        components=("gpu",),
        source="measured",
    )


def flags(*clean: Window, rejected: int = 0, host_bound: bool = False) -> tuple[str, ...]:
    return flags_of(recording(*clean, rejected=rejected), host_bound=host_bound)


def test_calm_windows_raise_none() -> None:
    assert flags(*[window() for _ in range(9)]) == ()


@pytest.mark.parametrize(
    ("reasons", "raised"),
    [
        (0x0, ()),
        (0x1, ()),  # idle
        (0x4, ()),  # the power cap: normal at full load
        (0x8, ("throttled",)),
        (0x20, ("throttled",)),
        (0x40, ("throttled",)),
        (0x84, ("throttled",)),
        (None, ()),
    ],
)
def test_throttling_that_is_no_normal_state(reasons: int | None, raised: tuple[str]) -> None:
    hot = window(state=replace(CALM, throttle_reasons=reasons))
    assert flags(window(), window(), hot) == raised


def test_contention() -> None:
    unknown = window(state=replace(CALM, foreign_processes=None))
    assert flags(window(), unknown) == ("contention_unknown",)
    assert flags(window(), rejected=1) == ("contended",)
    assert flags(window(state=None)) == ()


@pytest.mark.parametrize(
    ("clean", "rejected", "mostly"),
    [(4, 1, False), (10, 2, False), (3, 1, True), (0, 1, True), (1, 0, False)],
)
def test_more_than_a_fifth_in_company_is_too_much(clean: int, rejected: int, mostly: bool) -> None:
    taken = recording(*[window() for _ in range(clean)], rejected=rejected)
    assert mostly_rejected(taken) is mostly


def test_a_power_that_drifts() -> None:
    rising = [window(watts=300.0 * (1 + 0.01 * i)) for i in range(9)]
    assert flags(*rising) == ("thermal_drift",)
    assert flags(*rising, host_bound=True) == ("host_bound",)
    assert flags(*rising[:5]) == ()  # too few to tell
    assert flags(*[window(watts=300.0 * (1 + 0.002 * i)) for i in range(9)]) == ()


def test_windows_that_are_too_short() -> None:
    assert flags(window(seconds=0.3)) == ("too_short",)
    assert flags(window(seconds=0.49)) == ()


def test_flags_of_readings_come_through_sorted() -> None:
    odd = window(seconds=0.1, flags=frozenset({"no_samples", "no_counter"}))
    assert flags(odd) == ("no_counter", "no_samples", "too_short")


def test_a_warm_up_without_end() -> None:
    cold = recording(window())
    cold.levelled = False
    assert flags_of(cold, host_bound=False) == ("warm_up_unfinished",)


def test_components_are_summed_each_with_its_source() -> None:
    found = component_joules(recording(window(watts=300.0), window(watts=500.0)))
    assert {name: source for name, (source, _) in found.items()} == {
        "gpu": "measured",
        "cpu": "estimated",
    }
    assert found["gpu"][1] == pytest.approx(40.0)
    assert found["cpu"][1] == pytest.approx(4.0)


def test_an_estimate_is_never_added_to_a_measurement() -> None:
    taken = window()
    measured = Reading("cpu", "measured", 90.0, 1.0, "package-0")
    for readings in ((*taken.readings, measured), (measured, *taken.readings)):
        found = component_joules(recording(replace(taken, readings=readings)))
        assert found["cpu"][0] == "measured"
        assert found["cpu"][1] == pytest.approx(9.0)


def test_only_gated_devices_are_named() -> None:
    assert gated_devices(recording(window())) == ("a1b2",)


def test_the_state_is_that_of_all_windows() -> None:
    hot = replace(CALM, sm_clock_mhz=1000.0, temperature_c=70.0, throttle_reasons=0x4)
    state = mean_state(recording(window(), window(state=hot), window(state=None)))
    assert (state.sm_clock_mhz, state.temperature_c, state.throttle_reasons) == (1490.0, 70.0, 4)
    assert state.power_limit_watts == 700.0
    assert mean_state(recording(window(state=None))).sm_clock_mhz is None


def settings(*states: tuple[float, float, int]) -> tuple[str, ...]:
    """Flags of windows with (power limit, SM clock, reasons)."""
    return flags(
        *(
            window(
                state=replace(
                    CALM, power_limit_watts=limit, sm_clock_mhz=clock, throttle_reasons=reasons
                )
            )
            for limit, clock, reasons in states
        )
    )


def test_a_power_limit_that_changed_is_seen() -> None:
    assert settings((700, 1980, 0), (700, 1980, 0), (500, 1980, 0)) == ("power_limit_changed",)
    assert settings((700, 1980, 4), (500, 1700, 4)) == ("power_limit_changed",)
    assert settings((700, 1980, 0), (699, 1980, 0)) == ()


def test_a_power_limit_that_changed_in_the_warm_up_is_seen() -> None:
    found = recording(*[window() for _ in range(3)])
    found.began = MeterProfile("nvml", "NVIDIA H200", 1, power_limit_watts=500.0)
    assert flags_of(found, host_bound=False) == ("power_limit_changed",)


@pytest.mark.parametrize(
    "clocks",
    [
        (1980, 1980, 1200),
        (1200, 1980, 1965, 1980),
        (1980, 1500, 1200, 1200),
        (1980, 1700, 1500, 1200),
    ],
)
def test_clocks_set_to_another_level_are_seen(clocks: tuple[float, ...]) -> None:
    assert settings(*((700, clock, 0) for clock in clocks)) == ("clocks_changed",)


@pytest.mark.parametrize(
    ("clocks", "reasons"),
    [
        ((1980, 1965, 1950, 1935, 1920), 0),  # warms up
        ((1980, 1200, 1980, 1200, 1980), 0),  # goes to and fro with its load
        ((1980, 1980, 1440, 1440), 0x4),  # the power cap
        ((1980, 1980, 345, 345), 0x1),  # rests
        ((1980, 1200), 0),
    ],
)
def test_clocks_that_move_by_themselves_are_not(clocks: tuple[float, ...], reasons: int) -> None:
    assert "clocks_changed" not in settings(*((700, clock, reasons) for clock in clocks))


def test_a_reason_that_somebody_set_the_clocks_is_seen() -> None:
    assert settings((700, 1980, 0), (700, 1980, 0x2)) == ("clocks_changed",)


@pytest.mark.parametrize(
    ("first_seconds", "seconds", "flagged"),
    [
        (None, 1.0, False),  # a window that somebody else ran
        (0.5, 1e-6, True),
        (0.5, 0.04, True),  # 4 ms a call
        (0.5, 0.06, False),
        (0.009, 1e-6, False),  # not slow: anything may have come between
    ],
)
def test_later_calls_that_a_cache_may_answer(
    monkeypatch: pytest.MonkeyPatch, first_seconds: float | None, seconds: float, flagged: bool
) -> None:
    monkeypatch.setattr("pytest_inferenergy.measure.flags.has_compiled", lambda: False)
    taken = replace_first(recording(window(seconds=seconds)), first_seconds)
    assert ("memoised" in flags_of(taken, host_bound=False)) is flagged
    monkeypatch.setattr("pytest_inferenergy.measure.flags.has_compiled", lambda: True)
    assert "memoised" not in flags_of(taken, host_bound=False)


def replace_first(taken: Recording, seconds: float | None) -> Recording:
    taken.first_seconds = seconds
    return taken
