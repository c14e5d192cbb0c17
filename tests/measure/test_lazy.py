"""What is not computed when a call returns is refused, and nothing else is."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import io
import itertools
import multiprocessing.pool
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import AsyncMock, MagicMock, Mock, create_autospec

import pytest

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.lazy import not_computed, refuse_lazy


def tokens() -> Iterator[str]:
    yield "token"


async def answer() -> str:
    return "token"


async def stream() -> AsyncIterator[str]:
    yield "token"


class Pair(NamedTuple):
    left: object
    right: object


class Stream:
    """As the streams of clients of language models are."""

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> str:
        return "token"


class AsyncStream:
    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> str:
        return "token"


class Promise:
    """As gRPC's and dask's own Futures: no relative of Python's."""

    def result(self) -> None: ...
    def done(self) -> None: ...
    def add_done_callback(self) -> None: ...


class Work:
    """As that of torch.distributed."""

    def wait(self) -> None: ...
    def is_completed(self) -> None: ...


def pool_result() -> Any:
    return multiprocessing.pool.AsyncResult(
        SimpleNamespace(_cache={}),  # type: ignore[arg-type]
        None,
        None,
    )


def coroutine() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what is refused is closed, and no warning is left
        return answer()


@pytest.mark.parametrize(
    ("made", "named", "remedy"),
    [
        (tokens, "a generator", "`list(...)`"),
        (lambda: map(str, [1]), "a map", "`list(...)`"),
        (lambda: itertools.cycle([1]), "an itertools.cycle", "`list(...)`"),
        (Stream, "tests.measure.test_lazy.Stream", "`list(...)`"),
        (coroutine, "a coroutine", "`await energy.arun(...)`"),
        (stream, "an async_generator", "`[x async for x in ...]`"),
        (AsyncStream, "AsyncStream", "`await energy.arun(...)`"),
        (concurrent.futures.Future, "a concurrent.futures.Future", "`.result()`"),
        (Promise, "Promise", "`.result()`"),
        (pool_result, "a multiprocessing.pool.ApplyResult", "`.get()`"),
        (Work, "Work", "`.wait()`"),
        (AsyncMock(), "a coroutine", "`await energy.arun(...)`"),
    ],
)
@pytest.mark.parametrize(
    "held",
    [
        lambda value: value,
        lambda value: [1, value],
        lambda value: {"text": (value,)},
        lambda value: Pair(None, value),
    ],
    ids=["itself", "list", "dict", "namedtuple"],
)
def test_what_is_not_computed_is_named_with_the_remedy(
    made: Callable[[], object], named: str, remedy: str, held: Callable[[object], object]
) -> None:
    with pytest.raises(MisuseError) as refused:
        refuse_lazy(held(made()))
    text = str(refused.value)
    assert text.startswith("the call returned a")
    assert named in text
    assert "which is not computed yet" in text
    assert remedy in text


def test_an_asyncio_task_and_a_future_are_awaited() -> None:
    async def main() -> None:
        task, future = asyncio.ensure_future(answer()), asyncio.get_running_loop().create_future()
        for value in (task, future):
            with pytest.raises(MisuseError, match=r"an? _?asyncio.*energy\.arun"):
                refuse_lazy(value)
        await task

    asyncio.run(main())


@pytest.mark.parametrize(
    ("module", "name", "remedy"),
    [
        ("polars", "LazyFrame", "`.collect()`"),
        ("mlx.core", "array", "`mlx.core.eval(...)`"),
        ("duckdb", "DuckDBPyRelation", "`.fetchall()`"),
        ("ray", "ObjectRef", "`ray.get(...)`"),
        ("tinygrad", "Tensor", "`.numpy()`"),
        ("pyspark.sql", "DataFrame", "`.collect()`"),
    ],
)
def test_lazy_values_of_libraries(
    monkeypatch: pytest.MonkeyPatch, module: str, name: str, remedy: str
) -> None:
    kind = type(name, (), {"__module__": module})
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{name: kind}))
    with pytest.raises(MisuseError) as refused:
        refuse_lazy([kind()])
    assert f"{module}.{name} (in a list)" in str(refused.value)
    assert remedy in str(refused.value)


@pytest.mark.parametrize("graph", [{"a": 1}, None])
def test_dask_is_what_has_a_graph(graph: object) -> None:
    class Collection:
        def __dask_graph__(self) -> object:
            return graph

    assert (not_computed(Collection()) is None) is (graph is None)


def consumed() -> Iterator[str]:
    generator = tokens()
    list(generator)
    return generator


class Reusable:
    def __iter__(self) -> Iterator[int]:
        return iter([1])


class Untouchable(list[int]):
    def __iter__(self) -> Iterator[int]:
        raise AssertionError("nobody asked for it")


class Loud:
    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "value",
    [
        None, 0.5, "text", b"bytes", [1, [2, {"a": (3,)}]], {"a": {1}}, range(3), Reusable(),
        Mock(), MagicMock(), create_autospec(Stream, instance=True), [MagicMock()], Loud(),
        io.BytesIO(b"picture"), io.StringIO("text"),
        collections.deque([1]), Untouchable([1]), tokens, Stream, concurrent.futures.Future,
        lambda: None, consumed(), collections.OrderedDict(a=1), [None] * 1000, object(),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_computed_passes(value: object) -> None:
    refuse_lazy(value)
