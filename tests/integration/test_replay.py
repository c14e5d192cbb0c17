"""``--energy-meter replay:FILE``, end to end: a recorded trace instead of a GPU."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import BLOCK, SLEEPER, USUAL, Project

QUICK_CALL = "--energy-max-seconds=0.2"


def test_a_trace_is_measured_compared_and_kept_apart_from_real_baselines(
    project: Project, replay: str
) -> None:
    project.store("test_model.py::test_sleeper", joules=1.0)  # of the real device, far lower
    real = project.baseline_file.read_bytes()
    project.write(SLEEPER)
    first = project.run(replay, "--energy-update")
    assert first.ret == pytest.ExitCode.OK
    first.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    files = {path.name: path for path in (project.path / "energy_baselines").iterdir()}
    assert set(files) == {"nvidia-h200-x1-700w-nvml.json", "nvidia-h200-replay-x1-replay.json"}
    assert files["nvidia-h200-x1-700w-nvml.json"].read_bytes() == real
    profile = json.loads(files["nvidia-h200-replay-x1-replay.json"].read_text())["profile"]
    assert profile["meter"] == "replay"
    second = project.run(replay)
    second.stdout.fnmatch_lines(["energy: 1 measured, 1 compared*"])


def test_the_figure_is_the_power_of_the_trace(pytester: pytest.Pytester) -> None:
    trace = {
        "device": "NVIDIA L4",
        "energy_counter": [[0.1 * n, 40e3 * n] for n in range(100)],
        "power_samples": [[0.02 * n, 400e3] for n in range(500)],
    }
    (pytester.path / "trace.json").write_text(json.dumps(trace))
    pytester.makepyfile(test_model=SLEEPER)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-meter=replay:trace.json", QUICK_CALL)
    assert result.ret == pytest.ExitCode.OK
    (measured,) = json.loads((pytester.path / "results.json").read_text())["measurements"]
    assert measured["mean_watts"] == pytest.approx(400, rel=0.02)
    assert measured["source"] == "measured"
    assert measured["idle_watts"] is None
    assert measured["slug"] == "nvidia-l4-replay-x1-replay"


def test_a_relative_path_holds_from_where_pytest_was_called(
    pytester: pytest.Pytester, replay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = pytester.path / "trace.json.gz"
    trace.symlink_to(replay.partition("replay:")[2])
    pytester.makepyfile(test_model=BLOCK + "        import os; os.chdir('/')\n")
    result = pytester.runpytest_inprocess(*USUAL, "--energy-meter=replay:trace.json.gz")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])


def test_under_xdist(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_subprocess(*USUAL, replay, "-n", "2")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
