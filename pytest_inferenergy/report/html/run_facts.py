"""What holds for the whole run: when, with which software, on which devices, by which settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_inferenergy.report.html.facts import Facts, libraries
from pytest_inferenergy.units import plain, with_prefix


def run_facts(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Groups of facts, ``{"title": …, "facts": [(label, text), …]}``; empty ones are left out."""
    measured = [m for m in document["measurements"] if m["state"] == "measured"]
    groups = {
        "Devices": _devices(measured),
        "Software": _software(document, measured),
        "Baselines without a test": [
            (slug, ", ".join(tests)) for slug, tests in (document.get("gone") or {}).items()
        ],
        "Carbon": _carbon(document.get("carbon")),
        "Compared with": [
            (each["name"], f"{plain(each['kwh'])} kWh ({each['source']})")
            for each in (document.get("settings") or {}).get("equivalents") or ()
        ],
    }
    return [{"title": title, "facts": found} for title, found in groups.items() if found]


def settings(document: Mapping[str, Any]) -> Facts:
    """The settings that were given or have a default."""
    found = (document.get("settings") or {}).items()
    return [(key.replace("_", "-"), _text(value)) for key, value in found
            if value is not None and key != "equivalents"]  # fmt: skip


def _devices(measured: Iterable[Mapping[str, Any]]) -> Facts:
    found: dict[str, str] = {}
    for measurement in measured:
        profile = measurement.get("profile") or {}
        if not profile.get("device"):
            continue
        watts = profile.get("power_limit_watts")
        parts = [
            f"{profile.get('count', 1)} ×",
            profile["device"],
            None if watts is None else f"({with_prefix(watts, 'W')})",
            f"by {profile.get('meter')}",
            f"[{', '.join(map(str, measurement.get('devices') or ()))}]",
        ]
        found[measurement.get("slug") or profile["device"]] = " ".join(filter(None, parts))
    return list(found.items())


def _software(document: Mapping[str, Any], measured: Iterable[Mapping[str, Any]]) -> Facts:
    runs = [measurement.get("run") or {} for measurement in measured]
    found = [(name, str(version)) for name, version in (document.get("software") or {}).items()]
    for label, texts in (
        ("driver", [run.get("driver") for run in runs]),
        ("libraries", [libraries(run) for run in runs]),
        ("commit", [run.get("commit") for run in runs]),
    ):
        known = dict.fromkeys(text for text in texts if text)
        if known:
            found.append((label, "; ".join(known)))
    return found


def _carbon(carbon: Mapping[str, Any] | None) -> Facts:
    if carbon is None:
        return []
    return [
        ("grid", f"{plain(carbon['grams_per_kwh'])} g CO₂e/kWh"),
        ("origin", str(carbon.get("origin") or "")),
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
