"""A pinned GPU-bound workload: two runs of it show how well a figure repeats.

pytest benchmarks/pinned --energy-report
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_inferenergy import Energy

BATCH = 64


def test_encoder(energy: Energy) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    model: Any = BertModel(BertConfig())
    model.eval().cuda()
    tokens = torch.randint(0, 30000, (BATCH, 128), device="cuda")
    with torch.inference_mode():
        m = energy.run(model, args=(tokens,), inferences=BATCH)
    assert m.source == "measured"
