"""Waiting for the devices: every loaded framework, and nothing that is not loaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_inferenergy.measuring.calling import run_stretch
from pytest_inferenergy.measuring.memory import device_memory, grows
from pytest_inferenergy.measuring.synchronise import synchronise
from pytest_inferenergy.measuring.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from tests.measuring.fakes import Clock, HandMeter


def torch(waited: list[object], *, started: bool = True, reserved: tuple[int, ...] = ()) -> Any:
    return SimpleNamespace(
        cuda=SimpleNamespace(
            is_initialized=lambda: started,
            device_count=lambda: len(reserved),
            memory_reserved=lambda index: reserved[index],
            memory_allocated=lambda index: reserved[index] // 2,
            synchronize=waited.append,
        ),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False)),
    )


@pytest.fixture
def waited() -> list[object]:
    return []


def load(monkeypatch: pytest.MonkeyPatch, **modules: Any) -> None:
    for name in ("torch", "cupy", "jax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


def test_without_a_framework_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch)
    synchronise(object())


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from pytest_inferenergy.measuring.synchronise import synchronise; "
        "synchronise(); print({'torch', 'cupy', 'jax', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_torch_waits_on_the_devices_it_uses(
    monkeypatch: pytest.MonkeyPatch, waited: list[object]
) -> None:
    load(monkeypatch, torch=torch(waited, reserved=(1024, 0, 512)))
    synchronise()
    assert waited == [0, 2]


def test_torch_that_has_not_begun_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, waited: list[object]
) -> None:
    load(monkeypatch, torch=torch(waited, started=False, reserved=(1024,)))
    synchronise()
    assert waited == []


def test_torch_on_other_devices(monkeypatch: pytest.MonkeyPatch, waited: list[object]) -> None:
    module = torch(waited)
    module.backends.mps.is_available = lambda: True
    module.mps = SimpleNamespace(synchronize=lambda: waited.append("mps"))
    module.xpu = SimpleNamespace(
        is_available=lambda: True,
        is_initialized=lambda: True,
        synchronize=lambda: waited.append("xpu"),
    )
    load(monkeypatch, torch=module)
    synchronise()
    assert waited == ["mps", "xpu"]


def test_jax_waits_for_the_result(monkeypatch: pytest.MonkeyPatch, waited: list[object]) -> None:
    load(monkeypatch, jax=SimpleNamespace(block_until_ready=waited.append))
    synchronise({"logits": 1})
    assert waited == [{"logits": 1}]


def test_what_setup_began_is_over_before_the_window(
    monkeypatch: pytest.MonkeyPatch, waited: list[object]
) -> None:
    clock = Clock()
    load(monkeypatch, jax=SimpleNamespace(block_until_ready=waited.append))
    workload = Workload(lambda image: waited.append("call"), setup=lambda: "image")
    run_stretch(workload, 1, MeterSet([HandMeter(clock)]), keep_first=False)
    assert waited == [(("image",), {}), "call", None]


def cupy(waited: list[object], context: Callable[[], int]) -> Any:
    runtime = SimpleNamespace(deviceSynchronize=lambda: waited.append("cupy"))
    driver = SimpleNamespace(ctxGetCurrent=context)
    return SimpleNamespace(cuda=SimpleNamespace(runtime=runtime, driver=driver))


def test_cupy_waits_for_its_device(monkeypatch: pytest.MonkeyPatch, waited: list[object]) -> None:
    load(monkeypatch, cupy=cupy(waited, lambda: 0xC0FFEE))
    synchronise()
    assert waited == ["cupy"]


def test_cupy_that_has_not_begun_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, waited: list[object]
) -> None:
    def fails() -> int:
        raise RuntimeError("CUDA_ERROR_NOT_INITIALIZED")

    for context in (lambda: 0, fails):
        load(monkeypatch, cupy=cupy(waited, context))
        synchronise()
    assert waited == []


@pytest.mark.parametrize("name", ["torch", "cupy", "jax"])
def test_half_imported_modules_do_no_harm(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    load(monkeypatch, **{name: SimpleNamespace()})
    synchronise()
    assert device_memory() is None


def test_memory_is_that_of_all_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, torch=torch([], reserved=(1024, 0, 512)))
    assert device_memory() == 768
    load(monkeypatch)
    assert device_memory() is None


MB = 1 << 20


@pytest.mark.parametrize(
    ("levels", "grown"),
    [
        ([MB, 2 * MB, 3 * MB, 4 * MB], True),
        ([MB, 2 * MB, 3 * MB, 3 * MB, 4 * MB], True),
        ([MB, 50 * MB, 50 * MB, 50 * MB, 50 * MB], False),  # once
        ([MB, 2 * MB, MB, 2 * MB, MB, 2 * MB], False),  # up and down
        ([1, 2, 3, 4, 5], False),  # bytes
        ([MB, 2 * MB, 3 * MB], False),  # too few to tell
        ([None, None, None, None], False),
        ([], False),
        ([9 * MB, 8 * MB, 7 * MB, 6 * MB], False),
    ],
)
def test_memory_that_grows_step_by_step(levels: list[int | None], grown: bool) -> None:
    assert grows(levels) is grown
