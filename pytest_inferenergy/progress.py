"""A line below the tests' progress that tells how a long measurement is coming on.

Only where somebody looks: on a terminal that knows colours, not under CI, not in xdist's workers,
not with ``-q``, and not with ``-s``, where tests print for themselves. It is erased when the
measurement ends, so that the terminal is left as if it had never been there. A log gets one line
that stays where a run has to wait for another one, and would seem to hang.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.clock import time
from pytest_inferenergy.escaping import line as escaped
from pytest_inferenergy.units import kwh_per_1k, plain, plus_minus

if TYPE_CHECKING:
    import pytest

    from pytest_inferenergy.stats.estimate import Estimate
    from pytest_inferenergy.stats.sequential import SequentialTest

AFTER = 2.0
"""A measurement is long from so many seconds on."""
EVERY = 0.5
"""The line is written at most so often, seconds."""
WAITS = 5.0
"""Waiting is told to a log from so many seconds on."""
CLEAR, UP, COLUMN = "\r\x1b[2K", "\x1b[1A", "\x1b[{}G"


class ProgressReporter:
    """Reporter that prints nothing."""

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Meanwhile something is measured."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def windows(self, taken: int, estimate: Estimate, left: float) -> None:
        """Tell of so many windows; ``left``: seconds until the limit."""
        self._tell(lambda: line(taken, estimate, left))

    def pairs(self, turns: SequentialTest, left: float) -> None:
        """Tell of the pairs of a comparison by turns; ``left``: seconds until the limit."""
        self._tell(lambda: pairs_line(turns, left))

    def waiting(self, gpu: str, seconds: float, holder: Callable[[], str | None]) -> None:
        """Tell whose turn it is on a GPU that a measurement has been waiting for so long."""
        self._tell(lambda: waiting_line(gpu, seconds, holder()))

    def _begin(self) -> None:
        """A measurement begins."""

    def _tell(self, text: Callable[[], str]) -> None:
        """Show the text, where it is due."""

    def _end(self) -> None:
        """The measurement is over."""


class LogProgress(ProgressReporter):
    """Where lines stay: only what would else seem to hang is told, and once."""

    def __init__(self, terminal: pytest.TerminalReporter, capture: Any) -> None:
        self._terminal, self._capture = terminal, capture
        self._told = False

    def waiting(self, gpu: str, seconds: float, holder: Callable[[], str | None]) -> None:
        """One line for each wait that is long."""
        if self._told or seconds < WAITS or not _in_main_thread():
            return
        self._told = True
        with self._capture.global_and_fixture_disabled():
            self._write(waiting_line(gpu, seconds, holder()))

    def _write(self, text: str) -> None:
        self._terminal.ensure_newline()
        self._terminal.write_line(text)
        self._terminal.flush()

    def _begin(self) -> None:
        self._told = False


class WorkerProgress(LogProgress):
    """In a worker of xdist, whose one way to the terminal is the standard error stream.

    Once in all: that workers of one run wait for each other is usual.
    """

    def __init__(self, worker: str, capture: Any) -> None:
        self._worker, self._capture = worker, capture
        self._told = False

    def _write(self, text: str) -> None:
        print(f"\n[{self._worker}] {text}", file=sys.__stderr__, flush=True)

    def _begin(self) -> None:
        """Nothing is shown again."""


class TerminalProgress(ProgressReporter):
    """The line, through pytest's own terminal writer, with its capture off for that moment."""

    def __init__(self, terminal: pytest.TerminalReporter, capture: Any) -> None:
        self._terminal, self._capture = terminal, capture
        self._began = 0.0
        self._written: float | None = None

    def _begin(self) -> None:
        self._began = time.perf_counter()

    def _tell(self, text: Callable[[], str]) -> None:
        now = time.perf_counter()
        due = self._began + AFTER if self._written is None else self._written + EVERY
        if now >= due and _in_main_thread():
            self._write(text())
            self._written = now

    def _end(self) -> None:
        if self._written is not None:
            self._write(None)
        self._written = None

    def _write(self, text: str | None) -> None:
        writer = self._terminal._tw
        width = writer.fullwidth
        column = writer.width_of_current_line % width + 1
        back = UP + COLUMN.format(column)
        encoding = getattr(writer._file, "encoding", None) or "utf-8"
        if text is None:
            codes = f"\n{CLEAR}{back}"
        else:  # pytest would escape the codes, too, for a character that is not known there
            shown = text[: width - 1].encode(encoding, "replace").decode(encoding)
            codes = f"\n{CLEAR}{writer.markup(shown, cyan=True)}{back}"
        with self._capture.global_and_fixture_disabled():
            writer.write_raw(codes, flush=True)


def line(taken: int, estimate: Estimate, left: float) -> str:
    """``energy: 8 windows, 0.0167 kWh/1k ± 0.8 %, at most 12 s left``."""
    figure = f"{plain(kwh_per_1k(estimate.joules_per_inference))} kWh/1k"
    low, high = estimate.interval(0.99)
    half = 0.5 * (high - low) / estimate.joules_per_inference
    return (
        f"energy: {taken} window{'s' * (taken != 1)}, {figure} ± {plus_minus(half, '.2g')}, "
        f"at most {max(left, 0.0):.0f} s left"
    )


def pairs_line(turns: SequentialTest, left: float) -> str:
    """``energy: 8 pairs, ratio 1.012 [0.9934, 1.031], at most 12 s left``; early without bounds."""
    count = turns.pairs.count
    ratio = f", ratio {math.exp(turns.pairs.mean):.4g}" if count else ""
    if math.isfinite(turns.low) and math.isfinite(turns.high):
        ratio += f" [{math.exp(turns.low):.4g}, {math.exp(turns.high):.4g}]"
    return f"energy: {count} pair{'s' * (count != 1)}{ratio}, at most {max(left, 0.0):.0f} s left"


def waiting_line(gpu: str, seconds: float, holder: str | None) -> str:
    """``energy: waiting for GPU-2f1c8a53, 7 s so far: process 4711 in /home/me measures there``."""
    who = holder or "another session"
    return escaped(f"energy: waiting for {gpu}, {seconds:.0f} s so far: {who} measures there")


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def progress_reporter(config: pytest.Config) -> ProgressReporter:
    """The line of this run, a log where lines stay, or silence where there is to be none."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is None or config.get_verbosity() < 0:
        return ProgressReporter()
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        return WorkerProgress(worker["workerid"], capture)
    if terminal is None:
        return ProgressReporter()
    stays = not terminal.isatty or not terminal.hasmarkup or config.getoption("capture") == "no"
    if stays or os.environ.get("CI") or os.environ.get("BUILD_NUMBER"):  # as pytest tells it
        return LogProgress(terminal, capture)
    return TerminalProgress(terminal, capture)
