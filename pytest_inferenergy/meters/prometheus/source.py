"""What is asked of which Prometheus server: its address and a counter with its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, cast, get_args
from urllib.parse import urlsplit

from pytest_inferenergy.meters.base import ComponentName
from pytest_inferenergy.units import PREFIXES, joules_per

TOKEN_VARIABLE: Final = "INFERENERGY_PROMETHEUS_TOKEN"
"""The environment variable that holds the bearer token; nothing else does."""
ENERGY_METRIC: Final = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
POWER_METRIC: Final = "DCGM_FI_DEV_POWER_USAGE"
KNOWN_UNITS: Final = {ENERGY_METRIC: "mJ", POWER_METRIC: "W"}
ENDINGS: Final = {
    "_microjoules_total": "uJ",
    "_millijoules_total": "mJ",
    "_joules_total": "J",
    "_watts": "W",
    "_milliwatts": "mW",
}
"""Endings of metric names by which Prometheus's own conventions tell the unit."""
_SELECTOR = re.compile(r"(?P<metric>[A-Za-z_:][\w:]*)?\s*(?P<labels>\{.*\})?", re.DOTALL)
EXAMPLE: Final = f'{ENERGY_METRIC}{{namespace="prod"}} mJ'


@dataclass(frozen=True, slots=True)
class Source:
    """Series of a Prometheus server and what their values mean."""

    selector: str
    """A PromQL instant vector selector."""
    scale: float
    """Joules (or watts) for each unit of the value."""
    is_power: bool = False
    """Whether it is a gauge of power and not a counter of energy."""
    component: ComponentName = "gpu"

    @property
    def metric(self) -> str:
        """The metric's name, or the selector where it has none."""
        return self.selector.partition("{")[0].strip() or self.selector


DCGM: Final = (Source(ENERGY_METRIC, 1e-3), Source(POWER_METRIC, 1.0, is_power=True))
"""What is asked for where nobody says more, in this order: of older GPUs there is power alone."""


def parse_source(text: str) -> Source:
    """A selector, its unit and its component, such as ``node_rapl_package_joules_total J cpu``.

    The unit (J or Wh for a counter, W for a gauge of power, with SI prefixes) may be left out where
    the name of the metric tells it; the component is ``gpu`` where none is named. Raises
    ``ValueError`` that says what to type.
    """
    rest, component = text.strip(), "gpu"
    words = rest.rsplit(maxsplit=1)
    if len(words) == 2 and words[1] in get_args(ComponentName):
        rest, component = words
        words = rest.rsplit(maxsplit=1)
    selector, meaning = rest, None
    if len(words) == 2 and not words[1].endswith("}"):
        selector, meaning = words[0], _meaning(words[1])
        if meaning is None:
            raise ValueError(
                f"{words[1]!r} is no unit: end with the counter's unit, as in {EXAMPLE}"
            )
    found = _SELECTOR.fullmatch(selector)
    if found is None or not selector:
        raise ValueError(
            f"{selector!r:.120} is no PromQL selector: give a metric's name with labels and the "
            f"counter's unit, as in {EXAMPLE}"
        )
    meaning = meaning or _meaning(_usual_unit(found["metric"] or ""))
    if meaning is None:
        raise ValueError(
            f"the unit of {selector!r:.120} is not known: write it behind, as in {EXAMPLE} "
            "(J, mJ, uJ, Wh, kWh; W for a gauge of power)"
        )
    return Source(selector, *meaning, cast(ComponentName, component))


def _usual_unit(metric: str) -> str:
    ends = (unit for ending, unit in ENDINGS.items() if metric.endswith(ending))
    return KNOWN_UNITS.get(metric) or next(ends, "")


def _meaning(unit: str) -> tuple[float, bool] | None:
    """Joules or watts of a unit, and which of the two; ``None`` for what is no unit."""
    joules = joules_per(unit)
    if joules is not None:
        return joules, False
    if unit.endswith("W") and unit[:-1] in PREFIXES:
        return PREFIXES[unit[:-1]], True
    return None


def check_url(url: str) -> str:
    """The server's address without a slash at its end; ``ValueError`` never repeats a password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in {"http", "https"} or not host:
        raise ValueError(
            "prometheus:URL needs the server's address, such as prometheus:http://localhost:9090"
        )
    if "@" in parts.netloc:
        raise ValueError(
            "prometheus:URL must hold no user name and no password, they would stand in every log: "
            f"put a bearer token into the environment variable {TOKEN_VARIABLE}"
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError(
            "prometheus:URL is the server's address alone, without ? and #: "
            f"prometheus:{parts.scheme}://{parts.netloc}{parts.path}"
        )
    return url.rstrip("/")
