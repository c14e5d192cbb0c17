"""Tracebacks of a test's own failures, without this package's frames in between."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

from pytest_inferenergy.errors import InferenergyError

HERE = str(Path(__file__).parent)


def hide_ours(error: BaseException) -> None:
    """Leave in the traceback the code of the test's author: the test, and what it gave us to call.

    An error from within this package that is not raised on purpose keeps all its frames.
    """
    entries = _entries(error.__traceback__)
    ours = [entry.tb_frame.f_code.co_filename.startswith(HERE) for entry in entries]
    if not entries or (ours[-1] and not isinstance(error, InferenergyError)):
        return
    for number, entry in enumerate(entries[:-1]):
        # ``with energy.window():`` comes to us through contextlib
        ours[number] |= (
            entry.tb_frame.f_code.co_filename == contextlib.__file__ and ours[number + 1]
        )
    kept = [entry for entry, hidden in zip(entries, ours, strict=True) if not hidden]
    for entry, following in zip(kept, [*kept[1:], None], strict=True):
        entry.tb_next = following
    if kept:
        error.__traceback__ = kept[0]


def _entries(first: TracebackType | None) -> list[TracebackType]:
    entries = []
    while first is not None:
        entries.append(first)
        first = first.tb_next
    return entries
