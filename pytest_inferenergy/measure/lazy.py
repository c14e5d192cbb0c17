"""Results that are not computed yet: what a call returned at once is no figure of its work.

A generator, a Future or a lazy frame is an order to be carried out; repeating the call measures how
fast orders are written. It is refused after the first call, before anything is stored. Frameworks
are known by their names in `sys.modules`; nothing is imported here.
"""

from __future__ import annotations

import concurrent.futures
import inspect
import io
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.exhausted import is_exhausted
from pytest_inferenergy.meters.frameworks import part_of

DEEPEST = 3
"""So many containers within each other are looked into."""
MOST_ITEMS = 100
"""And so many items of each."""

AWAIT = "measure it with `await energy.arun(...)`"
LAZY = (
    ("polars", "LazyFrame", "let the call end with `.collect()`"),
    ("polars.lazyframe.in_process", "InProcessQuery", "let the call end with `.fetch_blocking()`"),
    ("mlx.core", "array", "let the call end with `mlx.core.eval(...)` and return nothing of it"),
    ("tinygrad", "Tensor", "let the call end with `.numpy()`"),
    ("duckdb", "DuckDBPyRelation", "let the call end with `.fetchall()`"),
    ("pyspark.sql", "DataFrame", "let the call end with `.collect()`"),
    ("ray", "ObjectRef", "let the call end with `ray.get(...)`"),
)
"""Classes of libraries that compute later: module, name, remedy."""
HANDLES = (
    (("result", "done", "add_done_callback"), "let the call end with `.result()`"),
    (("get", "wait", "ready"), "let the call end with `.get()`"),
    (("get", "join", "ready"), "let the call end with `.get()`"),
    (("wait", "done", "then"), "let the call end with `.wait()`"),
    (("wait", "is_completed"), "let the call end with `.wait()`"),
)
"""Methods of handles on work under way, as those of concurrent.futures, multiprocessing, gRPC,
gevent and torch, with the remedy."""


def refuse_lazy(result: object) -> None:
    """Raise `MisuseError` where a call's result, or something in it, is not computed yet."""
    found = not_computed(result)
    if found is None:
        return
    value, remedy = found
    if inspect.iscoroutine(value):
        value.close()  # else Python warns that nobody awaited it
    within = "" if value is result else f" (in a {type(result).__name__})"
    raise MisuseError(
        f"the call returned {_named(value)}{within}, which is not computed yet: the measurement "
        f"would miss its work; {remedy}"
    )


def not_computed(result: object, depth: int = DEEPEST) -> tuple[object, str] | None:
    """What in a result is not computed yet, and what to do about it."""
    remedy = _remedy(result)
    if remedy is not None:
        return result, remedy
    for item in contents(result) if depth else ():
        found = not_computed(item, depth - 1)
        if found is not None:
            return found
    return None


def contents(value: object) -> list[object]:
    """The first items of a builtin container or a named tuple; no other type is iterated."""
    if type(value) is dict:
        return list(itertools.islice(value.values(), MOST_ITEMS))
    if type(value) in (list, tuple, set, frozenset) or (
        isinstance(value, tuple) and hasattr(type(value), "_fields")
    ):
        return list(itertools.islice(value, MOST_ITEMS))  # type: ignore[call-overload]
    return []


def _remedy(value: object) -> str | None:
    """What to do about a value that is not computed yet; ``None`` where it is."""
    if value is None or isinstance(value, str | int | float | Mapping) or _is_mock(value):
        return None
    for module, name, remedy in LAZY:
        kind = part_of(module, name)
        if isinstance(kind, type) and isinstance(value, kind):
            return remedy
    if _is_dask(value):
        return "let the call end with `.compute()`"
    return _of_protocols(value)


def _of_protocols(value: object) -> str | None:
    """The same for what Python itself has words for, and for what behaves like it."""
    if isinstance(value, concurrent.futures.Future):
        return "let the call end with `.result()`"
    if inspect.isawaitable(value):
        return AWAIT
    if isinstance(value, AsyncIterator):
        return f"consume it in a coroutine, as with `[x async for x in ...]`, and {AWAIT}"
    if isinstance(value, Iterator):
        computed = _is_file(value) or is_exhausted(value)
        return None if computed else "consume it in the call, as with `list(...)`"
    kind = type(value)
    for methods, remedy in HANDLES:
        if all(callable(getattr(kind, method, None)) for method in methods):
            return remedy
    return None


def _is_mock(value: object) -> bool:
    """Mocks have every method that is asked for; a `MagicMock` is an iterator, too."""
    for module in ("unittest.mock", "mock"):
        kind = part_of(module, "NonCallableMock")
        if isinstance(kind, type) and isinstance(value, kind):
            return True
    return False


def _is_file(value: object) -> bool:
    return isinstance(value, io.IOBase) or hasattr(type(value), "readline")


def _is_dask(value: object) -> bool:
    if not hasattr(type(value), "__dask_graph__"):
        return False
    known: Any = part_of("dask.base", "is_dask_collection")
    try:  # xarray's have the method, and a graph only where dask is behind them
        return bool(known(value)) if callable(known) else value.__dask_graph__() is not None  # type: ignore[attr-defined]
    except Exception:
        return False


def _named(value: object) -> str:
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else kind.__module__.partition("._")[0] + "."
    name = f"{module}{kind.__qualname__}"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
