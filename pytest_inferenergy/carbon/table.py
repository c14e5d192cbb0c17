"""The intensity of electricity by country, as codecarbon ships it."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_inferenergy.errors import CarbonError, MeterError


@dataclass(frozen=True, slots=True)
class Country:
    """A country's yearly mean."""

    name: str
    year: int | None
    grams_per_kwh: float | None
    source: str


def countries() -> dict[str, Country]:
    """All countries by ISO 3166-1 alpha-3; raises `CarbonError` where codecarbon has no table.

    codecarbon's `DataSource` says where the file is. It would load the file, too, but with all its
    other tables by pandas, which takes seconds.
    """
    from pytest_inferenergy.meters.codecarbon.tracker import imported

    try:
        source = f"table of codecarbon {imported().__version__}"
        source_of: Any = importlib.import_module("codecarbon.input").DataSource()
        path = Path(source_of.global_energy_mix_data_path)
        raw: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
        return {
            code: Country(
                name=str(entry.get("country_name") or code),
                year=entry.get("year"),
                grams_per_kwh=entry.get("carbon_intensity"),
                source=source,
            )
            for code, entry in raw.items()
        }
    except MeterError as error:
        raise CarbonError(f"{error}; or give grams of CO2eq per kWh") from error
    except Exception as error:
        raise CarbonError(
            f"codecarbon's table of countries cannot be read ({error!r}): give grams of CO2eq per "
            "kWh"
        ) from error
