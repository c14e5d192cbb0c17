"""What gave a wrong figure once: lazy results, a child's GPU, sensors that may disagree."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_inferenergy import Energy
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.meters.nvml.gpu import hashed

CHILD = """
import sys, time, torch
x = torch.randn(8192, 8192, device="cuda:1", dtype=torch.bfloat16)
print("ready", flush=True)
while True:
    for _ in range(20):
        y = x @ x
    torch.cuda.synchronize(1)
"""


def encoder(torch: Any, layers: int = 24, batch: int = 64) -> Callable[[], Any]:
    layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True).cuda().eval()
    x = torch.randn(batch, 128, 768, device="cuda")

    def forward() -> Any:
        with torch.inference_mode():
            y = x
            for _ in range(layers):
                y = layer(y)
            return y

    return forward


def test_a_generator_of_results_is_refused(energy: Energy, torch: Any) -> None:
    forward = encoder(torch)
    with pytest.raises(MisuseError, match="generator"):
        energy.run(lambda: (forward() for _ in range(4)), name="lazy")


@pytest.mark.parametrize("load", ["steady", "host_bound", "bursty"])
def test_sensors_of_a_healthy_card_agree(energy: Energy, torch: Any, load: str) -> None:
    forward = encoder(torch) if load != "host_bound" else encoder(torch, batch=1)

    def bursty() -> None:
        forward()
        torch.cuda.synchronize()
        time.sleep(0.03)

    found = energy.run(bursty if load == "bursty" else forward)
    print(f"\n{load}: {found.mean_watts:.0f} W, flags {found.flags}, {dict(found.components)}")
    assert set(found.components) & {"gpu", "module"} == {"gpu"}
    assert "sensors_disagree" not in found.flags


@pytest.fixture
def working_child(torch: Any) -> Iterator[None]:
    """A child process that works on the second card, as a model server's worker does."""
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(2)
        yield
        child.kill()


@pytest.mark.usefixtures("working_child")
@pytest.mark.parametrize("memory", [False, True], ids=["no_memory", "memory_on_gpu_0"])
def test_the_card_of_a_child_process_is_measured(energy: Energy, torch: Any, memory: bool) -> None:
    """Torch is initialised here, on the first card, and has nothing to do there."""
    held = torch.ones(1, device="cuda:0") if memory else None
    torch.cuda.synchronize(0)
    if not memory:
        torch.cuda.empty_cache()
    found = energy.run(time.sleep, args=(0.1,))
    print(f"\n{found.mean_watts:.0f} W on {found.devices}, flags {found.flags}")
    second = hashed(f"GPU-{torch.cuda.get_device_properties(1).uuid}")
    assert second in found.devices
    assert found.mean_watts > 350
    assert held is None or held.is_cuda
