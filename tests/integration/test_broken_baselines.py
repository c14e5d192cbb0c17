"""A baseline file that cannot be read fails the gate loudly, and is never touched."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.integration.conftest import BLOCK, Project

SLUG = "nvidia-h200-x1-700w-nvml"


def future(text: str) -> str:
    return json.dumps(json.loads(text) | {"schema": 2})


def other_machine(text: str) -> str:
    return text.replace("NVIDIA H200", "NVIDIA L4")


def merge(text: str) -> str:
    return f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n"


BROKEN: list[tuple[Callable[[str], str], str]] = [
    (lambda _: "", "*no valid JSON*"),
    (lambda text: text[: len(text) // 2], "*no valid JSON*"),
    (lambda _: '{"some": "other tool"}', "*no baseline file of pytest-inferenergy*"),
    (future, "*written by a newer pytest-inferenergy (schema 2); upgrade:*"),
    (merge, "*unfinished git merge*"),
    (other_machine, "*holds the baselines of another machine*"),
    (lambda text: text.replace("stderr", "error"), "*stderr*"),
    (lambda text: text.replace("60.0", "-60.0"), "*joules_per_inference*"),
    (lambda text: text.replace("60.0", "NaN"), "*NaN*"),
]
IDS = [
    "empty", "cut off", "foreign", "future", "merge", "other machine", "unknown field", "negative",
    "not a number",
]  # fmt: skip


def break_it(project: Project, change: Callable[[str], str]) -> bytes:
    project.write(BLOCK)
    project.store()
    text = project.baseline_file.read_text()
    project.baseline_file.write_text(change(text))
    assert project.baseline_file.read_text() != text
    return project.baseline_file.read_bytes()


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=IDS)
def test_the_gate_fails_and_the_file_is_kept(
    project: Project, change: Callable[[str], str], message: str
) -> None:
    before = break_it(project, change)
    result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"energy was not gated: *energy_baselines/{SLUG}.json: {message}",
            "energy: 1 measured, 0 compared, 1 inconclusive",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert project.baseline_file.read_bytes() == before


def test_a_file_of_100_mb_is_refused_and_kept(project: Project) -> None:
    project.write(BLOCK)
    project.store()
    with project.baseline_file.open("r+b") as file:
        file.truncate(100_000_000)
    result = project.run("--energy-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy was not gated: *too large for a baseline file.*"])
    assert project.baseline_file.stat().st_size == 100_000_000


@pytest.mark.parametrize("option", ["--energy-update", "--energy-accept"])
def test_neither_update_nor_accept_overwrites_it(project: Project, option: str) -> None:
    before = break_it(project, merge)
    result = project.run(option)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.baseline_file.read_bytes() == before


def test_a_test_that_reads_its_figure_fails_and_is_not_skipped(project: Project) -> None:
    break_it(project, merge)
    project.write(BLOCK + "        assert energy.result.mean_watts < 500\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy was not gated: *"])


def test_a_call_that_is_repeated_fails_likewise(project: Project) -> None:
    break_it(project, merge)
    project.write("import time\ndef test_block(energy):\n    energy(time.sleep, 0.25)")
    project.run().assert_outcomes(failed=1)
    assert project.measured[0]["windows"] == 2


def test_gate_warn_warns(project: Project) -> None:
    break_it(project, merge)
    result = project.run("--energy-gate=warn")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*InferenergyWarning: energy was not gated: *"])


def test_the_baselines_of_other_machines_are_not_even_read(project: Project) -> None:
    project.write(BLOCK)
    project.store()
    project.baseline_file.with_name("nvidia-l4-x1-72w-nvml.json").write_text("{")
    assert project.run().ret == pytest.ExitCode.OK
    assert project.measured[0]["verdict"] == "passed"


def test_a_file_that_cannot_be_opened(project: Project) -> None:
    project.write(BLOCK)
    (project.path / "energy_baselines" / f"{SLUG}.json").mkdir(parents=True)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy was not gated: *: cannot be read: Is a directory"])
