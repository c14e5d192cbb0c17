"""From windows to a verdict: what is known of the machine, the baseline and the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_inferenergy.baselines.history import LookupResult
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.measure.context import Context
from pytest_inferenergy.measure.facts import environment, library_versions
from pytest_inferenergy.measure.outcome import by_stored, conclude
from pytest_inferenergy.measure.phases import prefill_recording, seconds_for_prefill
from pytest_inferenergy.measure.recorder import CALLS_WHEN_SLOW
from pytest_inferenergy.measure.request import Measured, Request
from pytest_inferenergy.measure.summary import (
    estimate_of,
    gated_devices,
    idle_watts,
    mean_state,
    tokens_per_inference,
)
from pytest_inferenergy.measure.unmeasured import missing_meter
from pytest_inferenergy.measure.warmup import WINDOW_SECONDS
from pytest_inferenergy.stats.comparability import comparable
from pytest_inferenergy.stats.phases import split_phases
from pytest_inferenergy.stats.stopping import LEAST_WINDOWS, progress
from pytest_inferenergy.stats.student import quantile

if TYPE_CHECKING:
    from pytest_inferenergy.measure.recorder import Recording, WindowRecorder
    from pytest_inferenergy.stats.estimate import Estimate
    from pytest_inferenergy.stats.phases import Phase
    from pytest_inferenergy.stats.runs import Run
    from pytest_inferenergy.stats.verdict import Verdict


class Evaluation:
    """One measurement on its way to a verdict."""

    def __init__(self, context: Context, request: Request, measuring: WindowRecorder) -> None:
        self._context = context
        self.live = context.live
        self.request = request
        self.measuring = measuring
        self._digest = request.workload.digest()
        self._description = request.description
        self._commit = context.commit()
        self._libraries = library_versions()
        self._environment: dict[str, str] = {}
        self._found: LookupResult | None = None
        self._profile: MachineProfile | None = None
        self._prefill_seconds = 0.0

    def prepare(self) -> None:
        """Do the slow things before the warm-up, so that windows follow it at once."""
        quantile(0.99, 5.0)  # loads scipy

    def pace(self, first_call: float) -> float:
        """Seconds that a call takes: the second, where the first outlasts the limit.

        A first call may compile; whether calls are slow, only the second can tell.
        """
        if not self._is_slow(first_call):
            return first_call
        second_call = self.measuring.second_call()
        if not self._is_slow(second_call):
            self.measuring.start_over()
        return second_call

    def _is_slow(self, call: float) -> bool:
        """Whether a call of so many seconds outlasts the limit by itself."""
        # a meter so coarse that it needs longer windows needs them of slow calls, too
        needed = self.measuring.recording.window_seconds
        coarse = needed > WINDOW_SECONDS and call < needed
        return call >= self.request.settings.max_seconds and not coarse

    def measure(self, call: float, limit: float) -> None:
        """Take windows until they are enough, or three calls where one outlasts the limit.

        ``call``: what a call takes, seconds, as `pace` told.
        """
        if self._is_slow(call):
            self.measuring.measure_slow(CALLS_WHEN_SLOW - 1)
        else:
            self.measuring.measure(call, self.enough(limit), limit)

    def enough(self, limit: float) -> Callable[[Recording, float], bool]:
        """When to stop taking windows."""

        def judge(recording: Recording, spent: float) -> bool:
            if spent >= limit and recording.taken >= LEAST_WINDOWS:
                return True
            run, estimate = self.run(), estimate_of(recording)
            self.live.windows(recording.taken, estimate, limit - spent)
            return progress(
                estimate,
                run,
                self._stored().runs,
                seconds=spent,
                max_seconds=limit,
                budget=self.request.budget is not None,
                window_seconds=recording.window_seconds,
            ).enough

        return judge

    def reserve(self, limit: float) -> float:
        """Keep a part of the time for prefill, where it is asked for; seconds left for the rest."""
        if self.request.workload.prefill is None:
            return limit
        self._prefill_seconds = seconds_for_prefill(limit)
        return limit - self._prefill_seconds

    def may_have_stored(self) -> bool:
        """Whether anything is stored at all; cheap, and known before the first window."""
        return self.request.settings.baselines.is_dir()

    def comparable_runs(self) -> tuple[Run, ...]:
        """The stored runs that this measurement can stand against; known from a window on."""
        return tuple(comparable(self.run(), self._stored().runs))

    def conclude(self, verdict: Callable[[Run, bool], Verdict] | None = None) -> Measured:
        """The verdict and everything that is reported.

        ``verdict``: in place of the stored runs', from the run and whether it is only estimated.
        """
        recording = self.measuring.recording
        estimate = estimate_of(recording)
        stored = self._stored()
        phases = self._phases(estimate)
        self.measuring.meters.rest()
        recording.profile = self.measuring.meters.profile()  # which now knows the power at rest
        self._environment = environment()
        run = self.run()
        measurement, outcome = conclude(
            self.request,
            recording,
            estimate,
            run,
            stored,
            self._machine(),
            phases=phases,
            shared_host=self._context.siblings,
            verdict=None if verdict is None else verdict(run, recording.source == "estimated"),
        )
        outcome["missing_meter"] = missing_meter(
            self.measuring.meters.absent,
            lambda meter: self._context.measured_by(meter, self.request),
        )
        return Measured(recording.first_result, measurement, outcome)

    def _phases(self, whole: Estimate) -> dict[str, Phase]:
        workload = self.request.workload
        if workload.prefill is None:
            return {}
        recording = prefill_recording(self.measuring, self._prefill_seconds)
        if not recording.clean:
            return {}
        read = workload.prompt_tokens
        return split_phases(
            whole,
            estimate_of(recording),
            prompt_tokens=None if read is None else read / workload.inferences,
            tokens=tokens_per_inference(self.measuring.recording),
        )

    def by_stored(self) -> Verdict:
        """What the stored runs say of the windows so far."""
        recording, runs = self.measuring.recording, self._stored().runs
        return by_stored(self.request, recording, self.run(), runs, self._machine())

    def _machine(self) -> MachineProfile:
        """The facts that key the baselines; known from a window on."""
        if self._profile is None:
            profile = self.measuring.recording.profile
            if profile is None:
                raise MeterError("the devices were never chosen")
            found = MachineProfile.from_meter(profile, self.measuring.recording.components)
            self._profile = self._context.alter_profile(found)
        return self._profile

    def _stored(self) -> LookupResult:
        """What is stored; where that cannot be read the figures stand, and the gate must not."""
        if self._found is None:
            machine = self._machine()
            self._found = LookupResult.by(lambda: self._context.history(machine, self.request))
        return self._found

    def run(self) -> Run:
        """The run that the windows so far make."""
        recording = self.measuring.recording
        state = mean_state(recording)
        estimate = estimate_of(recording)
        return estimate.to_run(
            time.time(),
            idle_watts=idle_watts(recording),
            inferences_per_call=self.request.workload.inferences,
            concurrency=self.request.workload.concurrency,
            tokens_per_inference=tokens_per_inference(recording),
            description=self._description,
            device="+".join(gated_devices(recording)) or None,
            input_digest=self._digest,
            driver=None if recording.profile is None else recording.profile.driver,
            power_limit_watts=state.power_limit_watts,
            sm_clock_mhz=state.sm_clock_mhz,
            temperature_c=state.temperature_c,
            throttle_reasons=state.throttle_reasons,
            commit=self._commit,
            libraries=self._libraries,
            environment=self._environment,
        )
