"""What one inference of a generator is made of: joules per token, per image and per phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_inferenergy.units import with_prefix


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
    return found
