"""What is stored at the end of a run, one measurement by itself: a bad one takes no other along."""

from __future__ import annotations

import json
import math

import pytest

from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.store import update
from tests.baselines.baseline_examples import H200, NOON, a_run
from tests.integration.conftest import BLOCK, SLEEPER, Project

FUTURE = 4_070_908_800.0
"""The first of January 2099, Unix seconds."""
TWO = """
    import time

    def test_good(energy):
        energy(time.sleep, 0.25)

    def test_bad(energy):
        energy.run(time.sleep, args=(0.25,), inferences={inferences})
"""


@pytest.mark.parametrize("option", ["--energy-update", "--energy-accept"])
@pytest.mark.parametrize("inferences", [10**30, 10**18 * 10**12 + 1, 2**64])
def test_a_figure_that_cannot_be_stored_is_named_and_the_other_is_stored(
    project: Project, option: str, inferences: int
) -> None:
    project.write(TWO.format(inferences=inferences))
    result = project.run(option)
    assert list(project.stored) == ["test_model.py::test_good"]
    result.stdout.fnmatch_lines(
        ["energy: ERROR: not stored: test_model.py::test_bad*", "energy: baselines written: 1 in *"]
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def fill(project: Project, test: str, times: list[float]) -> None:
    for time in times:
        run = a_run(log_joules=math.log(75.0), log_seconds=math.log(0.25), time=time)

        def change(stored: Baselines, run=run) -> Baselines:  # type: ignore[no-untyped-def]
            return join(stored, test, "", run)

        update(project.path / "energy_baselines", H200, change)


def test_runs_of_the_future_push_out_nothing_in_silence(project: Project) -> None:
    fill(project, "test_model.py::test_sleeper", [FUTURE + n for n in range(20)])
    project.write(SLEEPER)
    before = project.baseline_file.read_bytes()
    result = project.run("--energy-update")
    assert project.baseline_file.read_bytes() == before
    result.stdout.fnmatch_lines(
        [
            "energy: ERROR: not stored: test_model.py::test_sleeper: 20 of its 20 stored runs are "
            "dated in the future, up to 2099-01-01T00:00:19Z, *delete the lines*"
        ]
    )
    result.stdout.no_fnmatch_line("*baselines written*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_one_run_of_the_future_keeps_none_of_the_others_out(project: Project) -> None:
    fill(project, "test_model.py::test_sleeper", [NOON - 86400.0, FUTURE])
    project.write(SLEEPER)
    project.run("--energy-update").stdout.fnmatch_lines(["energy: baselines written: 1 in *"])
    assert len(project.stored["test_model.py::test_sleeper"][""]["runs"]) == 3


def test_a_full_list_of_the_past_takes_new_runs(project: Project) -> None:
    fill(project, "test_model.py::test_sleeper", [NOON - n * 86400.0 for n in range(20)])
    project.write(SLEEPER)
    project.run("--energy-update").stdout.fnmatch_lines(["energy: baselines written: 1 in *"])
    runs = project.stored["test_model.py::test_sleeper"][""]["runs"]
    assert len(runs) == 20
    assert runs[-1]["time"] == project.results["measurements"][0]["run"]["time"]


def test_hostile_text_in_a_baseline_file_is_shown_as_text(project: Project) -> None:
    project.store(joules=30.0)
    stored = json.loads(project.baseline_file.read_text())
    text = "1\x1b]0;x\x07\n::set-output name=safe::yes\n::stop-commands::x\u202e"
    for run in stored["tests"]["test_model.py::test_block"][""]["runs"]:
        run |= {"driver": text, "libraries": {"torch": text, text: "1"}}
    project.baseline_file.write_text(json.dumps(stored))
    project.write(BLOCK)
    output = project.run("--energy-report", "-vv").stdout.str()
    assert r"\x1b]0;x\x07\n::set-output name=safe::yes\n::stop-commands::x\u202e" in output
    for line in output.split("\n"):
        assert not set("\x1b\x07\u202e") & set(line)
        assert not line.lstrip().startswith("::")
