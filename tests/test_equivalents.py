from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.carbon.equivalents import BUILT_IN, parse_equivalents
from pytest_inferenergy.errors import UnitError

NAMES = st.lists(st.sampled_from(sorted(BUILT_IN)), unique=True)


@given(NAMES, st.sampled_from([" ", ", ", ",", "  "]))
def test_known_names_on_one_line_or_on_many(names: list[str], between: str) -> None:
    found = tuple(BUILT_IN[name] for name in names)
    assert parse_equivalents(names) == found
    assert parse_equivalents([between.join(names)]) == found


def test_each_known_one_has_a_figure_and_says_where_from() -> None:
    for name, equivalent in BUILT_IN.items():
        assert equivalent.name == name
        assert equivalent.kwh > 0
        assert len(equivalent.source) > 10
    assert BUILT_IN["smartphone-charge"].kwh == 0.012
    assert BUILT_IN["litre-boiled"].kwh == pytest.approx(4.19 * 80 / 3600, rel=0.005)


@given(st.floats(1e-6, 1e6).map(lambda x: float(f"{x:.6g}")))
def test_own_ones_by_energy(kwh: float) -> None:
    (found,) = parse_equivalents([f"a pot of tea = {kwh!r} kWh"])
    assert found.name == "a pot of tea"
    assert found.kwh == pytest.approx(kwh)
    assert found.source == "energy_equivalents"


@pytest.mark.parametrize(
    ("power", "kwh"), [("350 W", 0.35), ("1.5kW", 1.5), ("800 mW", 0.0008), ("2 MW", 2000.0)]
)
def test_own_ones_by_the_power_for_an_hour(power: str, kwh: float) -> None:
    (found,) = parse_equivalents([f"gaming-hour={power}"])
    assert found.kwh == pytest.approx(kwh)
    assert (found.name, found.source) == ("gaming-hour", f"an hour at {power}, energy_equivalents")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("smart-phone-charge", "perhaps 'smartphone-charge': known are smartphone-charge, gaming"),
        ("xyz", "no equivalent 'xyz': known are .* as 'xyz = 0.012 kWh'"),
        ("tea = ", "'tea': cannot read '': write an energy such as"),
        ("tea = 0.1", "'tea': cannot read '0.1'"),
        ("tea = W", "'tea': cannot read 'W'"),
        ("tea = 0 Wh", "'tea': cannot read '0 Wh'"),
        ("tea = -3 W", "'tea': cannot read '-3 W'"),
        ("tea = 1e300 kWh", "'tea': 1e300 kWh is not between"),
        ("= 3 Wh", "no name before the equals sign"),
        ("web-search, web-search", "'web-search' is named twice"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(UnitError, match=says):
        parse_equivalents([text])


@given(st.lists(st.text(max_size=30), max_size=3))
def test_any_lines_are_equivalents_or_one_clear_error(lines: list[str]) -> None:
    try:
        figures = [each.kwh for each in parse_equivalents(lines)]
    except UnitError as error:
        figures = [1.0] if str(error) else []
    assert all(kwh > 0 for kwh in figures)
