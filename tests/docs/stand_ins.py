"""What the pages take for granted: models of a reader's own. They sleep; the stand-in GPU draws.

A plugin for the runs of `test_blocks_run.py`. A model with ``large`` in its name makes the GPU draw
three times as much.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from tests.nvml.library import FakeNvml

SECONDS = {"bert-tiny": 0.002, "bert-base": 0.01, "bert-large": 0.01}


class Classifier:
    """What a page imports from ``my_project``."""

    def __init__(self, name: str) -> None:
        self.seconds = SECONDS[name]
        FakeNvml.current().scale(3.0 if "large" in name else 1.0)

    def __call__(self, text: str | list[str]) -> str | list[str]:
        time.sleep(self.seconds)
        return "positive" if isinstance(text, str) else ["positive"] * len(text)


class Engine:
    """Answers when it is called, or generates."""

    def __call__(self, *_: Any) -> None:
        time.sleep(0.01)

    rank = __call__

    def generate(self, _prompt: Any, max_new_tokens: int = 64) -> list[int]:
        time.sleep(0.01)
        return [0] * max_new_tokens

    def first_token(self, _prompt: Any) -> int:
        time.sleep(0.003)
        return 0


async def ask(_prompt: str) -> dict[str, int]:
    """A request to a server."""
    await anyio.sleep(0.01)
    return {"tokens": 64}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Turns take longer than windows of one kind, where they are to settle something."""
    source = inspect.getsource(item.function)  # type: ignore[attr-defined]
    if "energy.compare" in source:
        item.add_marker(pytest.mark.energy(max_seconds=10 if "at_most" in source else 1))


@pytest.fixture
def classifier() -> Classifier:
    return Classifier("bert-base")


@pytest.fixture
def small() -> Callable[[], object]:
    return functools.partial(Classifier("bert-tiny"), "a fine film")


@pytest.fixture
def large() -> Callable[[], object]:
    return functools.partial(Classifier("bert-base"), "a fine film")


@pytest.fixture
def model() -> Engine:
    return Engine()


llm = pipeline = ranker = model


@pytest.fixture
def batch() -> list[str]:
    return ["a fine film"] * 32


@pytest.fixture
def prompt() -> str:
    return "Once upon a time"


@pytest.fixture
def client() -> SimpleNamespace:
    return SimpleNamespace(ask=ask)


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of a server that is asked over HTTP."""
    import httpx

    async def answer(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.01)
        return httpx.Response(200, json={"usage": {"completion_tokens": 128}})

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(
        httpx, "AsyncClient", functools.partial(httpx.AsyncClient, transport=transport)
    )
