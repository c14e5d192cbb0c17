"""Series that hold the same energy: joined where that is known, else refused by name.

A server may hold one counter several times: scraped by two replicas of Prometheus or by two of its
jobs, read by two paths (RAPL's registers by MSR and by MMIO), or as a whole beside its parts
(package beside core and uncore, psys beside all). What is added up must count each joule once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.prometheus.answer import Series

SCRAPED_BY: Final = frozenset(
    {"container", "endpoint", "job", "monitor", "namespace", "pod", "prometheus", "receive",
     "service", "tenant_id"}
)  # fmt: skip
"""Labels that tell who scraped, and not what; so does each with ``replica`` in its name."""
HOSTS: Final = ("instance", "Hostname", "node", "nodename", "host")
"""Labels that name a machine, the first that is there."""
ZONES: Final = ("zone", "domain", "domain_name", "name")
"""Labels that name a domain of RAPL, where the metric's name does not."""
PARTS: Final = {
    "package": frozenset({"core", "uncore"}),
    "psys": frozenset({"package", "core", "uncore", "dram"}),
}
"""What each domain of RAPL holds (Linux, Documentation/power/powercap)."""
MMIO, MSR = "intel-rapl-mmio", "intel-rapl"
FEWEST: Final = 3
"""Samples by which two counters are known to agree."""

Labels = Mapping[str, str]


def one_counter(one: Series, other: Series) -> bool:
    """Whether two series of different labels are the same counter, scraped twice."""
    if _target(one.labels) != _target(other.labels):
        return False
    agree = _agree(one.samples, other.samples)
    return "instance" in one.labels if agree is None else agree


def read_twice(one: Labels, other: Labels) -> bool:
    """Whether ``other`` is the counter ``one`` by RAPL's second path (MMIO beside MSR)."""
    path = other.get("path", "")
    return MMIO in path and dict(one) == {**other, "path": path.replace(MMIO, MSR)}


def check(labels: Iterable[Labels]) -> None:
    """Raise `MeterError` where one of some series holds what another counts."""
    for one, other in combinations(labels, 2):
        if _host(one) != _host(other):
            continue
        for whole, part in ((one, other), (other, one)):
            if _zone(part) in PARTS.get(_zone(whole), frozenset()):
                raise MeterError(
                    f"{series_name(whole)} holds what {series_name(part)} counts: together each "
                    f"joule would count twice; choose one by {_told_by(whole, part)} in "
                    "energy_prometheus",
                    "series_overlap",
                )


def series_name(labels: Labels) -> str:
    """A series as Prometheus writes it."""
    pairs = (f'{k}="{v}"' for k, v in sorted(labels.items()) if k != "__name__")
    return f"{labels.get('__name__', '')}{{{', '.join(pairs)}}}"


def _target(labels: Labels) -> dict[str, str]:
    """What is scraped, without who scrapes it."""
    return {k: v for k, v in labels.items() if k not in SCRAPED_BY and "replica" not in k.lower()}


def _agree(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> bool | None:
    """Whether each value of one lies between the other's before and after it.

    ``None`` where they are too few, or stand still, so that they tell nothing.
    """
    times = [time for time, _ in one]
    told = 0
    for time, value in other:
        first, last = bisect_right(times, time) - 1, bisect_left(times, time)
        if first < 0 or last >= len(one):
            continue
        if not one[first][1] <= value <= one[last][1]:
            return False
        told += 1
    grew = bool(one) and one[-1][1] > one[0][1]
    return True if told >= FEWEST and grew else None


def _host(labels: Labels) -> str:
    return next((labels[name] for name in HOSTS if labels.get(name)), "")


def _zone(labels: Labels) -> str:
    """The domain of RAPL that a series counts, empty where it is none."""
    words = re.split(r"[_:]", labels.get("__name__", ""))
    words += [re.split(r"[-_\d]", labels[name].lower())[0] for name in ZONES if name in labels]
    known = PARTS.keys() | PARTS["psys"]
    return next((word for word in words if word in known), "")


def _told_by(one: Labels, other: Labels) -> str:
    differ = sorted(k for k in one.keys() | other.keys() if one.get(k) != other.get(k))
    names = ["the metric's name" if name == "__name__" else f"the label {name}" for name in differ]
    return " or ".join(names)
