"""What was measured, as a message to the other ranks and back."""

from __future__ import annotations

import dataclasses
from typing import Any

from pytest_inferenergy.distributed.channel import Message
from pytest_inferenergy.measure.request import Measured
from pytest_inferenergy.measurement import ComponentEnergy, Figures, Measurement
from pytest_inferenergy.stats.phases import Phase


def as_message(measured: Measured) -> Message:
    """All but the first call's result, which each rank has of its own."""
    told = dataclasses.asdict(measured.measurement)
    return {"measurement": told, "outcome": measured.outcome}


def from_message(message: Message, first_result: Any) -> Measured:
    """What `as_message` told."""
    told = message["measurement"]
    given = told | {"devices": tuple(told["devices"]), "flags": tuple(told["flags"])}
    if told["figures"] is not None:
        given["figures"] = _figures(told["figures"])
    return Measured(first_result, Measurement(**given), message["outcome"])


def _figures(told: dict[str, Any]) -> Figures:
    components = {name: ComponentEnergy(**part) for name, part in told["components"].items()}
    phases = {name: Phase(**part) for name, part in told["phases"].items()}
    return Figures(**told | {"components": components, "phases": phases})
