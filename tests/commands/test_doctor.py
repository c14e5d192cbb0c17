"""``inferenergy doctor`` on machines of many kinds; the GPUs are the compiled stand-in's."""

from __future__ import annotations

import json
import math
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_inferenergy.commands import doctor, doctor_cpu
from pytest_inferenergy.commands.doctor_gpu import ADVICE, advice
from pytest_inferenergy.commands.doctor_text import text
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.meter_set import MeterSet
from pytest_inferenergy.meters.rapl import powercap
from pytest_inferenergy.meters.rapl.meter import RaplMeter
from pytest_inferenergy.stats.detectable import by_stored_runs, by_turns
from pytest_inferenergy.stats.margins import Margins
from tests.baselines.baseline_examples import a_run
from tests.commands.conftest import Invoke, files
from tests.measure.fakes import Clock, HandMeter
from tests.meters.powercap_tree import PowercapTree
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

MISMATCH, NO_DRIVER, NOT_SUPPORTED = 18, 9, 3


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """codecarbon takes seconds to open, and no powercap tree of the real machine is asked."""

    def refuse() -> None:
        raise MeterError("codecarbon is left out of this test")

    monkeypatch.setattr("pytest_inferenergy.meters.select._codecarbon", refuse)
    monkeypatch.setattr("pytest_inferenergy.commands.doctor_gpu.LOOK_SECONDS", 0.5)
    monkeypatch.setattr(powercap, "find", lambda root: powercap.Powercap((), "no tree; none"))


@pytest.fixture
def rapl_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PowercapTree:
    """A processor with a counter that can be read."""
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 50.0)
    real = powercap._zones
    found = powercap.Powercap(tuple(real(tree.root)), None)
    monkeypatch.setattr(powercap, "find", lambda root: found)

    def meter() -> RaplMeter:
        return RaplMeter(tree.root, cpuinfo=tree.cpuinfo, now=tree.now, sleep=tree.sleep)

    monkeypatch.setattr("pytest_inferenergy.meters.select._rapl", meter)
    monkeypatch.setattr(doctor, "time", tree)
    return tree


def as_json(inferenergy: Invoke, code: int, *options: str) -> dict[str, Any]:
    result = inferenergy("doctor", "--json", *(options or ("--no-self-test",)))
    assert result.exit_code == code, result.stdout
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def out(inferenergy: Invoke) -> str:
    result = inferenergy("doctor", "--no-self-test")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return str(result.stdout)


class TestGpu:
    def test_one_that_counts_is_measured(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(FakeDevice(), in_process=True)
        found = as_json(inferenergy, 0)
        (gpu,) = found["gpus"]["devices"]
        assert gpu["counter"]["period_seconds"] == pytest.approx(0.1, rel=0.3)
        assert gpu["samples"]["period_seconds"] == pytest.approx(0.02, rel=0.1)
        assert (gpu["in_use"], gpu["mig"]) == (True, False)
        assert found["auto"]["meters"] == ["nvml"]
        assert (found["auto"]["components"], found["auto"]["source"]) == (["gpu"], "measured")

    def test_its_words(self, inferenergy: Invoke, fake_nvml: MakeFakeNvml) -> None:
        fake_nvml(FakeDevice(watts=312.0), in_process=True)
        said = out(inferenergy)
        assert "  yes  NVIDIA H200, card " in said
        assert "driver 580.159.04, limit 700 W" in said
        assert "power samples: yes, one every 20 ms" in said
        assert "power reading: 312 W now" in said
        assert "Energy is measured here: gpu." in said

    def test_without_a_counter_samples_still_do(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(FakeDevice(counter=False), in_process=True)
        said = out(inferenergy)
        assert "energy counter: no: GPU 0: nvmlDeviceGetTotalEnergyConsumption" in said
        assert "  yes  NVIDIA H200" in said
        assert "Energy is measured here: gpu." in said

    def test_a_counter_of_zero_is_not_trusted(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(in_process=True).counter("zero")
        said = out(inferenergy)
        assert "energy counter: no: answers 0" in said
        assert "  no   NVIDIA H200" in said
        assert "Nothing can be measured here" in said

    def test_a_counter_that_stands_still_is_said(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(in_process=True).counter("frozen")
        assert "energy counter: no: did not move within 0.5 s" in out(inferenergy)

    def test_mig_is_no_measurement(self, inferenergy: Invoke, fake_nvml: MakeFakeNvml) -> None:
        fake_nvml(FakeDevice(mig=True), in_process=True)
        said = out(inferenergy)
        assert "MIG mode is on: its counters cover the whole board" in said
        assert "  no   NVIDIA H200" in said
        assert as_json(inferenergy, 1)["auto"]["source"] is None

    def test_another_process_that_cannot_be_seen_is_said(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(in_process=True).fail("nvmlDeviceGetProcessUtilization", NOT_SUPPORTED)
        assert "cannot be told (flag contention_unknown)" in out(inferenergy)

    @pytest.mark.parametrize(
        ("code", "hint"),
        [(MISMATCH, "restart the machine"), (NO_DRIVER, "sudo modprobe nvidia")],
    )
    def test_a_driver_that_does_not_answer_says_what_to_do(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml, code: int, hint: str
    ) -> None:
        fake_nvml(in_process=True).fail("nvmlInitWithFlags", code)
        said = out(inferenergy)
        assert "  no   NVML does not answer: " in said
        assert hint in said

    def test_one_lost_of_two_does_not_hide_the_other(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake = fake_nvml(FakeDevice(), FakeDevice(), in_process=True)
        fake.fail("nvmlDeviceGetTotalEnergyConsumption", 15, device=1)
        assert len(as_json(inferenergy, 0)["gpus"]["devices"]) == 2


class TestNoGpu:
    @pytest.fixture(autouse=True)
    def none(self, fake_nvml: MakeFakeNvml) -> None:
        fake_nvml(in_process=True).fail("nvmlInitWithFlags", 12)

    def test_nothing_measures(self, inferenergy: Invoke) -> None:
        found = as_json(inferenergy, 1)
        assert found["auto"]["source"] is None
        assert "Nothing can be measured here" in text(found)

    def test_an_unreadable_counter_says_how_to_grant_it(
        self, inferenergy: Invoke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refusal = powercap.GRANT.format(root="/sys/class/powercap")
        locked = powercap.Powercap((), f"intel-rapl:0/energy_uj: {refusal}")
        monkeypatch.setattr(powercap, "find", lambda root: locked)
        said = out(inferenergy)
        assert "  no   RAPL: intel-rapl:0/energy_uj: only root may read it\n" in said
        assert "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj\n" in said

    def test_a_readable_one_measures(self, inferenergy: Invoke, rapl_tree: PowercapTree) -> None:
        found = as_json(inferenergy, 0)
        assert found["auto"]["meters"] == ["rapl"]
        assert "yes  RAPL: Intel(R) Xeon(R) Platinum 8480+ x1, measured" in text(found)
        assert "Energy is measured here: cpu." in text(found)

    def test_estimates_are_no_measurement(
        self, inferenergy: Invoke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock()
        clock.patch(monkeypatch)
        monkeypatch.setattr(
            "pytest_inferenergy.meters.select._codecarbon",
            lambda: HandMeter(clock, component="cpu", source="estimated"),
        )
        monkeypatch.setattr(doctor, "time", SimpleNamespace(sleep=clock.work))
        found = as_json(inferenergy, 1)
        assert found["auto"]["source"] == "estimated"
        assert "Energy is only estimated here" in text(found)


class TestSelfTest:
    def test_tells_the_floor_and_what_could_be_found(
        self, inferenergy: Invoke, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(in_process=True)
        found = as_json(inferenergy, 0, "--seconds", "3")
        test = found["self_test"]
        assert test["problem"] is None
        assert test["mean_watts"] == pytest.approx(300, rel=0.05)
        told = test["detectable"]
        assert told["tolerance"] < told["stored_5"] < told["stored_1"]
        assert "against 5 stored runs" in text(found)

    def test_that_fails_is_a_problem_and_no_traceback(
        self, inferenergy: Invoke, monkeypatch: pytest.MonkeyPatch, fake_nvml: MakeFakeNvml
    ) -> None:
        fake_nvml(in_process=True)

        def explode(*_: object) -> None:
            raise RuntimeError("out of luck")

        monkeypatch.setattr("pytest_inferenergy.commands.self_test.self_test", explode)
        found = as_json(inferenergy, 1, "--seconds", "2")
        assert "out of luck" in found["self_test"]["problem"]
        assert "failed: could not be asked" in text(found)

    @pytest.mark.parametrize("seconds", ["1", "nan", "1e9"])
    def test_its_length_has_limits(self, inferenergy: Invoke, seconds: str) -> None:
        assert inferenergy("doctor", "--seconds", seconds).exit_code == 2


class TestDetectable:
    def test_by_stored_runs_is_the_rule_of_the_verdict(self) -> None:
        # one session: scale √2 of 1.5 %, four degrees; t(0.999) = 7.173, t(0.99) = 3.747
        run = a_run(window_sd=0.0, stderr=0.0)
        expected = math.expm1(math.log(1.05) + (7.173 + 3.747) * math.sqrt(2) * 0.015)
        assert by_stored_runs(run, 1, Margins.of()) == pytest.approx(expected, rel=1e-3)

    def test_by_turns_falls_with_pairs(self) -> None:
        levels = [0.01 * (-1) ** (n // 3) for n in range(20)]
        few, many = (by_turns(levels, pairs, Margins.of(0.01, 0.03)) for pairs in (8, 40))
        assert few is not None
        assert many is not None
        assert 0.01 < many < few

    def test_of_too_little_nothing_is_known(self) -> None:
        assert by_turns([0.0, 0.1], 10, Margins.of()) is None
        assert by_turns([0.0, 0.1, 0.0, 0.2], 1, Margins.of()) is None


@pytest.mark.parametrize("step", ["examine_gpus", "examine_rapl", "examine_codecarbon"])
def test_whatever_fails_is_a_problem(
    inferenergy: Invoke, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def explode(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError("how odd")

    monkeypatch.setattr(doctor, step, explode)
    assert "could not be asked: ZeroDivisionError('how odd')" in out(inferenergy)


def test_a_checkout_that_is_not_installed_is_no_traceback(
    inferenergy: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> dict[str, str]:
        raise PackageNotFoundError("pytest-inferenergy")

    monkeypatch.setattr(doctor, "software", missing)
    assert out(inferenergy).startswith("pytest-inferenergy unknown, Python 3")


def test_what_a_library_prints_does_not_spoil_the_json(
    inferenergy: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chatty(name: str) -> MeterSet:
        print("hello from a library")
        raise MeterError("none")

    monkeypatch.setattr("pytest_inferenergy.meters.select.open_meters", chatty)
    as_json(inferenergy, 1)


def test_every_hint_can_be_given() -> None:
    assert all(advice(part.title()) == hint for part, hint in ADVICE)
    assert advice("something new") is None


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (".dockerenv", "", "a Docker container"),
        ("run/.containerenv", "", "a Podman container"),
        ("proc/1/cgroup", "0::/kubepods/besteffort", "a container"),
        ("proc/cpuinfo", "flags\t\t: fpu hypervisor lahf_lm\n", "a virtual machine"),
        ("proc/sys/kernel/osrelease", "5.15-microsoft-standard", "Windows Subsystem for Linux"),
    ],
)
def test_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: str, expected: str
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert doctor_cpu.surroundings(tmp_path) == []
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content)
    assert doctor_cpu.surroundings(tmp_path) == [expected]


def test_nothing_is_written(inferenergy: Invoke, tmp_path: Path) -> None:
    out(inferenergy)
    assert files(tmp_path) == {}
