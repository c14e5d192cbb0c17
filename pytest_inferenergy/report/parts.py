"""What one inference of a generator is made of: joules per token, per image and per phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_inferenergy.units import with_prefix

LARGE_SHARE = 0.5
"""Where so much of an estimate is a constant power, it says little but how long the work took."""


def parts(outcome: Mapping[str, Any]) -> list[str]:
    """Phrases such as ``1.20 J/token`` and ``prefill 3.10 J (48.0 mJ/token)``; most have none.

    Of several devices each is named with its part.
    """
    found = [
        f"{with_prefix(outcome[key], 'J')}/{what}"
        for key, what in (("joules_per_token", "token"), ("joules_per_image", "image"))
        if outcome.get(key) is not None
    ]
    phases = outcome.get("phases") or {}
    for name in sorted(phases, reverse=True):  # prefill before decode, also when read from a file
        phase = phases[name]
        per_token = phase["joules_per_token"]
        told = "" if per_token is None else f" ({with_prefix(per_token, 'J')}/token)"
        found.append(f"{name} {with_prefix(phase['joules_per_inference'], 'J')}{told}")
    devices = outcome.get("joules_by_device") or {}
    if len(devices) > 1:
        found += [f"{name} {with_prefix(devices[name], 'J')}" for name in sorted(devices)]
    return found + constant_part(outcome)


def constant_part(outcome: Mapping[str, Any]) -> list[str]:
    """How much of an estimate codecarbon takes for memory, which is the same whatever runs."""
    components = outcome.get("components") or {}
    gated = [part for part in components.values() if part["gated"]]
    memory = components.get("ram")
    if outcome.get("source") != "estimated" or memory is None or not memory["gated"]:
        return []
    share = memory["kwh_per_1k"] / sum(part["kwh_per_1k"] for part in gated)
    if share < LARGE_SHARE:
        return []
    return [f"{100 * share:.0f} % of it is codecarbon's constant for memory, whatever the work is"]
