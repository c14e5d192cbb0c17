"""A `Measurement` as plain, flat data: it travels on a test report; all outputs are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_inferenergy.measurement import Measurement

if TYPE_CHECKING:
    from pytest_inferenergy.stats.phases import Phase


def as_data(measurement: Measurement) -> dict[str, Any]:
    """A measurement as builtin types: scalars under flat names, the parts under ``components``."""
    figures = measurement.figures
    if figures is None:
        return {"name": measurement.name, "state": "unmeasured", "reason": measurement.reason}
    return {
        "name": measurement.name,
        "state": "measured",
        "reason": None,
        "source": figures.source,
        "kwh_per_1k": measurement.kwh_per_1k,
        "low": measurement.low,
        "high": measurement.high,
        "total_kwh_per_1k": measurement.total_kwh_per_1k,
        "gco2_per_1k": measurement.gco2_per_1k,
        "joules_per_inference": figures.joules_per_inference,
        "seconds_per_inference": figures.seconds_per_inference,
        "mean_watts": measurement.mean_watts,
        "idle_watts": measurement.idle_watts,
        "joules_above_idle": measurement.joules_above_idle,
        "task": dict(measurement.description) or None,
        "study": _study(measurement),
        "tokens_per_inference": figures.tokens_per_inference,
        "images_per_inference": figures.images_per_inference,
        "joules_per_token": measurement.joules_per_token,
        "tokens_per_joule": measurement.tokens_per_joule,
        "joules_per_image": measurement.joules_per_image,
        "phases": {name: _phase_as_data(phase) for name, phase in figures.phases.items()} or None,
        "inferences": figures.inferences,
        "windows": figures.windows,
        "components": {
            name: {"source": part.source, "kwh_per_1k": part.kwh_per_1k, "gated": part.gated}
            for name, part in figures.components.items()
        },
        "devices": list(measurement.devices),
        "joules_by_device": dict(figures.joules_by_device),
        "flags": list(measurement.flags),
        "baseline_kwh_per_1k": measurement.baseline,
        "change": measurement.change,
        "verdict": measurement.verdict,
        "details": dict(measurement.details),
    }


def _phase_as_data(phase: Phase) -> dict[str, Any]:
    return {
        "joules_per_inference": phase.joules_per_inference,
        "stderr": phase.stderr,
        "seconds_per_inference": phase.seconds_per_inference,
        "tokens_per_inference": phase.tokens_per_inference,
        "joules_per_token": phase.joules_per_token,
    }


def _study(measurement: Measurement) -> dict[str, Any] | None:
    """The place of the measurement's task in the study, where it names one."""
    if "task" not in measurement.description:
        return None
    from pytest_inferenergy.reference import study_of

    return study_of(measurement.description)
