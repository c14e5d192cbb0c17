"""Two GPUs of one host: the sum and each by itself, and two workers that measure at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy import Energy
from pytest_inferenergy.meters.nvml.gpu import hashed
from tests.gpu.truth import energies_of_a_call

AGREES = 0.02
BATCH = 64

PROJECT = """
    import pytest
    import torch

    @pytest.mark.parametrize("number", [0, 1])
    def test_layers(energy, number):
        torch.manual_seed(0)
        layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True).cuda().eval()
        x = torch.randn(64, 128, 768, device="cuda")

        def forward():
            with torch.inference_mode():
                y = x
                for _ in range(24):
                    y = layer(y)
                return y

        energy(forward)
"""


@pytest.fixture(autouse=True)
def several(torch: Any) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")


def identity(torch: Any, index: int) -> str:
    return hashed(f"GPU-{torch.cuda.get_device_properties(index).uuid}")


def encoder(torch: Any) -> Any:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    model: Any = BertModel(BertConfig())
    return model.eval()


def passes(torch: Any, model: Any, device: str) -> Callable[[], None]:
    """One forward pass of a batch that begins on a device."""
    tokens = torch.randint(0, 30000, (BATCH, 128), device=device)

    def forward() -> None:
        with torch.inference_mode():
            model(tokens)

    return forward


def test_the_gpu_that_is_not_used_is_not_counted(energy: Energy, torch: Any) -> None:
    # before any other test here: a GPU on which torch still holds memory counts as in use
    forward = passes(torch, encoder(torch).to("cuda:1"), "cuda:1")
    measured = energy.run(forward, inferences=BATCH)

    def waited() -> None:
        forward()
        torch.cuda.synchronize(1)

    (truth,) = energies_of_a_call(waited, (1,))
    assert measured.devices == (identity(torch, 1),)
    assert measured.joules_per_inference == pytest.approx(truth.joules / BATCH, rel=AGREES)


def test_a_model_split_over_both(energy: Energy, torch: Any) -> None:
    accelerate = pytest.importorskip("accelerate")
    model = encoder(torch)
    places: dict[str, int] = {"embeddings": 0, "pooler": 1}
    places |= {f"encoder.layer.{number}": int(number >= 6) for number in range(12)}
    model = accelerate.dispatch_model(model, device_map=places)
    forward = passes(torch, model, "cuda:0")
    measured = energy.run(forward, inferences=BATCH)

    def waited() -> None:
        forward()
        for index in (0, 1):
            torch.cuda.synchronize(index)

    truths = energies_of_a_call(waited, (0, 1))
    parts = measured.joules_by_device
    assert set(parts) == {identity(torch, 0), identity(torch, 1)}
    total = sum(truth.joules for truth in truths) / BATCH
    print(f"{total:.4f} J an inference; told {measured.joules_per_inference / total:.4f} of it")
    assert measured.joules_per_inference == pytest.approx(total, rel=AGREES)
    for index, truth in enumerate(truths):
        told = parts[identity(torch, index)]
        print(f"GPU {index}: {truth.joules / BATCH:.4f} J; told {told * BATCH / truth.joules:.4f}")
        assert told == pytest.approx(truth.joules / BATCH, rel=AGREES)


def test_two_workers_at_once_and_one_after_the_other(torch: Any, tmp_path: Path) -> None:
    """Cards differ, so each is held against itself alone."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_layers.py").write_text(textwrap.dedent(PROJECT))

    def joules(*options: str, **variables: str) -> dict[str, float]:
        command = [sys.executable, "-m", "pytest", "-q", "--energy-json=results.json", *options]
        subprocess.run(command, cwd=tmp_path, env=os.environ | variables, check=True)
        measured = json.loads((tmp_path / "results.json").read_text())["measurements"]
        return {one["devices"][0]: one["joules_per_inference"] for one in measured}

    together = joules("-n", "2")
    assert set(together) == {identity(torch, 0), identity(torch, 1)}
    for index in ("0", "1"):
        ((device, alone),) = joules("-k", "0", CUDA_VISIBLE_DEVICES=index).items()
        print(f"GPU {index}: alone {alone:.3f} J, together {together[device] / alone:.4f} of it")
        assert together[device] == pytest.approx(alone, rel=AGREES)
