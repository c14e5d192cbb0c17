"""Whose GPU is measured, and whose work is on it: children, servers, containers, forks."""

from __future__ import annotations

import pytest

from tests.integration.conftest import QUICK, Project
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

TORCH = """
    import subprocess, sys, time, types
    import pytest
    from tests.nvml.library import FakeNvml, default_uuid

    @pytest.fixture(autouse=True)
    def torch(monkeypatch):
        '''It has begun to use CUDA and holds nothing, as after another test's model.'''
        device = lambda index: types.SimpleNamespace(uuid=default_uuid(index)[len("GPU-"):])
        cuda = types.SimpleNamespace(
            is_initialized=lambda: True, device_count=lambda: 2, current_device=lambda: 0,
            memory_reserved=lambda index: {reserved}, memory_allocated=lambda index: 0,
            get_device_properties=device,
            synchronize=lambda index=None: None,
        )
        monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))

    @pytest.fixture
    def server():
        command = [sys.executable, "-c", "input()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
            FakeNvml.current().process(child.pid, sm_percent=90, device=1)
            yield
            FakeNvml.current().gone(child.pid, device=1)
            child.communicate(b"\\n")

    def test_served(energy, server):
        energy.run(time.sleep, args=(0.1,))
"""


@pytest.fixture
def machine(pytester: pytest.Pytester, fake_nvml: MakeFakeNvml) -> Project:
    """Two GPUs, of which a child of the test keeps the second busy."""
    pytester.makeini(QUICK)
    return Project(pytester, fake_nvml(FakeDevice(watts=70), FakeDevice(watts=600)))


def test_a_child_on_another_gpu_is_measured_and_gated(machine: Project) -> None:
    machine.write(TORCH.format(reserved=0))
    machine.store("test_model.py::test_served", joules=60.0)
    machine.run_apart().assert_outcomes(passed=1)
    (measured,) = machine.measured
    assert measured["mean_watts"] == pytest.approx(600, rel=0.02)
    assert len(measured["devices"]) == 1
    machine.gpu.scale(3.0, device=1)
    machine.run_apart("--energy-max-seconds=2").assert_outcomes(failed=1)
    (measured,) = machine.measured
    assert measured["verdict"] == "regressed"


def test_a_framework_that_holds_memory_is_measured_beside_it(machine: Project) -> None:
    machine.write(TORCH.format(reserved=512))
    machine.run_apart().assert_outcomes(passed=1)
    (measured,) = machine.measured
    assert measured["mean_watts"] == pytest.approx(670, rel=0.02)


def test_cuda_is_not_initialised_in_the_test_process(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    project.write("""
        import ctypes, os, time

        def test_of_the_cpu(energy):
            energy.run(time.sleep, (0.2,))

        def test_forks():
            cuda = ctypes.CDLL("libcuda.so.1")
            pid = os.fork()
            if pid == 0:
                os._exit(cuda.cuInit(0))
            assert os.waitpid(pid, 0)[1] == 0
    """)
    project.run_apart().assert_outcomes(passed=2)
    assert len(project.measured) == 1


WORK = """
    import os, time
    from tests.nvml.library import FakeNvml

    def test_block(energy):
        FakeNvml.current().process({pid}, sm_percent={percent})
        energy.run(time.sleep, args=(0.2,))
"""


@pytest.mark.parametrize(
    ("pid", "shift"),
    [("os.getpid()", 0), ("os.getpid()", 600_000), ("os.getppid()", 0), ("999_999_991", 0)],
    ids=["ourselves", "another PID namespace", "a server of another parent", "one in a container"],
)
def test_the_work_under_test_is_gated_whatever_its_id(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml, pid: str, shift: int
) -> None:
    pytester.makeini(QUICK)
    project = Project(pytester, fake_nvml(FakeDevice(watts=300, pid_shift=shift)))
    project.write(WORK.format(pid=pid, percent=90))
    project.store("test_model.py::test_block", joules=60.0)
    project.gpu.scale(3.0)
    project.run_apart("--energy-max-seconds=2").assert_outcomes(failed=1)
    (measured,) = project.measured
    assert measured["verdict"] == "regressed", measured["details"]["reason"]
    assert not {"contended", "contention_unknown"} & set(measured["flags"])


def test_several_of_another_namespace_are_a_doubt_and_no_contention(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml
) -> None:
    pytester.makeini(QUICK)
    project = Project(pytester, fake_nvml(FakeDevice(watts=300, pid_shift=600_000)))
    project.gpu.process(4_000_000, sm_percent=20)
    project.write(WORK.format(pid="os.getpid()", percent=90))
    project.run_apart().assert_outcomes(passed=1)
    (measured,) = project.measured
    assert "contention_unknown" in measured["flags"]
    assert "contended" not in measured["flags"]
    assert measured["rejected_windows"] == 0
