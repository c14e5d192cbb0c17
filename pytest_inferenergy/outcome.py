"""From a recording to what is reported: a `Measurement` and the same as plain, flat data.

The plain data rides on the test report, so it must survive serialisation between processes; every
output (terminal, JSON, JUnit, baselines) is made from it and from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.baselines.run_record import to_record
from pytest_inferenergy.course import course_of
from pytest_inferenergy.deciding.budget import BudgetVerdict, judge_budget
from pytest_inferenergy.deciding.decide import decide
from pytest_inferenergy.measurement import ComponentEnergy, Figures, Measurement
from pytest_inferenergy.measuring.flags import flags_of, mostly_rejected
from pytest_inferenergy.measuring.summary import (
    component_joules,
    device_joules,
    gated_devices,
    tokens_per_inference,
)
from pytest_inferenergy.units import kwh_per_1k

if TYPE_CHECKING:
    from pytest_inferenergy.baselines.history import History
    from pytest_inferenergy.baselines.profile import MachineProfile
    from pytest_inferenergy.deciding.estimate import Estimate
    from pytest_inferenergy.deciding.phases import Phase
    from pytest_inferenergy.deciding.run import Run
    from pytest_inferenergy.deciding.verdict import Verdict
    from pytest_inferenergy.measuring.measure import Recording
    from pytest_inferenergy.request import Request


def conclude(
    request: Request,
    recording: Recording,
    estimate: Estimate,
    run: Run,
    stored: Sequence[Run],
    profile: MachineProfile,
    *,
    phases: Mapping[str, Phase],
    broken: str | None = None,
    pace_gated: bool = True,
    history: History | None = None,
    verdict: Verdict | None = None,
) -> tuple[Measurement, dict[str, Any]]:
    """Judge a recording; the figures and the verdict, for the author and for reports.

    ``pace_gated``: whether the pace can be held against the test, or the host had other work too;
    ``broken``: why what is stored cannot be read; ``history``: what is stored, for reports;
    ``verdict``: in place of the stored runs'.
    """
    given = verdict is not None
    verdict = verdict or _verdict(request, recording, run, stored, pace_gated)
    if broken is not None and not given:
        reason = f"nothing to compare with: {broken}"
        verdict = replace(verdict, verdict="inconclusive", reason=reason)
    budget = _budget(request, recording, run, stored)
    figures = replace(_figures(request, recording, estimate), phases=phases)
    flags = sorted({*flags_of(recording, host_bound=estimate.host_bound), *verdict.flags})
    details = verdict.as_dict()
    carbon = request.settings.carbon
    measurement = Measurement(
        name=request.name,
        figures=figures,
        devices=gated_devices(recording),
        flags=tuple(flags),
        idle_watts=None if recording.profile is None else recording.profile.idle_watts,
        gco2_per_1k=None
        if carbon is None
        else carbon.per_1k(kwh_per_1k(figures.joules_per_inference)),
        description=request.description,
        meter=profile.meter,
        baseline=None if verdict.baseline_joules is None else kwh_per_1k(verdict.baseline_joules),
        change=verdict.change,
        verdict=verdict.verdict,
        details=details,
    )
    outcome = as_data(measurement) | {
        "nodeid": request.nodeid,
        "budget": None if request.budget is None or budget is None else {
            "text": request.budget.text,
            "kwh_per_1k": kwh_per_1k(budget.limit),
            "word": budget.word,
            "excess": budget.excess,
            "low_kwh_per_1k": kwh_per_1k(budget.low),
        },
        "gate": request.settings.gate,
        "broken_baseline": broken,
        "rejected_windows": len(recording.rejected),
        "window_sd": run.window_sd,
        "profile": profile.as_dict(),
        "slug": profile.slug,
        "run": to_record(run, request.nodeid),
    } | course_of(recording, history)  # fmt: skip
    return measurement, outcome


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


def judged_anew(outcome: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """What another verdict changes of an outcome."""
    joules = verdict.baseline_joules
    return {
        "verdict": verdict.verdict,
        "change": verdict.change,
        "baseline_kwh_per_1k": None if joules is None else kwh_per_1k(joules),
        "flags": sorted({*outcome["flags"], *verdict.flags}),
        "details": verdict.as_dict(),
    }


def blank(request: Request, reason: str) -> dict[str, Any]:
    """The outcome of a request that could not be measured."""
    return {
        "nodeid": request.nodeid,
        "name": request.name,
        "state": "unmeasured",
        "reason": reason,
        "gate": request.settings.gate,
        "broken_baseline": None,
        "flags": [],
        "task": request.description or None,
        "verdict": None,
        "budget": None,
    }


def _verdict(
    request: Request, recording: Recording, run: Run, stored: Sequence[Run], pace_gated: bool
) -> Verdict:
    tolerance, must_detect = request.settings.margins
    verdict = decide(
        run,
        stored,
        tolerance=tolerance,
        must_detect=must_detect,
        estimated=recording.source == "estimated",
        pace_gated=pace_gated,
    )
    if mostly_rejected(recording) and verdict.verdict != "new":
        reason = (
            f"contended: another process worked on the device in {len(recording.rejected)} of "
            f"{recording.taken} windows"
        )
        return replace(verdict, verdict="inconclusive", reason=reason, confidence=None)
    return verdict


def _budget(
    request: Request, recording: Recording, run: Run, stored: Sequence[Run]
) -> BudgetVerdict | None:
    if request.budget is None:
        return None
    judged = judge_budget(run, request.budget.joules_per_inference, stored)
    if mostly_rejected(recording) and judged.word == "blown":
        return replace(judged, word="inconclusive")
    return judged


def _figures(request: Request, recording: Recording, estimate: Estimate) -> Figures:
    low, high = estimate.interval(0.99)
    windows = recording.windows
    inferences = sum(window.inferences for window in windows)
    images = request.workload.images
    return Figures(
        joules_per_inference=estimate.joules_per_inference,
        joules_low=low,
        joules_high=high,
        seconds_per_inference=estimate.seconds_per_inference,
        inferences=inferences,
        windows=len(windows),
        source="estimated" if recording.source == "estimated" else "measured",
        components={
            name: ComponentEnergy(
                source="estimated" if source == "estimated" else "measured",
                joules_per_inference=joules,
                gated=name in recording.components,
            )
            for name, (source, joules) in component_joules(recording).items()
        },
        tokens_per_inference=tokens_per_inference(recording),
        joules_by_device=device_joules(recording),
        images_per_inference=None if images is None else images / request.workload.inferences,
    )
