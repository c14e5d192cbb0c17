"""A codecarbon tracker that is quiet, offline, writes nothing and measures when told to.

codecarbon logs to stderr, writes files, looks at the network and swallows its own exceptions by
default. Here it is given every setting that a configuration file or the environment could turn,
except what the user says of this machine's power (``force_cpu_power``, ``force_ram_power``).
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import re
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pytest_inferenergy.clock import keep_time
from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.units import JOULES_PER_KWH

OLDEST: Final = (3, 3, 2)
INSTALL: Final = "pip install -U 'codecarbon>=3.3.2'"
NEVER: Final = 86_400.0
"""Seconds between codecarbon's own measurements: it is to measure at our edges alone."""
COUNTERS: Final = ("CPU(Intel Rapl)", "CPU(Windows Emi)")
"""How codecarbon describes a CPU that it measures by a counter; all else is a model."""


class Totals(NamedTuple):
    """Energy since the tracker began, joules."""

    cpu: float
    ram: float


class Tracker:
    """One running tracker; raises `MeterError` where codecarbon is absent, too old or broken."""

    def __init__(self) -> None:
        module = imported()
        self._sink = _Sink()
        try:
            with _unheard(), _logging_as_it_was(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._tracker = module.OfflineEmissionsTracker(**_settings(self._sink))
                # The slow part, which codecarbon would else do within the first measurement.
                hardware = self._tracker.get_detected_hardware()
                parts = _without_gpus(self._tracker)
                keep_time("codecarbon")  # its thread, too, must not see a clock that a test stopped
                self._tracker.start()
        except Exception as error:
            raise MeterError(f"codecarbon does not start: {error!r}; {INSTALL}") from error
        # Its thread speaks too, where the environment asks codecarbon for debug output.
        logging.getLogger("codecarbon").addFilter(self._is_not_ours)
        self.cpu_model: str = hardware.get("cpu_model") or "unknown CPU"
        self.sockets: int = hardware.get("cpu_physical_count") or 1
        self.counts_cpu = any(part in COUNTERS for part in parts)
        """Whether codecarbon reads a counter for the CPU, and does not model it."""

    def totals(self) -> Totals | None:
        """Measure now; ``None``: codecarbon did not, and has hidden why."""
        self._sink.total = None
        with _unheard():
            self._tracker.flush()
        total = self._sink.total
        if total is None:
            return None
        return Totals(total.cpu_energy * JOULES_PER_KWH, total.ram_energy * JOULES_PER_KWH)

    def stop(self) -> None:
        """Stop it and wait for its threads."""
        with _unheard():
            self._tracker.stop()
        logging.getLogger("codecarbon").removeFilter(self._is_not_ours)
        # A timer that fires while it is being stopped starts the next one: look again.
        for _ in range(5):
            timers = [thread for thread in threading.enumerate() if self._owns(thread)]
            for timer in timers:
                timer.cancel()  # type: ignore[attr-defined]
                timer.join(1.0)
            if not timers:
                return

    def _is_not_ours(self, _record: logging.LogRecord) -> bool:
        return not self._owns(threading.current_thread())

    def _owns(self, thread: threading.Thread) -> bool:
        scheduler = getattr(getattr(thread, "function", None), "__self__", None)
        work = getattr(scheduler, "function", None)
        return (
            isinstance(thread, threading.Timer) and getattr(work, "__self__", None) is self._tracker
        )


class _Sink:
    """An output of codecarbon's that keeps the newest totals and passes nothing on."""

    def __init__(self) -> None:
        self.total: Any = None

    def out(self, total: Any, _delta: Any) -> None:
        self.total = total

    def live_out(self, _total: Any, _delta: Any) -> None:
        """Not used: codecarbon is told never to send by itself."""

    def task_out(self, _data: Any, _name: str) -> None:
        """Not used: there are no tasks."""

    def exit(self) -> None:
        """Nothing to close."""


def _settings(sink: _Sink) -> dict[str, Any]:
    return {
        "allow_multiple_runs": True,  # else it leaves a lock file
        "api_call_interval": -1,
        "cloud_provider": None,
        "cloud_region": None,
        "country_iso_code": None,
        "electricitymaps_api_token": None,
        "emissions_endpoint": None,
        "force_carbon_intensity_g_co2e_kwh": 0.0,  # energy alone: spares it looking up a country
        "force_mode_cpu_load": False,
        "log_level": "critical",
        "logger_preamble": "",
        "measure_power_secs": NEVER,
        "metadata": None,
        "output_dir": tempfile.gettempdir(),
        "output_handlers": [sink],
        "output_methods": [],
        "pue": 1.0,
        "rapl_include_dram": False,
        "rapl_prefer_psys": False,
        "region": None,
        "tracking_mode": "machine",
        "wue": 0.0,
    }


def _without_gpus(tracker: Any) -> list[str]:
    """Drop the GPUs and describe the rest.

    codecarbon has no public switch for it, and would ask NVML at every measurement. Without this
    (in a version that names its list otherwise) all works, more slowly, and the CPU counts as
    estimated.
    """
    parts = getattr(tracker, "_hardware", None)
    if not isinstance(parts, list):
        return []
    parts[:] = [part for part in parts if type(part).__name__ != "GPU"]
    return [part.description() for part in parts]


def imported() -> Any:
    """The module codecarbon; raises `AbsentError` where it is absent, too old or broken."""
    try:
        with _unheard(), _real_stderr(), _no_stdout(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module("codecarbon")
    except ImportError as error:
        raise AbsentError(
            f"codecarbon is not installed or incomplete ({error}); {INSTALL}"
        ) from error
    except Exception as error:
        raise AbsentError(f"codecarbon cannot be imported: {error!r}; {INSTALL}") from error
    version = str(getattr(module, "__version__", "0"))
    if tuple(int(number) for number in re.findall(r"\d+", version)[:3]) < OLDEST:
        raise AbsentError(f"codecarbon {version} is too old; {INSTALL}")
    return module


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """No word of codecarbon's, while it is we who call it."""
    logger = logging.getLogger("codecarbon")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


@contextlib.contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """A tracker sets the level and the handlers of the one logger: put them back."""
    logger = logging.getLogger("codecarbon")
    level, handlers, propagate = logger.level, list(logger.handlers), logger.propagate
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.handlers[:] = handlers
        logger.propagate = propagate


def _no_stdout() -> contextlib.redirect_stdout[io.StringIO]:
    """The import prints of libraries of other vendors' GPUs that are not there."""
    return contextlib.redirect_stdout(io.StringIO())


@contextlib.contextmanager
def _real_stderr() -> Iterator[None]:
    """The import ties a log handler to the stderr of that moment, under pytest a passing one."""
    if sys.__stderr__ is None:
        yield
        return
    with contextlib.redirect_stderr(sys.__stderr__):
        yield
