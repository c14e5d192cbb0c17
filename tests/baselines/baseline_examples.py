"""Plain baselines to test with."""

from __future__ import annotations

import math
from typing import Any

from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.stats.runs import Run

H200 = MachineProfile("NVIDIA H200", 1, 700, False, "nvml", ("gpu",))
NODEID = "tests/test_film.py::test_sentiment"
NOON = 1_795_348_800.0


def a_run(**facts: Any) -> Run:
    defaults: dict[str, Any] = {
        "log_joules": math.log(1.25),
        "log_seconds": math.log(0.0125),
        "stderr": 0.001,
        "window_sd": 0.004,
        "windows": 9,
        "window_seconds": 1.25,
        "time": NOON,
    }
    return Run(**{**defaults, **facts})


def a_history(*runs: Run) -> History:
    kept = runs or (a_run(),)
    return History(Anchor(kept[0].log_joules, kept[0].time), kept)


def some_baselines(*runs: Run, nodeid: str = NODEID, name: str = "") -> Baselines:
    return Baselines(H200, {nodeid: {name: a_history(*runs)}})
