"""What the page says about one measurement in words and figures: titled lists of label and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_inferenergy.report.against import evidence
from pytest_inferenergy.report.machine import missing_meter
from pytest_inferenergy.report.message import change, percent, repeatability, split
from pytest_inferenergy.report.parts import constant_part
from pytest_inferenergy.report.ranking import why_not_gated
from pytest_inferenergy.units import plain, with_prefix

Facts = list[tuple[str, str]]


def facts(measurement: Mapping[str, Any], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Groups of facts, ``{"title": …, "facts": [[label, text], …]}``; empty ones are left out.

    ``settings``: those of the document.
    """
    equivalents = settings.get("equivalents") or ()
    groups = {
        "Verdict": _gate(measurement, settings),
        "Energy": _energy(measurement) + _amounts(measurement, equivalents),
        "Against the baseline": _baseline(measurement),
        "Tokens and images": _per_item(measurement),
        "Phases": _phases(measurement),
        "Parts": _components(measurement),
        "How it was measured": _method(measurement),
        "Device and software": _device(measurement),
    }
    return [{"title": title, "facts": found} for title, found in groups.items() if found]


def _gate(measurement: Mapping[str, Any], settings: Mapping[str, Any]) -> Facts:
    details = measurement.get("details") or {}
    gated = measurement.get("gated")
    if gated == "not gated" and measurement["state"] == "measured":
        gated += f": {why_not_gated(measurement, settings)}"
    return _known(
        ("Verdict", measurement.get("verdict")),
        ("Why", measurement.get("reason") or details.get("reason")),
        ("Gate", gated),
        ("Test", measurement.get("test_outcome")),
        ("Budget", _budget(measurement.get("budget"))),
        ("Stored baseline", measurement.get("broken_baseline")),
    )


def _energy(measurement: Mapping[str, Any]) -> Facts:
    if measurement["state"] != "measured":
        return []
    low, high = plain(measurement["low"]), plain(measurement["high"])
    half = repeatability(measurement)
    grams = measurement.get("gco2_per_1k")
    return _known(
        ("Energy", f"{plain(measurement['kwh_per_1k'])} kWh/1k"),
        ("99 % interval", f"[{low}, {high}] kWh/1k, ±{half}"),
        ("Per inference", _unit(measurement, "joules_per_inference", "J")),
        ("Above idle", _unit(measurement, "joules_above_idle", "J")),
        ("Time per inference", _unit(measurement, "seconds_per_inference", "s")),
        ("Mean power", _unit(measurement, "mean_watts", "W")),
        ("Idle power", _unit(measurement, "idle_watts", "W")),
        ("With estimated parts", _unit(measurement, "total_kwh_per_1k", "kWh/1k")),
        ("Carbon", None if grams is None else f"{with_prefix(grams, 'g')} CO₂e/1k"),
        ("Source", measurement.get("source")),
    )


def _amounts(measurement: Mapping[str, Any], equivalents: Sequence[Mapping[str, Any]]) -> Facts:
    if measurement["state"] != "measured" or not equivalents:
        return []
    kwh = measurement["kwh_per_1k"]
    amounts = [f"{plain(kwh / each['kwh'])} x {each['name']}" for each in equivalents]
    return [("1,000 amount to", ", ".join(amounts))]


def _baseline(measurement: Mapping[str, Any]) -> Facts:
    if measurement.get("change") is None:
        return []
    details = measurement["details"]
    changed = details.get("also_changed")
    return _known(
        ("Baseline", f"{plain(measurement['baseline_kwh_per_1k'])} kWh/1k"),
        ("Rests on", evidence(measurement)),
        ("Change", f"{percent(measurement['change'])} {interval(details)}".strip()),
        ("Made up of", split(measurement)),
        ("Tolerance", _percent(details.get("tolerance"))),
        ("Must be detected", _percent(details.get("must_detect"))),
        ("Smallest detectable", _percent(details.get("smallest_detectable"))),
        ("At the baseline's pace", change(measurement, "energy_at_pace_")),
        ("Pace", change(measurement, "pace_")),
        ("Also changed", ", ".join(changed) if changed else None),
        ("Level it began with", _unit(measurement, "anchor_kwh_per_1k", "kWh/1k")),
    )


def _per_item(measurement: Mapping[str, Any]) -> Facts:
    per_joule = measurement.get("tokens_per_joule")
    return _known(
        ("Tokens per inference", _plain(measurement.get("tokens_per_inference"))),
        ("Energy per token", _unit(measurement, "joules_per_token", "J")),
        ("Tokens per joule", _plain(per_joule)),
        ("Images per inference", _plain(measurement.get("images_per_inference"))),
        ("Energy per image", _unit(measurement, "joules_per_image", "J")),
    )


def _phases(measurement: Mapping[str, Any]) -> Facts:
    found: Facts = []
    phases = measurement.get("phases") or {}
    for name, phase in sorted(phases.items(), key=lambda pair: pair[0] != "prefill"):
        parts = [
            _unit(phase, key, unit)
            for key, unit in (
                ("joules_per_inference", "J/inference"),
                ("joules_per_token", "J/token"),
                ("seconds_per_inference", "s/inference"),
            )
        ]
        found.append((name, ", ".join(part for part in parts if part is not None)))
    return found


def _components(measurement: Mapping[str, Any]) -> Facts:
    return [
        (
            name,
            f"{plain(part['kwh_per_1k'])} kWh/1k, {part['source']}"
            + ("" if part["gated"] else ", not gated"),
        )
        for name, part in (measurement.get("components") or {}).items()
    ]


def _method(measurement: Mapping[str, Any]) -> Facts:
    rejected = measurement.get("rejected_windows")
    task = measurement.get("task") or {}
    return _known(
        ("Windows", _plain(measurement.get("windows"))),
        ("Rejected windows", str(rejected) if rejected else None),
        ("Inferences", _plain(measurement.get("inferences"))),
        ("Spread of windows", _percent(measurement.get("window_sd"))),
        ("Estimate", ", ".join(constant_part(measurement)) or None),
        ("Flags", ", ".join(measurement.get("flags") or ()) or None),
        *((key.replace("_", " ").capitalize(), str(value)) for key, value in task.items()
          if value is not None),
    )  # fmt: skip


def _device(measurement: Mapping[str, Any]) -> Facts:
    run = measurement.get("run") or {}
    profile = measurement.get("profile") or {}
    clock, heat = run.get("sm_clock_mhz"), run.get("temperature_c")
    return _known(
        ("Device", profile.get("device")),
        ("Devices measured", ", ".join(map(str, measurement.get("devices") or ())) or None),
        ("Added up", "; ".join(measurement.get("added_up") or ()) or None),
        ("Meter", profile.get("meter")),
        ("Expected meter", missing_meter(measurement)),
        ("Power limit", _unit(profile, "power_limit_watts", "W")),
        ("Clock", None if clock is None else f"{clock:.0f} MHz"),
        ("Temperature", None if heat is None else f"{heat:.0f} °C"),
        ("Driver", run.get("driver")),
        ("Libraries", libraries(run) or None),
        ("Commit", run.get("commit")),
    )


def libraries(run: Mapping[str, Any]) -> str:
    """``torch 2.9, transformers 5.1`` of a run's record."""
    return ", ".join(f"{name} {version}" for name, version in (run.get("libraries") or {}).items())


def interval(details: Mapping[str, Any]) -> str:
    """The bounds of a change in brackets; empty where they are unknown."""
    if details.get("low") is None and details.get("high") is None:
        return ""
    return f"[{percent(details.get('low'))}, {percent(details.get('high'))}]"


def _budget(budget: Mapping[str, Any] | None) -> str | None:
    if budget is None:
        return None
    words = {"blown": "over it", "inconclusive": "not clearly within it"}
    excess = percent(budget["excess"])
    return f"{budget['text']}: {words.get(budget['word'], budget['word'])} ({excess})"


def _known(*pairs: tuple[str, str | None]) -> Facts:
    return [(label, str(text)) for label, text in pairs if text]


def _unit(values: Mapping[str, Any], key: str, unit: str) -> str | None:
    value = values.get(key)
    if value is None:
        return None
    return f"{plain(value)} {unit}" if unit.startswith("kWh") else with_prefix(value, unit)


def _plain(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:,}" if isinstance(value, int) else plain(value)


def _percent(fraction: float | None) -> str | None:
    return None if fraction is None else f"{plain(100 * fraction, 2)} %"
