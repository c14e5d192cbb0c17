"""Waiting for the devices: every loaded framework, and nothing that is not loaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_inferenergy.measure.calling import run_calls
from pytest_inferenergy.measure.memory import device_memory, grows
from pytest_inferenergy.measure.synchronise import synchronise
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from tests.measure.fakes import Clock, HandMeter


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


ASKED = (
    "torch", "torch.accelerator", "cupy", "numba.cuda", "numba.cuda.cudadrv.driver", "tensorflow",
    "tensorflow.python.eager.context", "jax", "jax._src.xla_bridge",
)  # fmt: skip


def load(monkeypatch: pytest.MonkeyPatch, **modules: Any) -> None:
    """These alone are loaded; ``__`` stands for a dot."""
    for name in ASKED:
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name.replace("__", "."), module)


def test_without_a_framework_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch)
    synchronise(object())


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from pytest_inferenergy.measure.synchronise import synchronise; "
        "synchronise(); print({'torch', 'cupy', 'jax', 'numpy', 'numba', 'tensorflow'} "
        "& set(sys.modules))"
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
        device_count=lambda: 2,
        synchronize=lambda index: waited.append(f"xpu{index}"),
    )
    load(monkeypatch, torch=module)
    synchronise()
    assert waited == ["mps", "xpu0", "xpu1"]


@pytest.mark.parametrize(("kind", "begun"), [("npu", True), ("npu", False), ("cuda", True)])
def test_any_other_accelerator_of_torch(
    monkeypatch: pytest.MonkeyPatch, waited: list[object], kind: str, begun: bool
) -> None:
    module = torch(waited, started=False)
    module.npu = SimpleNamespace(
        is_available=lambda: True,
        is_initialized=lambda: begun,
        device_count=lambda: 2,
        synchronize=lambda index: waited.append(f"npu{index}"),
    )
    accelerator = SimpleNamespace(current_accelerator=lambda: SimpleNamespace(type=kind))
    load(monkeypatch, torch=module, torch__accelerator=accelerator)
    synchronise()
    assert waited == (["npu0", "npu1"] if kind == "npu" and begun else [])


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
    run_calls(workload, 1, MeterSet([HandMeter(clock)]), keep_first=False)
    assert waited == [(("image",), {}), "call", None]


class JaxDevice:
    def __init__(self, name: str, waited: list[object]) -> None:
        self.name, self.waited = name, waited

    def block_until_ready(self) -> None:
        self.waited.append(self.name)


def jax(waited: list[object], **backends: tuple[str, ...]) -> dict[str, Any]:
    """JAX, and where it keeps the backends that have begun."""
    clients = {
        name: SimpleNamespace(
            local_devices=lambda names=names: [JaxDevice(n, waited) for n in names]
        )
        for name, names in backends.items()
    }
    module = SimpleNamespace(
        block_until_ready=lambda result: None,
        device_put=lambda value, device: device,
        jit=lambda function: lambda device: device,
    )
    return {"jax": module, "jax___src__xla_bridge": SimpleNamespace(_backends=clients)}


@pytest.mark.parametrize("result", [None, {"logits": 1}])
def test_jax_waits_for_all_local_devices_whatever_is_returned(
    monkeypatch: pytest.MonkeyPatch, waited: list[object], result: object
) -> None:
    load(monkeypatch, **jax(waited, cuda=("gpu0", "gpu1"), cpu=("cpu0",)))
    synchronise(result)
    assert waited == ["gpu0", "gpu1", "cpu0"]


def test_jax_that_has_not_begun_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, waited: list[object]
) -> None:
    load(monkeypatch, **jax(waited))
    synchronise()
    assert waited == []


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ValueError("Comparator raised exception while sorting pytree dictionary keys."), False),
        (RuntimeError("BlockHostUntilReady() called on deleted or donated buffer"), False),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), True),
    ],
)
def test_only_errors_of_the_work_itself_pass(
    monkeypatch: pytest.MonkeyPatch, waited: list[object], error: Exception, passes: bool
) -> None:
    def fails(result: object) -> None:
        raise error

    modules = jax(waited, cpu=("cpu0",))
    modules["jax"].block_until_ready = fails
    load(monkeypatch, **modules)
    if passes:
        with pytest.raises(RuntimeError, match="Out of memory"):
            synchronise()
    else:
        synchronise()
        assert waited == ["cpu0"]


def numba(waited: list[object], *, begun: bool = True, error: str | None = None) -> dict[str, Any]:
    """numba.cuda with contexts on the first and the last of three devices."""

    class Entered:
        def __init__(self, index: int) -> None:
            self.index = index

        def __enter__(self) -> None:
            waited.append(self.index)

        def __exit__(self, *failure: object) -> None:
            waited.append("left")

    contexts = {0: "context", 1: None, 2: "context"}
    driver = SimpleNamespace(
        is_initialized=begun,
        initialization_error=error,
        devices={i: SimpleNamespace(primary_context=c) for i, c in contexts.items()},
    )
    cuda = SimpleNamespace(
        gpus=[Entered(i) for i in range(3)], synchronize=lambda: waited.append("waited")
    )
    return {"numba__cuda": cuda, "numba__cuda__cudadrv__driver": SimpleNamespace(driver=driver)}


def test_numba_waits_on_the_devices_it_uses(
    monkeypatch: pytest.MonkeyPatch, waited: list[object]
) -> None:
    load(monkeypatch, **numba(waited))
    synchronise()
    assert waited == [0, "waited", "left", 2, "waited", "left"]


@pytest.mark.parametrize("state", [{"begun": False}, {"error": "no driver"}])
def test_numba_that_has_not_begun_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, waited: list[object], state: dict[str, Any]
) -> None:
    load(monkeypatch, **numba(waited, **state))
    synchronise()
    assert waited == []


@pytest.mark.parametrize(
    ("context", "waits"),
    [
        (SimpleNamespace(_initialized=True, executing_eagerly=lambda: True), True),
        (SimpleNamespace(_initialized=True, executing_eagerly=lambda: False), False),
        (SimpleNamespace(_initialized=False, executing_eagerly=lambda: True), False),
        (None, False),
    ],
    ids=["begun", "graph", "not begun", "no context"],
)
def test_tensorflow_waits_where_it_has_begun(
    monkeypatch: pytest.MonkeyPatch, waited: list[object], context: object, waits: bool
) -> None:
    experimental = SimpleNamespace(sync_devices=lambda: waited.append("tensorflow"))
    load(
        monkeypatch,
        tensorflow=SimpleNamespace(test=SimpleNamespace(experimental=experimental)),
        tensorflow__python__eager__context=SimpleNamespace(context_safe=lambda: context),
    )
    synchronise()
    assert waited == (["tensorflow"] if waits else [])


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


@pytest.mark.parametrize("name", [name.replace(".", "__") for name in ASKED])
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
