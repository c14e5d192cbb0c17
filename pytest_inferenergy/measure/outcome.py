"""From a recording to what is reported: a `Measurement` and the same as plain, flat data.

The plain data rides on the test report, so it must survive serialisation between processes; every
output (terminal, JSON, JUnit, baselines) is made from it and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.baselines.run_record import to_record
from pytest_inferenergy.measure.chart_data import chart_data
from pytest_inferenergy.measure.figures import as_data
from pytest_inferenergy.measure.flags import flags_of, mostly_rejected
from pytest_inferenergy.measure.summary import (
    component_joules,
    device_joules,
    gated_devices,
    tokens_per_inference,
)
from pytest_inferenergy.measurement import ComponentEnergy, Figures, Measurement
from pytest_inferenergy.stats.budget import judge_budget
from pytest_inferenergy.stats.decide import decide
from pytest_inferenergy.stats.verdict import not_gated
from pytest_inferenergy.units import kwh_per_1k

if TYPE_CHECKING:
    from pytest_inferenergy.baselines.history import LookupResult
    from pytest_inferenergy.baselines.profile import MachineProfile
    from pytest_inferenergy.measure.recorder import Recording
    from pytest_inferenergy.measure.request import Request
    from pytest_inferenergy.stats.estimate import Estimate
    from pytest_inferenergy.stats.finding import Pace
    from pytest_inferenergy.stats.phases import Phase
    from pytest_inferenergy.stats.runs import Run
    from pytest_inferenergy.stats.verdict import Verdict

NO_FIGURE = 0.5
"""A figure with a standard error beyond this, log scale, begins no baseline."""


def conclude(
    request: Request,
    recording: Recording,
    estimate: Estimate,
    run: Run,
    stored: LookupResult,
    profile: MachineProfile,
    *,
    phases: Mapping[str, Phase],
    shared_host: bool = False,
    verdict: Verdict | None = None,
) -> tuple[Measurement, dict[str, Any]]:
    """Judge a recording; the figures and the verdict, for the author and for reports.

    ``shared_host``: other test workers use the host, so its pace cannot be held against the test;
    ``verdict``: in place of the stored runs'.
    """
    if verdict is None:
        verdict = by_stored(request, recording, run, stored.runs, profile, shared_host=shared_host)
        if stored.problem is not None:
            reason = f"nothing to compare with: {stored.problem}"
            verdict = replace(verdict, verdict="inconclusive", reason=reason)
        elif verdict.verdict == "new" and estimate.stderr > NO_FIGURE:
            reason = (
                f"its {recording.taken} windows differ so much that not even the order of "
                "magnitude is known: give it more time with --energy-max-seconds"
            )
            verdict = replace(verdict, verdict="inconclusive", reason=reason)
    figures = replace(_figures(request, recording, estimate), phases=phases)
    seen = flags_of(recording, host_bound=estimate.host_bound)
    verdict = _gated(verdict, seen)
    flags = {*seen, *verdict.flags}
    measurement = _measurement(request, recording, figures, verdict, profile.meter, flags)
    outcome = as_data(measurement) | {
        "nodeid": request.nodeid,
        "budget": _budget(request, recording, run, figures.joules_high, stored.runs, seen),
        "added_up": [] if recording.profile is None else list(recording.profile.added_up),
        "gate": request.settings.gate,
        "broken_baseline": stored.problem,
        "rejected_windows": len(recording.rejected),
        "window_sd": run.window_sd,
        "profile": profile.as_dict(),
        "slug": profile.slug,
        "run": to_record(run, request.nodeid),
    }
    return measurement, outcome | chart_data(recording, stored.history)


def _measurement(
    request: Request,
    recording: Recording,
    figures: Figures,
    verdict: Verdict,
    meter: str,
    flags: Iterable[str],
) -> Measurement:
    carbon, baseline = request.settings.carbon, verdict.baseline_joules
    level = kwh_per_1k(figures.joules_per_inference)
    return Measurement(
        name=request.name,
        figures=figures,
        devices=gated_devices(recording),
        flags=tuple(sorted(flags)),
        idle_watts=None if recording.profile is None else recording.profile.idle_watts,
        gco2_per_1k=None if carbon is None else carbon.per_1k(level),
        description=request.description,
        meter=meter,
        baseline=None if baseline is None else kwh_per_1k(baseline),
        change=verdict.change,
        verdict=verdict.verdict,
        details=verdict.as_dict(),
    )


def judged_anew(outcome: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """What another verdict changes of an outcome."""
    joules = verdict.baseline_joules
    verdict = _gated(verdict, outcome["flags"])
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


def by_stored(
    request: Request,
    recording: Recording,
    run: Run,
    stored: Sequence[Run],
    profile: MachineProfile,
    *,
    shared_host: bool = False,
) -> Verdict:
    """The stored runs' verdict; inconclusive where another process mostly used the device."""
    tolerance, must_detect = request.settings.margins
    pace_counts: Pace = "shared" if shared_host else "gated"
    if request.settings.ignore_pace:
        pace_counts = "ignored"
    verdict = decide(
        run,
        stored,
        tolerance=tolerance,
        must_detect=must_detect,
        estimated=recording.source == "estimated",
        waits=profile.waits,
        pace_counts=pace_counts,
    )
    if mostly_rejected(recording) and verdict.verdict != "new":
        reason = (
            f"contended: another process worked on the device in {len(recording.rejected)} of "
            f"{recording.taken} windows"
        )
        return replace(verdict, verdict="inconclusive", reason=reason, confidence=None)
    return verdict


def _gated(verdict: Verdict, flags: Iterable[str]) -> Verdict:
    """The verdict, which is taken back where the figure is one that none can rest on."""
    reason = not_gated(flags)
    if reason is None:
        return verdict
    return replace(verdict, verdict="inconclusive", reason=f"not gated: {reason}", confidence=None)


def _budget(
    request: Request,
    recording: Recording,
    run: Run,
    high: float,
    stored: Sequence[Run],
    flags: Iterable[str],
) -> dict[str, Any] | None:
    if request.budget is None:
        return None
    judged = judge_budget(run, request.budget.joules_per_inference, stored, high=high)
    doubtful = mostly_rejected(recording) and judged.word == "blown"
    doubtful = doubtful or not_gated(flags) is not None
    return {
        "text": request.budget.text,
        "kwh_per_1k": kwh_per_1k(judged.limit),
        "word": "inconclusive" if doubtful else judged.word,
        "excess": judged.excess,
        "low_kwh_per_1k": kwh_per_1k(judged.low),
    }


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
