"""``--energy-meter zeus``."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.integration.conftest import USUAL
from tests.meters.recordings import STEADY, trace
from tests.prometheus.exporter import Card

SLEEPER = """
    import time

    def test_sleeper(energy):
        assert energy(lambda: time.sleep(0.25) or "done") == "done"
"""


def results(pytester: pytest.Pytester) -> Any:
    (measured,) = json.loads((pytester.path / "results.json").read_text())["measurements"]
    return measured


def test_an_amd_gpu_is_measured_and_compared(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zeus.device.gpu

    from tests.meters.zeus_devices import replayed_gpu, replayed_gpus

    gpus = replayed_gpus(replayed_gpu(Card(trace(STEADY), "GPU-a")))
    monkeypatch.setattr(zeus.device.gpu, "_gpus", gpus)
    pytester.makepyfile(test_model=SLEEPER)
    options = (*USUAL, "--energy-meter=zeus", "--energy-max-seconds=0.2")
    first = pytester.runpytest_inprocess(*options, "--energy-update")
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    measured = results(pytester)
    assert measured["slug"] == "amd-instinct-mi300x-x1-zeus"
    assert measured["mean_watts"] == pytest.approx(560, rel=0.3)
    assert "contention_unknown" in measured["flags"]
    second = pytester.runpytest_inprocess(*options)
    second.stdout.fnmatch_lines(["energy: 1 measured, 1 compared*"])


def test_no_device_is_no_figure(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    import zeus.device.gpu

    from tests.meters.zeus_devices import replayed_gpus

    monkeypatch.setattr(zeus.device.gpu, "_gpus", replayed_gpus())
    pytester.makepyfile(test_model=SLEEPER)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-meter=zeus")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 0 measured*Zeus finds no device here: *"])
    strict = pytester.runpytest_inprocess(*USUAL, "--energy-meter=zeus", "--energy-strict")
    assert strict.ret == pytest.ExitCode.TESTS_FAILED


def test_without_the_extra_the_message_says_what_to_type(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zeus", None)
    monkeypatch.setitem(sys.modules, "zeus.device", None)
    pytester.makepyfile(test_model=SLEEPER)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-meter=zeus")
    result.stdout.fnmatch_lines(['*type: pip install "pytest-inferenergy?zeus?"*'])
