"""What the windows of a recording say together of devices and their state."""

from __future__ import annotations

from pytest_inferenergy.measuring.measure import Recording
from pytest_inferenergy.meters.base import DeviceState, Reading


def gated_readings(recording: Recording) -> list[Reading]:
    """The readings that make up the figure, of all windows."""
    return [
        reading
        for window in recording.windows
        for reading in window.readings
        if reading.component in recording.components and reading.source == recording.source
    ]


def gated_devices(recording: Recording) -> tuple[str, ...]:
    """The devices measured, sorted."""
    return tuple(sorted({reading.device for reading in gated_readings(recording)}))


def idle_watts(recording: Recording) -> float | None:
    """Power at rest of what makes up the figure, watts; a meter knows that of its GPUs alone."""
    if recording.profile is None or recording.components != ("gpu",):
        return None
    return recording.profile.idle_watts


def component_joules(recording: Recording) -> dict[str, tuple[str, float]]:
    """Joules per inference of each component with its source, over all windows together."""
    inferences = sum(window.inferences for window in recording.windows)
    found: dict[str, tuple[str, float]] = {}
    for window in recording.windows:
        for reading in window.readings:
            source, joules = found.get(reading.component, (reading.source, 0.0))
            found[reading.component] = (source, joules + reading.joules / inferences)
    return found


def mean_state(recording: Recording) -> DeviceState:
    """Clocks on the mean, the highest temperature, and every throttle reason seen."""
    states = [r.state for r in gated_readings(recording) if r.state is not None]
    clocks = [s.sm_clock_mhz for s in states if s.sm_clock_mhz is not None]
    heat = [s.temperature_c for s in states if s.temperature_c is not None]
    reasons = [s.throttle_reasons for s in states if s.throttle_reasons is not None]
    throttle = 0
    for bits in reasons:
        throttle |= bits
    return DeviceState(
        sm_clock_mhz=sum(clocks) / len(clocks) if clocks else None,
        temperature_c=max(heat) if heat else None,
        power_limit_watts=states[-1].power_limit_watts if states else None,
        throttle_reasons=throttle if reasons else None,
    )
