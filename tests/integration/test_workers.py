"""pytest-xdist: measurements on one GPU never overlap, on two they do, and a sibling may die."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.store import update
from tests.baselines.baseline_examples import H200, NOON, a_run
from tests.integration.conftest import QUICK, Project
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, default_uuid

LOG = """
    import json, os, pathlib, time
    import filelock, pytest
    from pytest_inferenergy.locks.files import lock_file

    HERE = pathlib.Path(__file__).parent

    def holder(uuid):
        try:
            with filelock.FileLock(lock_file(uuid), timeout=0):
                return "nobody"
        except filelock.Timeout:
            return "somebody"

    def log(number, begin):
        entry = [os.getpid(), os.environ.get("CUDA_VISIBLE_DEVICES"), begin, time.monotonic()]
        (HERE / f"span_{number}.json").write_text(json.dumps(entry))

    def wait_for(name):
        end = time.monotonic() + 30
        while not (HERE / name).exists():
            assert time.monotonic() < end, f"{name} never came"
            time.sleep(0.01)
"""
FOUR = """
    class TestOne:
        @pytest.mark.parametrize("number", [0, 1])
        def test_a(self, energy, number):
            with energy.window():
                begin = time.monotonic()
                time.sleep(0.2)
                log(number, begin)

    class TestTwo:
        @pytest.mark.parametrize("number", [2, 3])
        def test_b(self, energy, number):
            with energy.window():
                begin = time.monotonic()
                time.sleep(0.2)
                log(number, begin)
"""


@pytest.fixture
def two_gpus(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project on a machine with two GPUs."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    pytester.makeini(QUICK)
    return Project(pytester, fake_nvml(FakeDevice(watts=300), FakeDevice(watts=300)))


def spans(path: Path) -> list[list[Any]]:
    """(process, visible devices, begin, end) of each measured window, by its begin."""
    found = [json.loads(file.read_text()) for file in path.glob("span_*.json")]
    return sorted(found, key=lambda span: float(span[2]))


def overlapping(found: list[list[Any]]) -> list[tuple[Any, Any]]:
    return [(a, b) for i, a in enumerate(found) for b in found[i + 1 :] if b[2] < a[3]]


@pytest.mark.parametrize("dist", ["load", "loadscope", "worksteal"])
def test_measurements_on_one_gpu_never_overlap(project: Project, dist: str) -> None:
    project.write(LOG + FOUR)
    project.run_apart("-n", "2", "--dist", dist).assert_outcomes(passed=4)
    found = spans(project.path)
    assert len(found) == 4
    assert overlapping(found) == []
    assert [m["verdict"] for m in project.measured] == ["new"] * 4


@pytest.mark.every_python
def test_verdicts_are_those_of_a_serial_run(project: Project) -> None:
    project.write(LOG + FOUR)
    for name, number in (("One::test_a", 0), ("One::test_a", 1), ("Two::test_b", 2)):
        project.store(f"test_model.py::Test{name}[{number}]")
    project.store("test_model.py::TestTwo::test_b[3]", joules=40.0)
    wanted = ["passed", "passed", "passed", "regressed"]
    for option in ((), ("-n", "4")):
        project.run_apart(*option).assert_outcomes(passed=3, failed=1)
        found = sorted(project.measured, key=lambda m: str(m["nodeid"]))
        assert [m["verdict"] for m in found] == wanted


@pytest.mark.parametrize("option", [[], ["-n", "2"]], ids=["serial", "workers"])
def test_other_sessions_wait_for_the_gpu(project: Project, option: list[str]) -> None:
    project.write(
        LOG
        + f"""
    def test_held(energy):
        with energy.window():
            time.sleep(0.2)
            assert holder({default_uuid(0)!r}) == "somebody"
        assert holder({default_uuid(0)!r}) == "nobody"
    """
    )
    project.run_apart(*option).assert_outcomes(passed=1)


def test_with_two_gpus_each_worker_has_one_and_both_measure_at_once(two_gpus: Project) -> None:
    two_gpus.write(
        LOG
        + """
    @pytest.mark.parametrize("number", [0, 1])
    def test_both(energy, number):
        with energy.window():
            begin = time.monotonic()
            (HERE / f"began_{number}").touch()
            wait_for(f"began_{1 - number}")
            time.sleep(0.3)
            log(number, begin)
        assert energy.result.mean_watts == pytest.approx(300, rel=0.1)
    """
    )
    two_gpus.run_apart("-n", "2").assert_outcomes(passed=2)
    found = spans(two_gpus.path)
    assert {span[1] for span in found} == {default_uuid(0), default_uuid(1)}
    assert {len(m["devices"]) for m in two_gpus.measured} == {1}
    assert len({m["devices"][0] for m in two_gpus.measured}) == 2
    assert {m["slug"] for m in two_gpus.measured} == {"nvidia-h200-x1-700w-nvml"}


@pytest.mark.parametrize("option", [["-n", "1"], []], ids=["one worker", "serial"])
def test_alone_a_test_has_all_gpus(two_gpus: Project, option: list[str]) -> None:
    two_gpus.write(LOG + FOUR)
    two_gpus.run_apart(*option, "-k", "test_a").assert_outcomes(passed=2)
    assert {span[1] for span in spans(two_gpus.path)} == {None}
    assert {len(m["devices"]) for m in two_gpus.measured} == {2}
    for measured in two_gpus.measured:
        parts = measured["joules_by_device"]
        assert sorted(parts) == measured["devices"]
        assert sum(parts.values()) == pytest.approx(measured["joules_per_inference"], rel=0.01)


def test_gpus_that_the_user_gave_out_are_left_alone(
    two_gpus: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", f"{default_uuid(0)},{default_uuid(1)}")
    two_gpus.write(LOG + FOUR)
    two_gpus.run_apart("-n", "2").assert_outcomes(passed=4)
    assert {len(m["devices"]) for m in two_gpus.measured} == {2}
    assert overlapping(spans(two_gpus.path)) == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX only")
def test_a_worker_killed_while_it_measures_holds_nobody_up(project: Project) -> None:
    project.write(
        LOG
        + """
    def test_killed(energy):
        with energy.window():
            os.kill(os.getpid(), 9)

    @pytest.mark.parametrize("number", [0, 1])
    def test_other(energy, number):
        with energy.window():
            time.sleep(0.2)
    """
    )
    result = project.run_apart("-n", "2", "--energy-update")
    result.assert_outcomes(passed=2, failed=1)
    assert "INTERNALERROR" not in result.stdout.str()
    assert sorted(project.stored) == [f"test_model.py::test_other[{n}]" for n in (0, 1)]


COMPANY = """
    from tests.nvml.library import FakeNvml

    def test_company():
        wait_for("measuring")
        FakeNvml.current().process(os.getpid(), sm_percent={percent})
        (HERE / "working").touch()
        wait_for("measured")
        FakeNvml.current().gone(os.getpid())

    def test_measured(energy):
        with energy.window():
            (HERE / "measuring").touch()
            wait_for("working")
            time.sleep(1.5)
        (HERE / "measured").touch()
"""


@pytest.mark.parametrize(("percent", "flagged"), [(50, True), (0, False)], ids=["works", "idles"])
def test_a_sibling_that_works_on_the_gpu_is_company(
    project: Project, percent: int, flagged: bool
) -> None:
    project.write(LOG + COMPANY.format(percent=percent))
    project.run_apart("-n", "2").assert_outcomes(passed=2)
    assert ("contended" in project.measured[0]["flags"]) == flagged


@pytest.mark.parametrize(
    ("options", "verdict"),
    [((), "regressed"), (("-n", "2"), "inconclusive")],
    ids=["serial", "workers"],
)
def test_the_pace_of_host_bound_work_is_gated_where_the_host_is_its_own(
    project: Project, fake_nvml: MakeFakeNvml, options: tuple[str, ...], verdict: str
) -> None:
    """The card draws what it draws at rest, for three times as long: the host was slow."""
    fake_nvml(FakeDevice(watts=150))
    project.write("""
    import time

    def test_block(energy):
        energy(time.sleep, 0.6)
    """)
    for session in range(4):
        run = a_run(
            log_joules=math.log(30.0),
            log_seconds=math.log(0.2),
            idle_watts=150.0,
            time=NOON - session * 86400,
        )
        update(
            project.path / "energy_baselines",
            H200,
            lambda stored, run=run: join(stored, "test_model.py::test_block", "", run),  # type: ignore[misc]
        )
    project.run_apart(*options)
    (measured,) = project.measured
    assert measured["verdict"] == verdict
    assert ("pace_not_gated" in measured["flags"]) == bool(options)
