from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.carbon.grams import MOST, carbon_line, parse_carbon
from pytest_inferenergy.carbon.table import Country, countries
from pytest_inferenergy.errors import CarbonError


@given(st.floats(min_value=0, exclude_min=True, max_value=MOST))
def test_grams_are_taken_as_they_are(grams: float) -> None:
    carbon = parse_carbon(repr(grams))
    assert carbon.grams_per_kwh == grams
    assert carbon.as_data() == {"grams_per_kwh": grams, "origin": "given"}


@given(st.floats().filter(lambda x: not 0 < x <= MOST) | st.integers(max_value=0))
def test_grams_that_no_electricity_has_are_refused(grams: float) -> None:
    with pytest.raises(CarbonError, match="more than 0 and at most 10000, got"):
        parse_carbon(str(grams))


@given(st.text(max_size=20))
def test_any_text_is_an_intensity_or_one_clear_line(text: str) -> None:
    try:
        said = carbon_line(parse_carbon(text).as_data())
    except CarbonError as error:
        said = str(error)
    assert "CO2eq" in said
    assert "\n" not in said


def test_grams_for_1000_inferences() -> None:
    assert parse_carbon("56").per_1k(0.002) == pytest.approx(0.112)


@pytest.mark.parametrize("text", ["FRA", "fra", " Fra "])
def test_a_country(text: str) -> None:
    carbon = parse_carbon(text)
    assert 10 < carbon.grams_per_kwh < 200
    assert carbon.origin.startswith("FRA: France, mean of 20")
    assert "table of codecarbon" in carbon.origin
    assert carbon_line(carbon.as_data()).startswith("carbon: ")


@pytest.mark.parametrize("code", ["FRA", "DEU", "POL", "USA", "CAN", "IND"])
def test_codecarbon_itself_takes_the_same_intensity(code: str) -> None:
    from codecarbon.core.emissions import Emissions
    from codecarbon.core.units import Energy
    from codecarbon.external.geography import GeoMetadata
    from codecarbon.input import DataSource

    source: Any = DataSource
    theirs = Emissions(source()).get_country_emissions(
        Energy.from_energy(kWh=1), GeoMetadata(country_iso_code=code)
    )
    assert parse_carbon(code).grams_per_kwh == pytest.approx(1000 * theirs)


@pytest.mark.parametrize(
    ("text", "near"),
    [("FRE", "FRA (France)"), ("GER", "DEU (Germany)"), ("France", "FRA (France)")],
)
def test_an_unknown_country_names_near_codes(text: str, near: str) -> None:
    with pytest.raises(CarbonError, match=f"the table has no '{text}'; near are") as failure:
        parse_carbon(text)
    assert near in str(failure.value)


def test_zero_says_why() -> None:
    with pytest.raises(CarbonError, match="got 0; over their life wind and nuclear power have"):
        parse_carbon("0")


def test_a_country_without_an_intensity(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"ABC": Country("Alphabet", 2023, None, "table of codecarbon 9")}
    monkeypatch.setattr("pytest_inferenergy.carbon.table.countries", lambda: found)
    with pytest.raises(CarbonError, match="codecarbon 9 has no intensity for ABC: give grams"):
        parse_carbon("ABC")


def test_without_codecarbon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    assert parse_carbon("56").grams_per_kwh == 56
    with pytest.raises(CarbonError, match=r"codecarbon is not installed.*or give grams"):
        parse_carbon("FRA")


@pytest.mark.parametrize("text", ["{", "[]", '{"FRA": 5}'])
def test_a_table_of_another_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    class Elsewhere:
        global_energy_mix_data_path = tmp_path / "table.json"

    (tmp_path / "table.json").write_text(text)
    import codecarbon.input

    monkeypatch.setattr(codecarbon.input, "DataSource", Elsewhere)
    with pytest.raises(CarbonError, match=r"table of countries cannot be read .*: give grams"):
        parse_carbon("FRA")


def test_all_countries_of_the_table_can_be_given() -> None:
    unknown: dict[str, Any] = {}
    for code in countries():
        try:
            parse_carbon(code)
        except CarbonError as error:
            unknown[code] = error
    assert len(unknown) < 5
