"""Each worker gets a GPU of its own, unless somebody has decided otherwise."""

from __future__ import annotations

import os

import filelock
import pytest

from pytest_inferenergy.locks.files import lock_file
from pytest_inferenergy.locks.own_gpu import VISIBLE, own_a_gpu
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, FakeNvml, default_uuid

FIRST, SECOND = default_uuid(0), default_uuid(1)


@pytest.fixture
def _two(fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    monkeypatch.setenv(VISIBLE, "")  # what is set in the test is undone after it
    monkeypatch.delenv(VISIBLE)
    return fake_nvml(FakeDevice(), FakeDevice(), in_process=True)


@pytest.mark.parametrize(("worker", "uuid"), [(0, FIRST), (1, SECOND), (2, FIRST)])
@pytest.mark.usefixtures("_two")
def test_workers_take_the_gpus_in_turn(worker: int, uuid: str) -> None:
    assert own_a_gpu(worker) is not None
    assert os.environ[VISIBLE] == uuid


@pytest.mark.usefixtures("_two")
def test_a_gpu_that_has_an_owner_is_left_to_it() -> None:
    with filelock.FileLock(lock_file(f"own-{FIRST}")):
        assert own_a_gpu(0) is not None
    assert os.environ[VISIBLE] == SECOND


@pytest.mark.usefixtures("_two")
def test_where_all_have_owners_one_is_shared() -> None:
    first, second = (filelock.FileLock(lock_file(f"own-{uuid}")) for uuid in (FIRST, SECOND))
    with first, second:
        assert own_a_gpu(3) is None
    assert os.environ[VISIBLE] == SECOND


@pytest.mark.parametrize("decided", ["", "0,1", SECOND])
@pytest.mark.usefixtures("_two")
def test_what_somebody_decided_stands(decided: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, decided)
    assert own_a_gpu(0) is None
    assert os.environ[VISIBLE] == decided


@pytest.mark.usefixtures("_two")
def test_where_cuda_is_at_work_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_inferenergy.meters.frameworks.torch_cuda", object)
    assert own_a_gpu(0) is None
    assert VISIBLE not in os.environ


@pytest.mark.parametrize(
    "devices", [[FakeDevice()], [FakeDevice(), FakeDevice(mig=True)]], ids=["one", "split"]
)
def test_without_several_whole_gpus_nothing_happens(
    devices: list[FakeDevice], fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VISIBLE, raising=False)
    fake_nvml(*devices, in_process=True)
    assert own_a_gpu(0) is None
    assert VISIBLE not in os.environ


def test_an_nvml_that_does_not_answer_is_no_error(
    fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VISIBLE, raising=False)
    fake_nvml(FakeDevice(), in_process=True).fail("nvmlDeviceGetCount", code=999)
    assert own_a_gpu(0) is None
