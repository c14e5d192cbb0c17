"""Arguments that only the first call can use: iterators that it has read to their end.

Repeating such a call measures how fast nothing is done. Nothing is ever taken from an iterator to
find out: what comes next might be waited for, and would be missing in the next call.
"""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import operator
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import MisuseError

if TYPE_CHECKING:
    from pytest_inferenergy.measure.workload import Workload

MOST_ITEMS = 100
"""So many items of each container are looked at."""
BUILTIN = frozenset({"builtins", "itertools", "collections", "_collections"})
WRAPPERS = frozenset({"map", "zip", "filter", "enumerate"})
"""Builtin iterators over other iterators; those of itertools are, too."""


class FirstCall:
    """Watches the inputs of a first call: raises `MisuseError` for those that it used up."""

    def __init__(self, call: Callable[..., Any], *inputs: object) -> None:
        found = {id(value): value for value in _iterators(call, *inputs)}
        self._fresh = [value for value in found.values() if not is_exhausted(value)]
        self._watched = [watch for value in self._fresh if (watch := _Watch.of(value)) is not None]

    @classmethod
    def of(cls, workload: Workload) -> FirstCall:
        """Of a workload; one that is called once, or gets new inputs for each call, may use any."""
        if workload.once:
            return cls(_nothing)
        if workload.setup is not None:
            return cls(workload.call)
        return cls(workload.call, workload.args, workload.kwargs, workload.inputs)

    def check(self) -> None:
        """After the call: refuse what it exhausted."""
        used_up = self._end()
        used_up += [value for value in self._fresh if is_exhausted(value)]
        if used_up:
            kind = type(used_up[0]).__qualname__
            raise MisuseError(
                f"the first call exhausted an input ({kind}), so later calls would have nothing "
                "to do: give a list, as with `list(...)`, make the input anew for each call with "
                "setup=..., or measure one call with once=True"
            )

    def close(self) -> None:
        """Leave all classes as they were; also after a call that failed."""
        self._end()

    def _end(self) -> list[Any]:
        """What was seen to end; the last watch is the first to go, for they may share a class."""
        watched, self._watched = self._watched, []
        return [watch.value for watch in reversed(watched) if watch.end()]


def _nothing() -> None:
    """Has no inputs."""


def is_exhausted(value: object) -> bool:
    """Whether an iterator is at its end, where that can be told without taking from it."""
    kind = type(value)
    if isinstance(value, types.GeneratorType):
        return inspect.getgeneratorstate(value) == inspect.GEN_CLOSED
    if isinstance(value, types.AsyncGeneratorType):
        return value.ag_frame is None
    if kind.__module__ not in BUILTIN or kind is itertools.cycle:
        return False  # after the first round a cycle's source is at its end, and the cycle is not
    if hasattr(kind, "__length_hint__"):
        return _hint(value) == 0
    if kind.__name__ == "callable_iterator":
        return not gc.get_referents(value)
    wraps = kind.__module__ == "itertools" or kind.__name__ in WRAPPERS
    return wraps and _wrapped_is_exhausted(value)


def _hint(value: object) -> int:
    try:
        return operator.length_hint(value, 1)
    except TypeError:  # an endless itertools.repeat
        return 1


def _wrapped_is_exhausted(value: object) -> bool:
    """Of an iterator over others, which it drops when it is at its end."""
    held = gc.get_referents(value)
    # zip_longest's tuple has holes by then: it must not be iterated
    held += [item for group in held if type(group) is tuple for item in gc.get_referents(group)]
    sources = [item for item in held if isinstance(item, Iterator)]
    if isinstance(value, itertools.zip_longest):  # it ends with the last of them
        return all(is_exhausted(source) for source in sources)
    if isinstance(value, itertools.chain):
        return not sources
    if isinstance(value, itertools.islice):  # it also ends by itself
        return not sources or is_exhausted(sources[0])
    return any(is_exhausted(source) for source in sources)


class _Watch:
    """Sees an iterator of a class written in Python end, in the place of its ``__next__``."""

    def __init__(self, value: Any, kind: type, own: Any) -> None:
        self.value = value
        self._kind, self._own = kind, own
        self._gave = self._ended = False
        plain: Any = kind.__next__  # type: ignore[attr-defined]

        @functools.wraps(plain)
        def watched(iterator: Any) -> Any:
            if iterator is not value:
                return plain(iterator)
            try:
                item = plain(iterator)
            except StopIteration:
                self._ended = True
                raise
            self._gave, self._ended = True, False
            return item

        kind.__next__ = watched  # type: ignore[attr-defined]

    @classmethod
    def of(cls, value: Any) -> _Watch | None:
        """``None`` for iterators of builtin classes, and for what is none."""
        kind = type(value)
        plain = inspect.getattr_static(kind, "__next__", None)
        if not isinstance(plain, types.FunctionType) or kind.__module__ == "unittest.mock":
            return None
        try:
            return cls(value, kind, vars(kind).get("__next__"))
        except (AttributeError, TypeError):
            return None

    def end(self) -> bool:
        """Stop watching; whether the iterator was used up, and does not begin anew by itself."""
        if self._own is None:
            del self._kind.__next__  # type: ignore[attr-defined]
        else:
            self._kind.__next__ = self._own  # type: ignore[attr-defined]
        return self._gave and self._ended and not _begins_anew(self.value)


def _begins_anew(value: Any) -> bool:
    """Whether ``iter(value)`` gives another iterator or puts this one back to its beginning."""
    before = dict(getattr(value, "__dict__", {}))
    try:
        return iter(value) is not value or vars(value) != before
    except Exception:
        return True


def _iterators(call: Callable[..., Any], *inputs: object) -> list[Any]:
    """The iterators among a call's inputs and in what its function holds by name."""
    found = [item for value in inputs for item in _items(value)]
    function: Any = call
    for _ in range(10):  # decorators and partials around the function
        if isinstance(function, functools.partial):
            found += [
                item for value in (function.args, function.keywords) for item in _items(value)
            ]
            function = function.func
        elif (inner := inspect.getattr_static(function, "__wrapped__", None)) is not None:
            function = inner
        else:
            break
    function = getattr(function, "__func__", function)
    if isinstance(function, types.FunctionType):
        found += [item for value in _held(function) for item in _items(value)]
    return [item for item in found if hasattr(type(item), "__next__") or _is_async(item)]


def _held(function: types.FunctionType) -> Iterator[object]:
    """What a function holds in its closure, and the globals that it names."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # nothing is in it yet
            continue
    for name in function.__code__.co_names:
        yield function.__globals__.get(name)


def _items(value: object, depth: int = 3) -> Iterator[object]:
    """A value, and what is in it where it is a builtin container."""
    yield value
    inner: Any = ()
    if depth and type(value) is dict:
        inner = value.values()
    elif depth and type(value) in (list, tuple):
        inner = value
    for item in itertools.islice(inner, MOST_ITEMS):
        yield from _items(item, depth - 1)


def _is_async(value: object) -> bool:
    return isinstance(value, types.AsyncGeneratorType)
