"""Tracebacks of a test's own failures, without this package's frames in between."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

from pytest_inferenergy.errors import InferenergyError

HERE = Path(__file__).parents[1]
CALLS = tuple(str(HERE / "measure" / name) for name in ("calling.py", "workload.py"))
"""Here the workload is called: what is raised right here was raised by a function written in C."""


def hide_ours(error: BaseException) -> None:
    """Leave in the traceback the code of the test's author: the test, and what it gave us to call.

    An error from within this package that is not raised on purpose keeps all its frames.
    """
    entries = _entries(error.__traceback__)
    files = [entry.tb_frame.f_code.co_filename for entry in entries]
    ours = [file.startswith(str(HERE)) for file in files]
    if not entries:
        return
    meant = isinstance(error, InferenergyError) or files[-1] in CALLS
    if ours[-1] and not meant:
        return
    for number, file in enumerate(files[:-1]):
        # ``with energy.window():`` comes to us through contextlib
        ours[number] |= file == contextlib.__file__ and ours[number + 1]
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
