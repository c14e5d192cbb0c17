"""These tests need torch, transformers and Pillow, and no network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

MISSING = [name for name in ("torch", "transformers", "PIL") if find_spec(name) is None]
collect_ignore_glob = ["test_*"] if MISSING else []
Folder = Callable[..., str]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A function of a task and an architecture: the folder of such a model, written once."""

    from tests.tasks import folders

    @cache
    def write(task: str, name: str = "tiny") -> str:
        path: Path = tmp_path_factory.mktemp("models") / f"{name}-{task}"
        if task == "text-to-image":
            return folders.write_pipeline(path)
        return folders.write(path, task, name)

    return write


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``HF_HUB_OFFLINE=1``, which is read once, when the hub's library is loaded."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
