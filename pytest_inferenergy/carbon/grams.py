"""Grams of CO2 equivalent, from energy and the intensity of a country's electricity.

``grams per 1,000 inferences = kWh per 1,000 inferences x grams per kWh``. The intensity is a figure
of the user's, or the yearly mean of a country from the table that codecarbon ships, read from its
file without network. Either is the grid's: nothing for the making of the hardware, and nothing for
what the meter does not see.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_inferenergy.errors import CarbonError

if TYPE_CHECKING:
    from pytest_inferenergy.carbon.table import Country

FORM: Final = "give a country's three-letter code, such as FRA, or grams of CO2eq per kWh"
MOST: Final = 10_000.0
"""Grams per kWh; electricity from coal alone has about 1,000."""


@dataclass(frozen=True, slots=True)
class Carbon:
    """Intensity of electricity, and where it is from."""

    grams_per_kwh: float
    origin: str
    """In words, for the reports."""
    given: str
    """What the user gave: a code, or a number as it was written."""

    def per_1k(self, kwh_per_1k: float) -> float:
        """Grams of CO2 equivalent for 1,000 inferences."""
        return self.grams_per_kwh * kwh_per_1k

    def as_data(self) -> dict[str, Any]:
        """For the results: the intensity and its origin."""
        return {"grams_per_kwh": self.grams_per_kwh, "origin": self.origin}


def parse_carbon(text: str) -> Carbon:
    """A country's three-letter code (ISO 3166-1 alpha-3), or grams of CO2eq per kWh.

    Raises `CarbonError` for anything else, naming codes that are near.
    """
    given = text.strip()
    try:
        grams = float(given)
    except ValueError:
        return _country(given)
    if not 0 < grams <= MOST:
        hint = "" if grams != 0 else "; over their life wind and nuclear power have about 12"
        raise CarbonError(
            f"grams of CO2eq per kWh must be more than 0 and at most {MOST:g}, got {given}{hint}"
        )
    return Carbon(grams, "given", given)


def carbon_line(carbon: Mapping[str, Any]) -> str:
    """One line for a report: ``carbon: 56 g CO2eq/kWh (France 2023, …)``."""
    return f"carbon: {carbon['grams_per_kwh']:.4g} g CO2eq/kWh ({carbon['origin']})"


def _country(given: str) -> Carbon:
    if not given:
        raise CarbonError(f"{FORM}, got nothing")
    from pytest_inferenergy.carbon.table import countries

    table = countries()
    code = given.upper()
    found = table.get(code)
    if found is None:
        raise CarbonError(f"{FORM}, and the table has no {given!r:.40}{_near(code, table)}")
    grams = found.grams_per_kwh
    if grams is None or not 0 < grams <= MOST:
        raise CarbonError(f"{found.source} has no intensity for {code}: give grams of CO2eq/kWh")
    return Carbon(grams, f"{code}: {found.name}, mean of {found.year}, {found.source}", code)


def _near(given: str, table: Mapping[str, Country]) -> str:
    """Codes of countries whose name begins so, then those that resemble it."""
    names = {country.name.upper(): code for code, country in table.items()}
    begin = [code for name, code in names.items() if given[:3] == name[:3]]
    alike = [names[name] for name in difflib.get_close_matches(given, names, n=2)]
    close = difflib.get_close_matches(given, table, n=3)
    codes = list(dict.fromkeys([*alike, *begin[:3], *close]))[:4]
    near = ", ".join(f"{code} ({table[code].name})" for code in codes)
    return f"; near are {near}" if near else ""
