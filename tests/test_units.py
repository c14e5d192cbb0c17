"""Energies in the units people write, both ways."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import UnitError
from pytest_inferenergy.units import kwh_per_1k, parse_energy, plain, with_prefix

NUMBERS = st.floats(min_value=1e-30, max_value=1e30)


@pytest.mark.parametrize(
    ("text", "joules"),
    [
        ("1 J", 1),
        ("2.3 Wh", 8280),
        ("0.0023 kWh", 8280),
        ("850 mJ", 0.85),
        ("850mJ", 0.85),
        (" 12 uJ ", 12e-6),
        ("12 µJ", 12e-6),  # the sign of units
        ("12 μJ", 12e-6),  # the Greek letter
        ("5 nWh", 1.8e-5),
        ("1 MJ", 1e6),
        ("1 GJ", 1e9),
        ("1e-3 MWh", 3.6e6),
        (".5 J", 0.5),
        ("5. J", 5),
        ("+5 J", 5),
    ],
)
def test_quantities(text: str, joules: float) -> None:
    assert parse_energy(text) == pytest.approx(joules)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "J", "5", "5 W", "5 Ws", "5 kJh", "5 cal", "5 j", "5 wh", "5 KWh", "5 xJ", "5 J J",
        "five J", "1,5 J", "1 000 J", "0x10 J", "nan J", "inf J", "0 J", "-1 J", "1e999 J",
        "1e-999 J", "٣ apples", "5 J/s", "1_000 J",
    ],
)  # fmt: skip
def test_what_is_no_positive_energy_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="energy"):
        parse_energy(text)


@pytest.mark.parametrize("value", [5, 5.0, None, b"5 J", ["5 J"], True])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(UnitError, match="text with a unit"):
        parse_energy(value)  # type: ignore[arg-type]


@given(st.text(st.sampled_from("0123456789.eE+- JWhkmMµμun٣½é\n\\_"), max_size=20))
def test_any_text_is_an_energy_or_an_error_of_ours(text: str) -> None:
    try:
        joules = parse_energy(text)
    except UnitError:
        return
    assert 0 < joules < math.inf


@given(NUMBERS, st.sampled_from(["J", "Wh"]), st.integers(2, 9))
def test_what_is_printed_can_be_read(value: float, unit: str, digits: int) -> None:
    scale = {"J": 1.0, "Wh": 3600.0}[unit]
    text = with_prefix(value, unit, digits)
    assert parse_energy(text) == pytest.approx(value * scale, rel=10.0 ** (1 - digits))


@given(NUMBERS | NUMBERS.map(lambda value: -value), st.integers(1, 9))
def test_plain_keeps_the_digits_asked_for(value: float, digits: int) -> None:
    text = plain(value, digits)
    assert float(text) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))
    if 1e-6 < abs(value) < 1e11:
        assert "e" not in text


@given(st.floats(min_value=1e-9, max_value=9e11))
def test_a_prefix_leaves_one_to_three_digits_before_the_point(value: float) -> None:
    number, _ = with_prefix(value, "J").split(" ")
    assert 1 <= float(number) <= 1000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00231, "2.31 mJ"),
        (999.96, "1.00 kJ"),
        (1.0, "1.00 J"),
        (0.0, "0 J"),
        (3.2e-12, "0.00320 nJ"),
        (4.5e13, "45000 GJ"),
        (math.inf, "inf J"),
    ],
)
def test_with_prefix(value: float, text: str) -> None:
    assert with_prefix(value, "J") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0166666, "0.0167"),
        (123456.0, "123456"),
        (0.99996, "1.00"),
        (9.9e-8, "9.90e-08"),
        (0.0, "0"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (-2.345, "-2.35"),
    ],
)
def test_plain(value: float, text: str) -> None:
    assert plain(value) == text


def test_a_joule_an_inference_is_less_than_a_third_of_a_watt_hour_a_thousand() -> None:
    assert kwh_per_1k(3.6) == pytest.approx(0.001)
