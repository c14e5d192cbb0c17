"""Flags of a figure that no verdict can rest on."""

from __future__ import annotations

from collections.abc import Iterable

NOT_GATED = {
    "sensors_disagree": "the energy counter and the power samples of a device disagree, so that "
    "one of them does not measure this device",
    "power_limit_changed": "the power limit was changed during the run",
    "clocks_changed": "the clocks were set to another level during the run",
}
"""Flags of a figure that no verdict can rest on, and why."""


def not_gated(flags: Iterable[str]) -> str | None:
    """Why no verdict can rest on a figure with these flags; ``None`` where one can."""
    reasons = [NOT_GATED[flag] for flag in sorted(flags) if flag in NOT_GATED]
    return reasons[0] if reasons else None
