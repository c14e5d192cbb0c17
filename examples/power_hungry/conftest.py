"""The option ``--ladder``, one thread on a CPU, and room on the GPU after each test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import torch

from . import rungs


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--ladder",
        choices=("small", "full"),
        default="small",
        help="small: minutes on a CPU (default); full: the study's models, on a GPU",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test its rungs: the list that bears its name in `rungs`."""
    if "rung" in metafunc.fixturenames:
        size = metafunc.config.getoption("--ladder", default="small")
        name = metafunc.function.__name__.removeprefix("test_").upper()
        mark = pytest.mark.energy(max_seconds=rungs.SECONDS[size])
        steps = [
            pytest.param(rung, id=str(rung), marks=mark) for rung in getattr(rungs, name)[size]
        ]
        metafunc.parametrize("rung", steps)


@pytest.fixture(autouse=True)
def _room() -> Iterator[None]:
    """Let go of a model before the next one comes. On a CPU one thread: waiting draws power."""
    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    yield
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
