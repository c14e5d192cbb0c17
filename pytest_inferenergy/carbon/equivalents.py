"""What an energy amounts to in everyday terms, on request.

People disagree which comparison is fair, so none is shown unless it is asked for by name in the ini
key ``energy_equivalents``; each states its figure and where that is from, and a project can add its
own or put another figure in the place of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from pytest_inferenergy.errors import UnitError
from pytest_inferenergy.units import JOULES_PER_KWH, parse_energy

OWN: Final = "energy_equivalents"
LEAST, MOST = 1e-12, 1e12
"""Kilowatt-hours between which a comparison may lie."""


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A thing with which an energy is compared."""

    name: str
    kwh: float
    source: str
    """Where the figure is from, in words."""

    def as_data(self) -> dict[str, Any]:
        """As builtin types."""
        return asdict(self)


BUILT_IN: Final = {
    equivalent.name: equivalent
    for equivalent in (
        Equivalent("smartphone-charge", 0.012, "as in Power Hungry Processing (2023), version 1"),
        Equivalent("gaming-hour", 0.137, "a PlayStation 4 at 137 W, NRDC 2014"),
        Equivalent("web-search", 0.0003, "Google's own figure of 2009"),
        Equivalent("litre-boiled", 0.093, "water from 20 to 100 °C, 4.19 kJ/(kg K), without loss"),
    )
}
"""Known by name; all figures are of electricity alone."""


def parse_equivalents(lines: Iterable[str]) -> tuple[Equivalent, ...]:
    """The equivalents that an ini key names, in its order.

    Each line is one or more known names, or ``name = 0.012 kWh``, or ``name = 350 W`` for an hour
    at that power. Raises `UnitError` that says what to write.
    """
    found: dict[str, Equivalent] = {}
    for text in lines:
        name, equals, quantity = text.partition("=")
        made = [_own(name.strip(), quantity.strip())] if equals else _known(text)
        for equivalent in made:
            if equivalent.name in found:
                raise UnitError(f"{equivalent.name!r} is named twice")
            found[equivalent.name] = equivalent
    return tuple(found.values())


def _known(text: str) -> list[Equivalent]:
    names = text.replace(",", " ").split()
    for name in names:
        if name not in BUILT_IN:
            near = difflib.get_close_matches(name, BUILT_IN, n=1)
            meant = f", perhaps {near[0]!r}" if near else ""
            raise UnitError(
                f"no equivalent {name!r}{meant}: known are {', '.join(BUILT_IN)}; or write your own"
                f" as '{name} = 0.012 kWh'"
            )
    return [BUILT_IN[name] for name in names]


def _own(name: str, quantity: str) -> Equivalent:
    if not name or not name.isprintable():
        raise UnitError(f"'{name} = {quantity}' has no name before the equals sign")
    power = quantity.endswith("W")
    try:  # a power stands for an hour at it
        kwh = parse_energy(f"{quantity}h" if power else quantity) / JOULES_PER_KWH
    except UnitError:
        raise UnitError(
            f"{name!r}: cannot read {quantity!r}: write an energy such as '0.012 kWh', or a power "
            "such as '350 W' for an hour at it"
        ) from None
    if not LEAST <= kwh <= MOST:
        raise UnitError(f"{name!r}: {quantity} is not between {LEAST:g} and {MOST:g} kWh")
    return Equivalent(name, kwh, f"an hour at {quantity}, {OWN}" if power else OWN)
