"""Who else worked on the GPU: strangers at work count, idle ones and our own kin do not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pynvml
import pytest

from pytest_inferenergy.meters.base import DeviceState, joined_state
from pytest_inferenergy.meters.nvml.gpu import all_gpus, open_library
from pytest_inferenergy.meters.nvml.meter import NvmlMeter
from pytest_inferenergy.meters.nvml.processes import (
    Family,
    descends,
    exists,
    is_mps_server,
    one_unknown,
)
from pytest_inferenergy.meters.nvml.states import States
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, FakeNvml

GRANDCHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
child.communicate(b"\\n")
"""


@pytest.fixture
def kin() -> Iterator[tuple[int, int]]:
    """Ids of a child of this process and of its child."""
    with subprocess.Popen(
        [sys.executable, "-c", GRANDCHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        yield child.pid, int(child.stdout.readline())
        child.communicate(b"\n")


class TestFamily:
    def test_is_this_process_and_what_it_started(self, kin: tuple[int, int]) -> None:
        child, grandchild = kin
        family = Family()
        assert os.getpid() in family
        assert child in family
        assert grandchild in family
        assert os.getppid() not in family
        assert 999_999_999 not in family

    def test_under_xdist_siblings_belong_to_it(self, kin: tuple[int, int]) -> None:
        family = Family(root=os.getppid())
        assert all(pid in family for pid in (*kin, os.getppid(), os.getpid()))
        assert descends(kin[1], kin[0])
        assert not descends(kin[0], kin[1])

    def test_what_exists_can_be_seen(self) -> None:
        assert exists(os.getpid())
        assert not exists(999_999_999)

    def test_one_unknown_is_one_alone_that_nobody_sees(self) -> None:
        assert one_unknown({ELSEWHERE})
        assert not any(map(one_unknown, ((), {os.getpid()}, {ELSEWHERE, ELSEWHERE + 1})))

    def test_the_multi_process_server_is_known_by_its_name(self) -> None:
        code = "open('/proc/self/comm', 'w').write('nvidia-cuda-mps-server'); print(); input()"
        with subprocess.Popen(
            [sys.executable, "-uc", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server:
            assert server.stdout is not None
            server.stdout.readline()
            assert is_mps_server(server.pid)
            assert not is_mps_server(os.getpid())
            assert not is_mps_server(999_999_999)
            server.communicate(b"\n")

    def test_what_an_adopted_process_started_belongs_to_it(self, kin: tuple[int, int]) -> None:
        family = Family(root=999_999_998)
        assert kin[1] not in family
        family.adopt(frozenset({kin[0]}))
        assert all(pid in family for pid in kin)


class Device:
    """One fake GPU and the states seen of it."""

    def __init__(self, fake: FakeNvml) -> None:
        self.fake = fake
        (gpu,) = all_gpus(open_library())
        self.states = States(gpu, Family())

    def foreign(self, seconds: float = 1.0) -> tuple[int, ...] | None:
        time.sleep(0.25)  # utilisation is told five times a second
        return self.states.look(seconds).foreign_processes


@pytest.fixture
def device(fake_nvml: MakeFakeNvml) -> Device:
    return Device(fake_nvml(in_process=True))


STRANGER = os.getppid()
"""A process that exists and is not of our family (without xdist)."""
ELSEWHERE = 999_999_991
"""An id that means nothing on this machine, as ids from outside a container."""


class TestForeign:
    def test_nobody(self, device: Device) -> None:
        assert device.foreign() == ()

    def test_we_ourselves_and_our_children(self, device: Device, kin: tuple[int, int]) -> None:
        device.fake.process(os.getpid(), sm_percent=90)
        device.fake.process(kin[1], sm_percent=50)
        assert device.foreign() == ()

    def test_an_idle_context(self, device: Device) -> None:
        device.fake.process(os.getpid(), sm_percent=90)
        device.fake.process(STRANGER, sm_percent=0)
        device.fake.process(ELSEWHERE, sm_percent=0)
        assert device.foreign() == ()

    def test_a_stranger_at_work(self, device: Device) -> None:
        device.fake.process(os.getpid(), sm_percent=90)
        device.fake.process(ELSEWHERE, sm_percent=10)
        assert device.foreign() == (ELSEWHERE,)

    def test_a_model_server_of_another_parent_is_the_work_under_test(self, device: Device) -> None:
        device.fake.process(STRANGER, sm_percent=10)
        assert device.foreign() == ()
        device.fake.process(os.getpid(), sm_percent=0)  # a client that made a context
        assert device.foreign() is None
        device.fake.process(os.getpid(), sm_percent=5)
        assert device.foreign() == (STRANGER,)

    def test_of_several_that_work_where_we_do_not_nothing_is_told(self, device: Device) -> None:
        device.fake.process(STRANGER, sm_percent=10)
        device.fake.process(1, sm_percent=10)
        assert device.foreign() is None

    def test_an_xdist_sibling_is_a_stranger_wherever_we_work(
        self, device: Device, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pytest_inferenergy.meters.nvml.states.is_sibling", STRANGER.__eq__)
        device.fake.process(STRANGER, sm_percent=10)
        assert device.foreign() == (STRANGER,)

    def test_a_stranger_that_has_gone_since(self, device: Device) -> None:
        device.fake.process(os.getpid(), sm_percent=90)
        device.fake.process(ELSEWHERE, sm_percent=80)
        time.sleep(0.3)
        device.fake.gone(ELSEWHERE)
        assert device.foreign(seconds=1.0) == (ELSEWHERE,)

    def test_a_stranger_that_worked_before(self, device: Device) -> None:
        device.fake.process(os.getpid(), sm_percent=90)
        device.fake.process(STRANGER, sm_percent=80)
        time.sleep(0.25)
        device.fake.process(STRANGER, sm_percent=0)
        time.sleep(0.6)
        assert device.foreign(seconds=0.4) == ()

    def test_ids_of_another_world_one_at_work_is_us(self, device: Device) -> None:
        device.fake.process(ELSEWHERE, sm_percent=90)
        assert device.foreign() == ()
        device.fake.process(ELSEWHERE + 1, sm_percent=0)
        assert device.foreign() == ()
        device.fake.process(ELSEWHERE + 2, sm_percent=1)
        assert device.foreign() is None

    def test_ids_of_another_world_in_the_utilisation_alone(self, device: Device) -> None:
        """As in a container of drivers from 560 on: contexts have its ids, work has the host's."""
        device.fake.process(os.getpid(), sm_percent=0)
        device.fake.process(ELSEWHERE, sm_percent=90)
        assert device.foreign() == ()
        device.fake.process(ELSEWHERE + 1, sm_percent=1)
        assert device.foreign() is None

    def test_the_server_through_which_cuda_works_for_several(
        self, device: Device, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = os.getppid()
        monkeypatch.setattr("pytest_inferenergy.meters.nvml.states.is_mps_server", server.__eq__)
        device.fake.process(os.getpid(), sm_percent=0)
        device.fake.process(server, sm_percent=90)
        assert device.foreign() == ()
        device.fake.process(1, sm_percent=0)  # another client
        assert device.foreign() is None
        device.fake.process(os.getpid(), sm_percent=50)
        assert device.foreign() == ()

    def test_no_utilisation_to_be_had(self, device: Device) -> None:
        device.fake.fail("nvmlDeviceGetProcessUtilization", pynvml.NVML_ERROR_NOT_SUPPORTED)
        device.fake.process(os.getpid())
        assert device.foreign() == ()
        device.fake.process(STRANGER)
        assert device.foreign() is None

    def test_no_processes_to_be_had(self, device: Device) -> None:
        device.fake.process(os.getpid(), sm_percent=90)
        device.fake.fail("nvmlDeviceGetComputeRunningProcesses", pynvml.NVML_ERROR_NO_PERMISSION)
        assert device.foreign() == ()
        device.fake.process(STRANGER, sm_percent=5)
        assert device.foreign() == (STRANGER,)
        device.fake.fail("nvmlDeviceGetProcessUtilization", pynvml.NVML_ERROR_NO_PERMISSION)
        assert device.foreign() is None


class TestWindows:
    def test_only_those_in_which_it_worked_count(self, fake_nvml: MakeFakeNvml) -> None:
        fake = fake_nvml(FakeDevice(hosts_caller=True, latency=0.003), in_process=True)
        meter = NvmlMeter()
        try:
            meter.attach()
            windows = []
            for busy in (False, True, False):
                if busy:
                    time.sleep(1.2)  # what is seen of a window reaches a little beyond it
                    fake.foreign(ELSEWHERE, sm_percent=70)
                start = time.perf_counter()
                time.sleep(0.8)
                windows.append((start, time.perf_counter()))
                if busy:
                    fake.gone(ELSEWHERE)
                    time.sleep(1.2)
            meter.wait_until_covered(windows[-1][1])
            seen = [meter.read(*window)[0].state for window in windows]
        finally:
            meter.close()
        assert [state and state.foreign_processes for state in seen] == [(), (ELSEWHERE,), ()]

    def test_joined_states_keep_what_matters(self) -> None:
        calm = DeviceState(1000.0, 50.0, 700.0, 0x4, 1, ())
        hot = DeviceState(1400.0, 70.0, 600.0, 0x20, 2, (7,))
        assert joined_state([calm, hot]) == DeviceState(1200.0, 70.0, 600.0, 0x24, 2, (7,))
        assert joined_state([calm, DeviceState()]) == DeviceState(
            1000.0, 50.0, None, 0x4, None, None
        )
        assert joined_state([]) is None
