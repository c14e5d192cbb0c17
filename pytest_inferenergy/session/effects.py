"""What a call of a test leaves behind in pytest, so that many calls leave as much as one.

Properties, captured output, log records, warnings, report sections, subtests. Whatever pytest keeps
only grows while a test runs, so the state before the call is a length, and going back is cutting.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator, MutableSequence
from functools import partial
from typing import Any, Protocol

import pytest

Buffer = Any
"""A file in memory or on disk: of text (`io.StringIO`) or of bytes."""


class Effects:
    """What the calls of one test leave behind, from the moment this is made."""

    def __init__(self, item: pytest.Item) -> None:
        self._marks: list[_Mark] = [_List(seq) for seq in _lists(item)]
        self._marks += [_File(find) for find in _files(item)]
        self._logs = [handler for handler in _live_handlers(item) if handler is not None]
        self._subtests = [_Subtests(fixture) for fixture in _subtest_fixtures(item)]
        self._first: list[Any] = []

    def keep(self) -> None:
        """After the first call: what it left is what the report will show."""
        self._first = [mark.rest() for mark in self._marks]
        for handler in self._logs:
            handler.addFilter(_nothing)
        for subtests in self._subtests:
            subtests.quiet = True

    def back(self) -> None:
        """Before another call: as it was before the first."""
        for mark in self._marks:
            mark.cut()

    def restore(self) -> None:
        """After the last call: as the first one left it."""
        for mark, rest in zip(self._marks, self._first, strict=False):
            mark.cut()
            mark.put(rest)

    @property
    def failed(self) -> bool:
        """Whether a call failed without raising: in a subtest, or by a soft assert."""
        return any(subtests.failed for subtests in self._subtests) or _soft_failures()

    def close(self) -> None:
        """Leave pytest's own objects as they were found."""
        for handler in self._logs:
            handler.removeFilter(_nothing)
        for subtests in self._subtests:
            subtests.close()


class _Mark(Protocol):
    """A place in something that only grows."""

    def cut(self) -> None:
        """Take away what came after it."""

    def rest(self) -> Any:
        """What came after it."""

    def put(self, rest: Any) -> None:
        """Give that back."""


class _List:
    __slots__ = ("_seq", "_size")

    def __init__(self, seq: MutableSequence[Any]) -> None:
        self._seq, self._size = seq, len(seq)

    def cut(self) -> None:
        while len(self._seq) > self._size:
            self._seq.pop()

    def rest(self) -> list[Any]:
        return list(self._seq)[self._size :]

    def put(self, rest: list[Any]) -> None:
        self._seq.extend(rest)


class _File:
    """A test may put another buffer in the place of one (``caplog.clear()``): look it up anew."""

    __slots__ = ("_find", "_size")

    def __init__(self, find: Callable[[], Buffer]) -> None:
        self._find, self._size = find, find().tell()

    def cut(self) -> None:
        buffer = self._find()
        if buffer.tell() > self._size:
            buffer.seek(self._size)
            buffer.truncate()

    def rest(self) -> Any:
        buffer = self._find()
        end = buffer.tell()
        buffer.seek(min(self._size, end))
        return buffer.read()

    def put(self, rest: Any) -> None:
        self._find().write(rest)


# -- where pytest keeps things -----------------------------------------------------------------


def _lists(item: pytest.Item) -> Iterator[MutableSequence[Any]]:
    yield item.user_properties
    yield item._report_sections
    yield item.own_markers
    recorder = getattr(getattr(warnings, "_showwarnmsg_impl", None), "__self__", None)
    if isinstance(recorder, list):  # `warnings.catch_warnings(record=True)`: pytest's, or recwarn
        yield recorder
    from _pytest.junitxml import xml_key

    xml = item.config.stash.get(xml_key, None)
    if xml is not None:
        yield xml.global_properties
    yield from _unraised(item.config)
    for handler in _log_handlers(item):
        yield handler.records


def _unraised(config: pytest.Config) -> Iterator[MutableSequence[Any]]:
    """Exceptions of threads and finalisers, of which pytest makes a warning each."""
    import importlib

    for module, name in (
        ("_pytest.threadexception", "thread_exceptions"),
        ("_pytest.unraisableexception", "unraisable_exceptions"),
    ):
        key = getattr(importlib.import_module(module), name, None)
        found = None if key is None else config.stash.get(key, None)
        if found is not None:
            yield found


def _log_handlers(item: pytest.Item) -> list[Any]:
    plugin = item.config.pluginmanager.getplugin("logging-plugin")
    return [] if plugin is None else [plugin.caplog_handler, plugin.report_handler]


def _live_handlers(item: pytest.Item) -> list[logging.Handler | None]:
    """They write at once, to the terminal and to ``--log-file``: later calls are left out."""
    plugin = item.config.pluginmanager.getplugin("logging-plugin")
    return [getattr(plugin, f"log_{name}_handler", None) for name in ("cli", "file")]


def _files(item: pytest.Item) -> Iterator[Callable[[], Buffer]]:
    for handler in _log_handlers(item):
        yield partial(getattr, handler, "stream")
    manager = item.config.pluginmanager.getplugin("capturemanager")
    fixture = getattr(manager, "_capture_fixture", None)
    for capture in (
        getattr(manager, "_global_capturing", None),
        getattr(fixture, "_capture", None),
    ):
        for name in ("out", "err"):
            file = getattr(getattr(capture, name, None), "tmpfile", None)
            if file is not None:  # a text file that writes through to its buffer
                yield partial(getattr, file, "buffer")


def _nothing(_record: logging.LogRecord) -> bool:
    return False


# -- failures that raise nothing ---------------------------------------------------------------


def _soft_failures() -> bool:
    """Whether pytest-check or pytest-assume has a failure to tell at the end of the test."""
    check = getattr(sys.modules.get("pytest_check.check_log"), "any_failures", None)
    assume = getattr(sys.modules.get("pytest_assume.plugin"), "_FAILED_ASSUMPTIONS", None)
    return bool(assume) or (check is not None and bool(check()))


def _subtest_fixtures(item: pytest.Item) -> list[Any]:
    """The fixture `subtests`, of pytest 9 or of pytest-subtests."""
    values = getattr(item, "funcargs", {}).values()
    return [value for value in values if type(value).__name__ in ("Subtests", "SubTests")]


class _Subtests:
    """Stands where `subtests` calls hooks; in later calls only what fails is reported."""

    def __init__(self, fixture: Any) -> None:
        self._fixture = fixture
        self._name = "_ihook" if hasattr(fixture, "_ihook") else "ihook"
        self._hook = getattr(fixture, self._name)
        self.failed = self.quiet = False
        setattr(fixture, self._name, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hook, name)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed
        if report.failed or not self.quiet:
            self._hook.pytest_runtest_logreport(report=report)

    def close(self) -> None:
        setattr(self._fixture, self._name, self._hook)
