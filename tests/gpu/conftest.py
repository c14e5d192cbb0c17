"""What every test on a real GPU needs."""

from __future__ import annotations

from typing import Any

import pytest

LEAST_FREE = 2 << 30


@pytest.fixture(scope="session")
def torch() -> Any:
    """The module, with a GPU to work on."""
    module = pytest.importorskip("torch")
    if not module.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU and a torch that can use it")
    free, _ = module.cuda.mem_get_info()
    if free < LEAST_FREE:
        pytest.skip("needs 2 GiB of free memory on the GPU")
    return module
