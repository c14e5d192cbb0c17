"""What the windows of a recording say together: of their level, the devices, and their state."""

from __future__ import annotations

from pytest_inferenergy.measure.aliasing import aliasing_doubt
from pytest_inferenergy.measure.recorder import Recording
from pytest_inferenergy.meters.base import DeviceState, Reading, joined_state
from pytest_inferenergy.stats.estimate import Estimate


def estimate_of(recording: Recording) -> Estimate:
    """The level of the windows with its error, what the sensor may miss of them included."""
    windows = recording.windows
    return Estimate.from_windows(
        [w.joules_per_inference for w in windows],
        [w.seconds_per_inference for w in windows],
        [w.seconds for w in windows],
        [w.stderr / w.joules for w in windows],
        shared_stderr=aliasing_doubt(windows, idle_watts(recording)),
    )


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


def device_joules(recording: Recording) -> dict[str, float]:
    """Joules per inference of each device that makes up the figure, over all windows together."""
    inferences = sum(window.inferences for window in recording.windows)
    found = dict.fromkeys(gated_devices(recording), 0.0)
    for reading in gated_readings(recording):
        found[reading.device] += reading.joules / inferences
    return found


def idle_watts(recording: Recording) -> float | None:
    """Power at rest of what makes up the figure, watts; a meter knows that of its GPUs alone."""
    if recording.profile is None or recording.components not in (("gpu",), ("module",)):
        return None
    return recording.profile.idle_watts


def component_joules(recording: Recording) -> dict[str, tuple[str, float]]:
    """Joules per inference of each component with its source, over all windows together.

    Where a component is both measured and estimated, the estimate is left out; so are those of what
    a measured module holds.
    """
    inferences = sum(window.inferences for window in recording.windows)
    readings = [reading for window in recording.windows for reading in window.readings]
    measured = {r.component for r in readings if r.source == "measured"}
    found: dict[str, tuple[str, float]] = {}
    for reading in readings:
        if reading.source == "measured" or measured.isdisjoint((reading.component, "module")):
            _, joules = found.get(reading.component, (reading.source, 0.0))
            found[reading.component] = (reading.source, joules + reading.joules / inferences)
    return found


def tokens_per_inference(recording: Recording) -> float | None:
    """Tokens over inferences of all windows; ``None`` where nobody counts them."""
    windows = recording.windows
    tokens = [window.tokens for window in windows if window.tokens is not None]
    return sum(tokens) / sum(window.inferences for window in windows) if tokens else None


def mean_state(recording: Recording) -> DeviceState:
    """Clocks on the mean, the highest temperature, and every throttle reason seen."""
    states = [r.state for r in gated_readings(recording) if r.state is not None]
    return joined_state(states) or DeviceState()
