"""One run as a line of the baseline file, both ways.

Levels are stored as joules and seconds per inference, with four significant digits; in memory
they are natural logarithms. What is unknown has no field.
"""

from __future__ import annotations

import math
from typing import Any, Final

from pytest_inferenergy.baselines import json_text
from pytest_inferenergy.baselines.fields import (
    UTC_LENGTH,
    Fields,
    four_digits,
    is_utc,
    iso_utc,
)
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.stats.runs import Run

NUMBERS: Final = ("stderr", "window_sd", "window_seconds")
WHOLES: Final = ("windows", "inferences_per_call", "concurrency")
OPTIONAL_NUMBERS: Final = (
    "waiting_watts",
    "waiting_watts_stderr",
    "tokens_per_inference",
    "idle_watts",
    "power_limit_watts",
    "sm_clock_mhz",
    "temperature_c",
)
OPTIONAL_WHOLES: Final = ("locked_clock_mhz", "throttle_reasons")
OPTIONAL_TEXTS: Final = ("device", "input_digest", "driver", "commit")


def to_record(run: Run, where: str) -> dict[str, Any]:
    """A run as builtins, ready for JSON; `BaselineError` for a figure that cannot be stored."""
    record: dict[str, Any] = {
        "joules_per_inference": level(run.log_joules, where, "log_joules"),
        "seconds_per_inference": level(run.log_seconds, where, "log_seconds"),
        "time": instant(run.time, where),
        "libraries": dict(run.libraries),
    }
    if run.description:
        record["description"] = dict(run.description)
    if run.environment:
        record["environment"] = dict(run.environment)
    for name in (*NUMBERS, *OPTIONAL_NUMBERS):
        value = getattr(run, name)
        if value is not None:
            record[name] = _rounded(value, where, name)
    for name in (*WHOLES, *OPTIONAL_WHOLES, *OPTIONAL_TEXTS):
        value = getattr(run, name)
        if value is not None:
            record[name] = value
    return record


def from_record(data: object, where: str) -> Run:
    """Read what `to_record` wrote; `BaselineError` names `where` and the field."""
    fields = Fields(data, where)
    libraries = Fields(fields.value("libraries"), f"{where}, libraries")
    optional: dict[str, Any] = {
        name: read(name)
        for names, read in (
            (OPTIONAL_NUMBERS, fields.number),
            (OPTIONAL_WHOLES, fields.whole),
            (OPTIONAL_TEXTS, fields.text),
        )
        for name in names
        if fields.has(name)
    }
    if fields.has("description"):
        said = Fields(fields.value("description"), f"{where}, description")
        optional["description"] = {name: said.scalar(name) for name in sorted(said.names())}
    if fields.has("environment"):
        versions = Fields(fields.value("environment"), f"{where}, environment")
        optional["environment"] = {name: versions.text(name) for name in sorted(versions.names())}
    run = Run(
        log_joules=math.log(fields.positive("joules_per_inference")),
        log_seconds=math.log(fields.positive("seconds_per_inference")),
        stderr=fields.not_negative("stderr"),
        window_sd=fields.not_negative("window_sd"),
        windows=fields.whole("windows", at_least=1),
        window_seconds=fields.not_negative("window_seconds"),
        time=fields.instant("time"),
        inferences_per_call=fields.whole("inferences_per_call", at_least=1),
        concurrency=fields.whole("concurrency", at_least=1),
        libraries={name: libraries.text(name) for name in sorted(libraries.names())},
        **optional,
    )
    fields.finish()
    return run


def from_line(line: str, where: str) -> Run:
    """Read the JSON of a run; `BaselineError` names `where` and the field."""
    try:
        return from_record(json_text.loads(line), where)
    except ValueError as error:
        raise BaselineError(f"{where}: no valid JSON: {error}") from None


def to_line(run: Run, where: str) -> str:
    """A run as JSON; `BaselineError` for one that could not be read again."""
    record = to_record(run, where)
    from_record(record, where)
    return json_text.line(record)


def time_of(line: str, where: str) -> str:
    """When the run of a line ended, as the file writes it; `BaselineError` where it is no run."""
    # the last of that name: after it come numbers only
    found = line.rpartition('"time": "')[2][:UTC_LENGTH]
    return found if is_utc(found) else iso_utc(from_line(line, where).time)


def level(logarithm: float, where: str, field: str) -> float:
    """A natural logarithm as the level it stands for, four significant digits."""
    try:
        value = math.exp(logarithm)
    except OverflowError:
        value = math.inf
    return _rounded(value, where, field)


def instant(time: float, where: str) -> str:
    """Unix seconds as the file writes them."""
    try:
        return iso_utc(time)
    except ValueError as error:
        raise BaselineError(f"{where}: cannot be stored: {error}") from None


def _rounded(value: float, where: str, field: str) -> float:
    try:
        return four_digits(value)
    except ValueError as error:
        raise BaselineError(f"{where}: {field!r} cannot be stored: {error}") from None
