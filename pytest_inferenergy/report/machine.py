"""What measured a figure, in words: the meter and its devices, and the meter that was missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_inferenergy.escaping import line

EXPECTED: Final = {"baseline": "a baseline of this test is by it", "gpu": "a GPU is listed"}


def machine_line(profile: Mapping[str, Any]) -> str:
    """The facts of a machine profile."""
    limit = profile.get("power_limit_watts")
    parts = [
        f"{profile.get('device')} x{profile.get('count')}",
        *([] if limit is None else [f"{limit} W"]),
        *(["MIG"] if profile.get("mig") else []),
        f"meter {profile.get('meter')}",
        "+".join(profile.get("components") or ()),
    ]
    return line(", ".join(filter(None, parts)))


def machine_of(outcome: Mapping[str, Any]) -> str | None:
    """The machine of a measurement; ``None``: nothing was measured."""
    profile = outcome.get("profile")
    if not profile:
        return None
    replayed = " (a recording, not this machine)" if profile.get("meter") == "replay" else ""
    return machine_line(profile) + replayed


def machines(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The machines of some measurements, each once."""
    return list(dict.fromkeys(filter(None, map(machine_of, outcomes))))


def missing_meter(outcome: Mapping[str, Any]) -> str:
    """``not measured by nvml (a GPU is listed): ...``; empty where no meter was missing."""
    missing = outcome.get("missing_meter")
    if not missing:
        return ""
    why = EXPECTED.get(missing["expected_by"], missing["expected_by"])
    reason = missing["reason"].partition("\n")[0]
    return line(f"not measured by {missing['meter']} ({why}): {reason}")
