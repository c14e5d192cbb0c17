"""Two ranks under torchrun and NCCL, a GPU each: rank 0 tells the sum, and both are gated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

AGREES = 0.02

PROJECT = """
    import math, os, pathlib
    import pytest, torch
    import torch.distributed as dist
    from tests.gpu.truth import SECONDS, energies_of_a_call

    HERE = pathlib.Path(__file__).parent
    RANK = int(os.environ["LOCAL_RANK"])

    @pytest.fixture(scope="session", autouse=True)
    def ranks():
        torch.cuda.set_device(RANK)
        dist.init_process_group("nccl", device_id=torch.device("cuda", RANK))
        yield
        dist.destroy_process_group()

    @pytest.fixture(scope="session")
    def forward():
        torch.manual_seed(RANK)
        width, half = 8192, 8192 // 2
        up = torch.randn(width, half, device="cuda", dtype=torch.bfloat16) / 64
        down = torch.randn(half, width, device="cuda", dtype=torch.bfloat16) / 64
        x = torch.randn(4096, width, device="cuda", dtype=torch.bfloat16)
        layers = int(os.environ.get("LAYERS", "24"))

        def call():
            with torch.inference_mode():
                y = x
                for _ in range(layers):
                    y = torch.relu(y @ up) @ down
                    dist.all_reduce(y)
                    y = y / y.std()
            return y
        return call

    def told(result, name):
        (HERE / f"{name}_{RANK}").write_text(repr((result.kwh_per_1k, result.devices)))

    def test_call(energy, forward):
        energy(forward)
        told(energy.result, "call")

    def test_window(energy, forward):
        with energy.window(inferences=40):
            for _ in range(40):
                forward()
        told(energy.result, "window")

    @pytest.mark.skipif("TRUTH" not in os.environ, reason="only when asked for")
    def test_truth(energy, forward):
        result = energy.run(forward, name="truth")
        calls = math.ceil(SECONDS / result.seconds_per_inference)

        def waited():
            forward()
            torch.cuda.synchronize()

        if RANK:
            for _ in range(calls):
                waited()
            return
        truths = energies_of_a_call(waited, (0, 1), calls)
        joules = [truth.joules for truth in truths]
        parts = sorted(result.joules_by_device.values())
        print(f"{sum(joules):.3f} J a call; told {result.joules_per_inference / sum(joules):.4f}")
        print([round(one / true, 4) for one, true in zip(parts, sorted(joules))])
        assert result.joules_per_inference == pytest.approx(sum(joules), rel=0.02)
"""


@pytest.fixture
def run_ranks(torch: Any, tmp_path: Path) -> Any:
    """Run the project's pytest under torchrun."""
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    torch.cuda.empty_cache()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_model.py").write_text(textwrap.dedent(PROJECT))

    def run(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command = [*launcher, "--nproc-per-node=2", "-m", "pytest", "-s", "-p", "no:cacheprovider"]
        env = os.environ | variables | {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
        done = subprocess.run(
            [*command, "--energy-json=results.json", *options],
            cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        print(done.stdout[-6000:], done.stderr[-2000:])
        return done

    return run


def test_the_sum_over_both_ranks(run_ranks: Any, tmp_path: Path) -> None:
    assert run_ranks(TRUTH="1").returncode == 0
    for name in ("call", "window"):
        told = [(tmp_path / f"{name}_{rank}").read_text() for rank in (0, 1)]
        assert told[0] == told[1]
    for measured in json.loads((tmp_path / "results.json").read_text())["measurements"]:
        parts = measured["joules_by_device"]
        assert len(parts) == 2
        assert sum(parts.values()) == pytest.approx(measured["joules_per_inference"], rel=AGREES)
        assert "contended" not in measured["flags"]


def test_more_work_fails_on_both_ranks(run_ranks: Any) -> None:
    assert run_ranks("--energy-update", "-k", "test_call").returncode == 0
    same = run_ranks("-k", "test_call")
    assert same.returncode == 0
    more = run_ranks("-k", "test_call", LAYERS="32")
    assert more.returncode != 0
    assert more.stdout.count("1 regressed") == 2
