"""Quantities of energy in the units people write: ``"2.3 Wh"`` to joules and back."""

from __future__ import annotations

import math
import re

from pytest_inferenergy.errors import UnitError

JOULES_PER_KWH = 3.6e6
JOULES_PER = {"J": 1.0, "Wh": 3600.0}
PREFIXES = {
    "n": 1e-9,
    "µ": 1e-6,
    "μ": 1e-6,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}
_QUANTITY = re.compile(
    r"\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\W\d]*)\s*"
)


def parse_energy(text: str) -> float:
    """Joules of a quantity such as ``"2.3 Wh"``, ``"850 mJ"`` or ``"0.0023 kWh"``.

    Raises `UnitError` for anything but a positive finite number and J or Wh with an SI prefix.
    """
    if not isinstance(text, str):
        raise UnitError(
            f"an energy is text with a unit, such as '2.3 Wh' or '850 mJ', got {text!r}"
        )
    match = _QUANTITY.fullmatch(text)
    scale = None if match is None else joules_per(match["unit"])
    if match is None or scale is None:
        raise UnitError(
            f"cannot read the energy {text!r}: write a number and J, Wh or kWh "
            "(SI prefixes n, µ, m, k, M, G), such as '2.3 Wh'"
        )
    joules = float(match["number"]) * scale
    if not (math.isfinite(joules) and joules > 0):
        raise UnitError(f"an energy must be positive, got {text!r}")
    return joules


def joules_per(unit: str) -> float | None:
    """Joules of a unit such as ``mJ`` or ``kWh``; ``None`` for what is no unit of energy."""
    for name, joules in JOULES_PER.items():
        if unit.endswith(name) and unit[: -len(name)] in PREFIXES:
            return joules * PREFIXES[unit[: -len(name)]]
    return None


def kwh_per_1k(joules_per_inference: float) -> float:
    """Kilowatt-hours per 1,000 inferences."""
    return joules_per_inference * 1000.0 / JOULES_PER_KWH


def with_prefix(value: float, unit: str, digits: int = 3) -> str:
    """A figure with an SI prefix, such as ``2.31 mJ`` for ``0.00231, "J"``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    for prefix in ("G", "M", "k", "", "m", "µ", "n"):
        scaled = value / PREFIXES[prefix]
        if abs(float(f"{scaled:.{digits}g}")) >= 1 or prefix == "n":
            break
    return f"{plain(scaled, digits)} {prefix}{unit}"


def plus_minus(fraction: float, digits: str = ".1f") -> str:
    """Half an interval's width in percent; beyond 1,000 % the figure is as good as unknown."""
    return f"{100 * fraction:{digits}} %" if fraction <= 10 else "> 1000 %"


def plain(value: float, digits: int = 3) -> str:
    """So many significant digits, without an exponent where a reader can do without."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if not -7 <= exponent < 12:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(digits - 1 - exponent, 0)}f}"
