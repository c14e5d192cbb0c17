"""Which GPUs are measured: those the process uses, told by those who know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_inferenergy.meters.nvml import cuda_driver, visible
from pytest_inferenergy.meters.nvml.cuda_driver import cuda_visible_uuids
from pytest_inferenergy.meters.nvml.gpu import Gpu, all_gpus, open_library
from pytest_inferenergy.meters.nvml.visible import gpus_in_use
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, FakeNvml, default_uuid

FIRST, SECOND, THIRD = map(default_uuid, range(3))


def in_use(fake: FakeNvml, **env: str) -> list[str]:
    """The GPUs that a fresh process would measure, by UUID."""
    code = """
import json
from pytest_inferenergy.meters.nvml.gpu import all_gpus, open_library
from pytest_inferenergy.meters.nvml.visible import gpus_in_use
print(json.dumps([gpu.uuid for gpu in gpus_in_use(all_gpus(open_library()))]))
"""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("CUDA_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=plain | fake.env() | env,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


class TestTheCudaDriver:
    @pytest.mark.parametrize(
        ("wanted", "seen"),
        [
            ({}, [FIRST, SECOND, THIRD]),
            ({"CUDA_VISIBLE_DEVICES": ""}, []),
            ({"CUDA_VISIBLE_DEVICES": "-1"}, []),
            ({"CUDA_VISIBLE_DEVICES": "0"}, [THIRD]),  # the fastest first
            ({"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, [FIRST]),
            ({"CUDA_VISIBLE_DEVICES": "2,1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, [SECOND, THIRD]),
            ({"CUDA_VISIBLE_DEVICES": "1,7,0"}, [SECOND]),
            ({"CUDA_VISIBLE_DEVICES": SECOND}, [SECOND]),
            ({"CUDA_VISIBLE_DEVICES": f"GPU-00000002,{FIRST}"}, [FIRST, THIRD]),
            ({"CUDA_VISIBLE_DEVICES": "GPU-ffffffff"}, []),
        ],
    )
    def test_applies_the_environment(
        self, fake_nvml: MakeFakeNvml, wanted: dict[str, str], seen: list[str]
    ) -> None:
        fake = fake_nvml(FakeDevice(), FakeDevice(), FakeDevice())
        assert in_use(fake, **wanted) == seen

    @pytest.mark.parametrize("executable", ["", "/does/not/exist", "/bin/false"])
    def test_one_that_cannot_be_asked_shows_all(
        self, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch, executable: str
    ) -> None:
        fake_nvml(FakeDevice(), FakeDevice(), in_process=True)
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
        monkeypatch.setattr(sys, "executable", executable)
        assert cuda_visible_uuids() is None
        assert uuids(gpus_in_use(all_gpus(open_library()))) == [FIRST, SECOND]

    def test_a_driver_that_does_not_answer_is_not_waited_for(
        self, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        fake_nvml(in_process=True)
        slow = tmp_path / "python"
        slow.write_text("#!/bin/sh\nexec sleep 60\n")
        slow.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(slow))
        monkeypatch.setattr(cuda_driver, "ANSWER_SECONDS", 0.3)
        start = time.perf_counter()
        assert cuda_visible_uuids() is None
        assert time.perf_counter() - start < 10

    def test_it_is_asked_once_for_an_environment(
        self, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake_nvml(FakeDevice(), FakeDevice(), in_process=True)
        monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
        for wanted, seen in (("0", (SECOND,)), ("1", (FIRST,)), ("0", (SECOND,))):
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
            assert cuda_visible_uuids() == seen
        monkeypatch.setattr(cuda_driver, "Popen", None)
        assert cuda_visible_uuids() == (SECOND,)


def uuids(gpus: Sequence[Gpu]) -> list[str]:
    return [gpu.uuid for gpu in gpus]


@pytest.fixture
def machine(fake_nvml: MakeFakeNvml) -> tuple[FakeNvml, tuple[Gpu, ...]]:
    fake = fake_nvml(FakeDevice(), FakeDevice(), FakeDevice(), in_process=True)
    return fake, all_gpus(open_library())


Machine = tuple[FakeNvml, tuple[Gpu, ...]]


class TestProcesses:
    def test_a_gpu_on_which_we_run_is_ours(self, machine: Machine) -> None:
        fake, gpus = machine
        fake.process(os.getpid(), device=1)
        fake.process(1, device=2)
        assert uuids(gpus_in_use(gpus)) == [SECOND]

    def test_so_is_one_on_which_a_child_runs(self, machine: Machine) -> None:
        fake, gpus = machine
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            fake.process(child.pid, device=2)
            fake.process(os.getppid(), device=0)
            assert uuids(gpus_in_use(gpus)) == [THIRD]
            child.communicate(b"\n")

    def test_so_are_both_where_a_framework_works_elsewhere(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake, gpus = machine
        monkeypatch.setitem(sys.modules, "torch", FakeTorch({0: 512}))
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            fake.process(child.pid, device=2)
            assert uuids(gpus_in_use(gpus)) == [FIRST, THIRD]
            child.communicate(b"\n")

    def test_a_framework_that_holds_nothing_says_nothing_of_a_child(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake, gpus = machine
        monkeypatch.setitem(sys.modules, "torch", FakeTorch({}, current=0))
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            fake.process(child.pid, device=1)
            assert uuids(gpus_in_use(gpus)) == [SECOND]
            child.communicate(b"\n")

    @pytest.mark.parametrize(
        ("percent", "shift", "seen"),
        [(0, 0, [FIRST]), (60, 0, [FIRST, SECOND]), (60, 600_000, [FIRST, SECOND])],
        ids=["a context alone", "work", "work by another id"],
    )
    def test_so_is_one_where_this_process_works_beside_a_framework(
        self,
        fake_nvml: MakeFakeNvml,
        monkeypatch: pytest.MonkeyPatch,
        percent: int,
        shift: int,
        seen: list[str],
    ) -> None:
        fake = fake_nvml(FakeDevice(), FakeDevice(pid_shift=shift), FakeDevice(), in_process=True)
        monkeypatch.setitem(sys.modules, "torch", FakeTorch({0: 512}))
        fake.process(os.getpid(), sm_percent=percent, device=1)
        time.sleep(0.25)  # utilisation is told five times a second
        assert uuids(gpus_in_use(all_gpus(open_library()))) == seen


class FakeTorch:
    """The corner of torch that is asked, with memory reserved on some devices."""

    def __init__(self, reserved: dict[int, int], current: int = 0, *, started: bool = True) -> None:
        self.cuda = SimpleNamespace(
            is_initialized=lambda: started,
            device_count=lambda: 3,
            memory_reserved=lambda index: reserved.get(index, 0),
            current_device=lambda: current,
            get_device_properties=lambda index: SimpleNamespace(
                uuid=default_uuid(index).removeprefix("GPU-")
            ),
        )


class TestFrameworks:
    @pytest.mark.parametrize(
        ("torch", "seen"),
        [
            (FakeTorch({1: 1 << 20}), [SECOND]),
            (FakeTorch({0: 512, 2: 512}), [FIRST, THIRD]),
            (FakeTorch({}, current=2), [THIRD]),
            (FakeTorch({1: 512}, started=False), [FIRST, SECOND, THIRD]),
            (SimpleNamespace(), [FIRST, SECOND, THIRD]),  # half imported
        ],
    )
    def test_torch_tells_where_it_works(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch, torch: object, seen: list[str]
    ) -> None:
        monkeypatch.setitem(sys.modules, "torch", torch)
        assert uuids(gpus_in_use(machine[1])) == seen

    def test_cupy_tells_where_it_works(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        context = [0]
        cupy: Any = SimpleNamespace(
            cuda=SimpleNamespace(
                driver=SimpleNamespace(ctxGetCurrent=lambda: context[0]),
                Device=lambda: SimpleNamespace(id=1),
            ),
        )
        monkeypatch.setitem(sys.modules, "cupy", cupy)
        monkeypatch.setattr(visible, "initialised_uuids", lambda: (FIRST, SECOND, THIRD))
        assert uuids(gpus_in_use(machine[1])) == [FIRST, SECOND, THIRD]
        context[0] = 0xC0FFEE
        assert uuids(gpus_in_use(machine[1])) == [SECOND]

    def test_slices_of_a_card_point_to_the_card(
        self, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake_nvml(FakeDevice(), FakeDevice(mig=True), in_process=True)
        slices = ("GPU-0f0f0f0f-0000-0000-0000-000000000000",)
        monkeypatch.setattr(visible, "cuda_visible_uuids", lambda: slices)
        assert uuids(gpus_in_use(all_gpus(open_library()))) == [SECOND]
