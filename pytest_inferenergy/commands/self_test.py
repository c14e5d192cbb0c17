"""The doctor's self-test: a steady load, measured as a test would be, and what it tells."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError

if TYPE_CHECKING:
    from pytest_inferenergy.measure.recorder import Recording
    from pytest_inferenergy.meters.meter_set import MeterSet

FEWEST: Final = 4
"""Windows below which nothing can be said of how they wander."""
TURNS_SECONDS: Final = 30.0
"""What a comparison by turns may take by default, seconds."""
TURNS_TOLERANCE, TURNS_MUST_DETECT = 0.01, 0.03
"""The margins of ``energy.compare`` by default."""
SIDE: Final = 4096
"""Of the square matrices that are multiplied, half precision: 34 MB each."""

Load = tuple[str, Callable[[], object]]


def self_test(meters: MeterSet, components: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """Measure a load for so long; builtins, energies in joules, shares as fractions."""
    from pytest_inferenergy.measure.recorder import WindowRecorder
    from pytest_inferenergy.measure.workload import Workload
    from pytest_inferenergy.stats.student import quantile

    quantile(0.99, 5.0)  # loads scipy before the windows
    name, call = gpu_load() if "gpu" in components else cpu_load()

    def enough(recording: Recording, spent: float) -> bool:
        return spent >= seconds and recording.taken >= FEWEST

    measuring = WindowRecorder(Workload(call), meters, None)
    first = measuring.first_call()
    measuring.attach()
    measuring.measure(first, enough)
    return {"problem": None, "load": name, **_told(measuring.recording)}


def gpu_load() -> Load:
    """Matrix products on the GPU where torch is there to make them, else rest."""
    try:
        import torch

        if not torch.cuda.is_available():
            return "none: the GPU at rest, since torch sees no CUDA device", rest
        left = torch.randn(SIDE, SIDE, device="cuda", dtype=torch.float16)
        out = torch.empty_like(left)
        torch.mm(left, left, out=out)
        torch.cuda.synchronize()
    except ImportError:
        return "none: the GPU at rest, since torch is not installed", rest
    except (RuntimeError, AssertionError) as error:  # out of memory, a build without CUDA, ...
        return f"none: the GPU at rest, since torch failed ({str(error).splitlines()[0]})", rest

    def products() -> None:
        for _ in range(10):
            torch.mm(left, left, out=out)

    return f"matrix products, {SIDE} x {SIDE}, float16, torch {torch.__version__}", products


def cpu_load() -> Load:
    """One thread that works."""
    data = bytes(1 << 20)
    return "SHA-256 on one CPU thread", lambda: hashlib.sha256(data).digest()


def rest() -> None:
    """No load."""
    time.sleep(0.05)


def _told(recording: Recording) -> dict[str, Any]:
    from pytest_inferenergy.measure.flags import flags_of
    from pytest_inferenergy.measure.summary import estimate_of
    from pytest_inferenergy.stats.detectable import by_stored_runs, by_turns
    from pytest_inferenergy.stats.margins import Margins

    windows = recording.windows
    if not windows:
        raise MeterError("no window was measured")
    estimate = estimate_of(recording)
    run = estimate.to_run(time.time())
    seconds = estimate.window_seconds
    pairs = int(TURNS_SECONDS / _pair_seconds(seconds))
    levels = [math.log(w.joules_per_inference) for w in windows]
    stored, turns = Margins.of(), Margins.of(TURNS_TOLERANCE, TURNS_MUST_DETECT)
    return {
        "windows": len(windows),
        "window_seconds": seconds,
        "mean_watts": sum(w.joules for w in windows) / sum(w.seconds for w in windows),
        "window_sd": estimate.window_sd,
        "half_width": math.expm1(estimate.half_width(0.99)),
        "source": recording.source,
        "components": list(recording.components),
        "flags": list(flags_of(recording, host_bound=estimate.host_bound)),
        "detectable": {
            "tolerance": stored.tolerance,
            "stored_1": by_stored_runs(run, 1, stored),
            "stored_5": by_stored_runs(run, 5, stored),
            "turns_tolerance": turns.tolerance,
            "turns": by_turns(levels, pairs, turns),
            "turns_seconds": TURNS_SECONDS,
            "turns_pairs": pairs,
        },
    }


def _pair_seconds(window: float) -> float:
    """How long a pair by turns takes: two windows, and a wash-out before each."""
    from pytest_inferenergy.ab.interleave import WASH_OUT

    return 2 * (window + WASH_OUT)
