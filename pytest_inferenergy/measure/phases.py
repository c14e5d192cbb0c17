"""Prefill of a generator: windows of calls that end with the first token."""

from __future__ import annotations

from pytest_inferenergy.measure.recorder import Recording, WindowRecorder

LEAST_WINDOWS = 3
MOST_WINDOWS = 8
SHARE = 0.25
"""Share of a measurement's time that is kept for prefill."""
MOST_SECONDS = 6.0


def seconds_for_prefill(limit: float) -> float:
    """The part of a measurement's time, seconds, in which prefill is measured."""
    return min(SHARE * limit, MOST_SECONDS)


def prefill_recording(whole: WindowRecorder, seconds: float) -> Recording:
    """Windows of prefill calls with the arguments of the whole ones, on the devices chosen."""
    part = WindowRecorder(whole.workload.of_prefill(), whole.meters, whole.wanted)

    def enough(recording: Recording, spent: float) -> bool:
        taken = recording.taken
        return taken >= MOST_WINDOWS or (taken >= LEAST_WINDOWS and spent >= seconds)

    part.measure(part.first_call(), enough, seconds)
    return part.recording
