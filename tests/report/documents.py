"""Results documents for the reports: every verdict there is, and as many tests as one likes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.report.outcomes import budget, measured, unmeasured

CREATED = datetime(2026, 11, 22, 19, 5, 10, tzinfo=timezone.utc)
GATED = {"regressed": "failed", "inconclusive": "warned", "new": "not gated"}
HOSTILE = "test_x[<script>alert('it ran')</script>&amp;\u2028\u2029<img src=x onerror=alert(1)>]"
"""The parameters of a test, made to break out of any page that takes them for markup."""


def document(measurements: Sequence[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A document of these measurements."""
    return {
        "schema": 1,
        "created": iso(CREATED),
        "software": {"pytest-inferenergy": "0.1.0", "pytest": "9.2.0", "python": "3.11.9"},
        "settings": {
            "gate": "fail",
            "tolerance": 0.05,
            "json": None,
            "components": ["gpu"],
            "equivalents": [{"name": "kettle", "kwh": 0.1, "source": "a litre boiled"}],
        },
        "summary": f"energy: {len(measurements)} measured",
        "problems": [],
        "carbon": {"grams_per_kwh": 56.0, "origin": "FRA, yearly mean"},
        "measurements": list(measurements),
        "comparisons": [],
    } | changes


def full(nodeid: str, verdict: str = "passed", *, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A measurement with all that a document can say of it."""
    rng = random.Random(seed)
    kwh = rng.uniform(0.001, 0.05)
    outcome = measured(nodeid=nodeid, verdict=verdict)
    outcome |= {
        "kwh_per_1k": kwh,
        "low": 0.995 * kwh,
        "high": 1.005 * kwh,
        "joules_per_inference": 3600 * kwh,
        "test_outcome": "failed" if verdict == "regressed" else "passed",
        "gated": GATED.get(verdict, "passed"),
        "message": f"energy {verdict}: {kwh:.4g} kWh/1k\n  baseline …"
        if verdict in ("regressed", "inconclusive")
        else None,
        "window_list": windows(rng, kwh),
        "rejected_windows": 1,
        "windows": 12,
        "inferences": 144,
        "trace": trace(rng),
        "history": history(rng, kwh / 1.03),
        "anchor_kwh_per_1k": kwh / 1.05,
        "devices": ["GPU-1f2e3d"],
        "idle_watts": 75.0,
        "components": {"gpu": {"source": "measured", "kwh_per_1k": kwh, "gated": True}},
        "profile": {"device": "NVIDIA H200", "count": 1, "meter": "nvml", "power_limit_watts": 700},
        "run": {"driver": "580.95.05", "libraries": {"torch": "2.13.0"}, "time": iso(CREATED)},
        "task": {"task": "text-generation", "model": "distilgpt2", "batch_size": 1},
        "study": {
            "task": "text-generation", "rank": 7, "of": 10, "below": "object-detection",
            "ratio_to_below": 1.49, "above": "summarization", "ratio_to_above": 0.77,
            "model": None,
        },
    }  # fmt: skip
    return outcome | changes


def windows(rng: random.Random, kwh: float, count: int = 12) -> list[dict[str, Any]]:
    """Windows, one of them rejected."""
    return [
        {
            "start": 0.65 * index,
            "seconds": 0.61,
            "joules": 12 * 3600 * kwh * rng.gauss(1, 0.01),
            "stderr": 0.9,
            "inferences": 12,
            "rejected": index == 5,
        }
        for index in range(count)
    ]


def trace(rng: random.Random) -> dict[str, Any]:
    """As many points as a document may have."""
    return {
        "seconds": [index * 7.8 / 239 for index in range(240)],
        "watts": [rng.gauss(420, 12) for _ in range(240)],
    }


def history(rng: random.Random, kwh: float, runs: int = 20) -> list[dict[str, Any]]:
    """Stored runs, oldest first, of a level that creeps up."""
    return [
        {
            "time": iso(CREATED - timedelta(days=3 * (runs - index))),
            "kwh_per_1k": kwh * (1 + 0.003 * index) * rng.gauss(1, 0.005),
            "commit": f"{rng.getrandbits(160):040x}",
            "driver": "580.95.05",
        }
        for index in range(runs)
    ]


def every_verdict() -> dict[str, Any]:
    """One measurement of each kind, the worst last; with a hostile name."""
    improved = full("tests/test_a.py::test_improved", "improved", seed=1, change=-0.2)
    improved["details"] |= {"low": -0.22, "high": -0.18}
    regressed = full(
        "tests/test_a.py::test_regressed[é-32]", "regressed", seed=2, change=0.124, name="batch32"
    )
    regressed["details"] |= {"low": 0.1, "high": 0.15, "also_changed": ["torch 2.12 → 2.13"]}
    unsure = full("tests/test_b.py::test_unsure", "inconclusive", seed=3, change=0.07)
    unsure["details"] |= {"low": -0.04, "high": 0.19, "reason": "other card"}
    return document(
        [
            full("tests/test_a.py::test_passed", seed=4, change=0.011),
            improved,
            full("tests/test_b.py::test_new", "new", seed=5, change=None, history=[],
                 baseline_kwh_per_1k=None),
            unmeasured("no meter answered", nodeid="tests/test_b.py::test_unmeasured"),
            unsure,
            full("tests/test_c.py::test_over", seed=6, budget=budget("blown"), change=0.02,
                 gated="failed"),
            full(f"tests/test_c.py::{HOSTILE}", seed=7, change=-0.01, name="<b>bold</b>",
                 message="<script>alert('message')</script>"),
            regressed,
        ],
        problems=["--energy-update: cannot write <i>baselines</i>"],
        comparisons=[
            {"nodeid": "tests/test_d.py::test_turns", "name": None, "ratio": 0.51, "low": 0.5,
             "high": None, "pairs": 12, "time_ratio": 0.6, "power_ratio": 0.85,
             "verdict": "passed", "reason": None}
        ],
    )  # fmt: skip


def many(count: int) -> dict[str, Any]:
    """A document of so many tests, each with as much as a document may say."""
    rng = random.Random(0)
    verdicts = ("passed", "passed", "passed", "improved", "inconclusive", "new", "regressed")
    return document(
        [
            full(f"tests/test_file_{index // 50}.py::test_model[{index}-batch32]",
                 verdicts[index % len(verdicts)], seed=index,
                 window_list=windows(rng, 0.01, 80))
            for index in range(count)
        ]
    )  # fmt: skip


def iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
