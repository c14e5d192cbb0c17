"""From the name of a meter to the running set: ``auto`` takes what really answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters.base import Meter
from pytest_inferenergy.meters.meter_set import Absent, MeterSet
from pytest_inferenergy.meters.nvml.listed import gpu_is_listed

RETRY_AFTER = 0.2
"""Seconds after which a meter that did not open is tried once more."""


def open_meters(name: str, prometheus: str | None = None) -> MeterSet:
    """Open the meter of a name, or those that answer for ``auto``; `MeterError` says why not.

    ``auto``: nvml where a GPU really answers; beside it rapl where it is readable, else codecarbon.
    ``prometheus``: what the meter of that name reads, `None` for DCGM exporter's counters.
    """
    kind, _, argument = name.partition(":")
    if kind == "auto":
        return _automatic()
    if kind == "replay":
        return MeterSet([_replay(argument)])  # a file: to read it again is no use
    if kind == "prometheus":
        return MeterSet([_opened(lambda: _prometheus(argument, prometheus))])
    opened = {"nvml": _nvml, "rapl": _rapl, "codecarbon": _codecarbon, "zeus": _zeus}
    if kind not in opened:
        raise MeterError(f"unknown meter {name!r}")
    return MeterSet([_opened(opened[kind])])


def _opened(opener: Callable[[], Meter]) -> Meter:
    """Open a meter, at the second try where the first failed for no reason that stays."""
    try:
        return opener()
    except MeterError as error:
        if isinstance(error, AbsentError) or error.flag is not None:
            raise
    time.sleep(RETRY_AFTER)
    return opener()


def _automatic() -> MeterSet:
    meters: list[Meter] = []
    notes: list[str] = []
    absent: list[Absent] = []

    def try_open(name: str, opener: Callable[[], Meter]) -> bool:
        try:
            meters.append(_opened(opener))
        except MeterError as error:
            # of the second try: who has to say why a meter is missing reads it in `MeterSet.notes`
            notes.append(f"{name}: {error}")
            if not meters:
                listed = name == "nvml" and error.flag != "no_gpu" and gpu_is_listed()
                absent.append(Absent(name, str(error), listed))
            return False
        return True

    def attached_nvml() -> Meter:
        meter = _nvml()
        try:
            meter.attach()
        except MeterError:
            meter.close()
            raise
        return meter

    try_open("nvml", attached_nvml)
    if not try_open("rapl", _rapl):
        try_open("codecarbon", _codecarbon)
    return MeterSet(meters, notes, absent)


def _nvml() -> Meter:
    from pytest_inferenergy.meters.nvml.meter import NvmlMeter

    return NvmlMeter()


def _rapl() -> Meter:
    from pytest_inferenergy.meters.rapl.meter import RaplMeter

    return RaplMeter()


def _codecarbon() -> Meter:
    from pytest_inferenergy.meters.codecarbon.meter import CodecarbonMeter

    return CodecarbonMeter()


def _replay(path: str) -> Meter:
    from pytest_inferenergy.meters.replay import ReplayMeter
    from pytest_inferenergy.meters.trace import read_trace

    return ReplayMeter(read_trace(Path(path)))


def _prometheus(url: str, counter: str | None) -> Meter:
    from pytest_inferenergy.meters.prometheus.meter import PrometheusMeter
    from pytest_inferenergy.meters.prometheus.source import parse_source

    return PrometheusMeter(url, None if counter is None else parse_source(counter))


def _zeus() -> Meter:
    from pytest_inferenergy.meters.zeus.meter import ZeusMeter

    return ZeusMeter()
