"""Typed fields out of a parsed JSON object, with messages that name the place and the field."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime, timezone
from typing import Final, TypeVar

from pytest_inferenergy.errors import BaselineError, UnstorableError

LARGEST: Final = 1e30
SMALLEST: Final = 1e-30
"""Numbers beyond these are damage: no energy, time or clock is that large or that small."""
LATEST: Final = 253_402_300_799.0
"""The last second of the year 9999, Unix seconds: ISO 8601 goes no further."""
UTC_LENGTH: Final = len("2026-11-22T15:44:00Z")

_ABSOLUTE_PATH: Final = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_UTC_SECONDS: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_T = TypeVar("_T")


class Fields:
    """One JSON object, read field by field; `finish` complains about what nobody asked for.

    Every method raises `BaselineError` for a field that is absent or has another type.
    """

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise BaselineError(f"{where}: must be an object, not {_show(data)}")
        self._data: dict[str, object] = data
        self._where = where
        self._asked: set[str] = set()

    def value(self, field: str) -> object:
        """A field of any type."""
        self._asked.add(field)
        if field not in self._data:
            raise BaselineError(f"{self._where}: the field {field!r} is missing")
        return self._data[field]

    def has(self, field: str) -> bool:
        """Whether an optional field is there."""
        return field in self._data

    def finish(self) -> None:
        """Raise for a field that this version does not know: rewriting would lose it."""
        unknown = sorted(self._data.keys() - self._asked)
        if unknown:
            raise BaselineError(
                f"{self._where}: unknown field {unknown[0]!r} (a newer pytest-inferenergy, "
                "or an edit by hand)"
            )

    def text(self, field: str) -> str:
        """A text that is not empty, is valid Unicode and is no absolute path."""
        value = self._typed(field, str, "a text")
        problem = text_problem(value)
        if problem:
            raise self._wrong(field, problem, value)
        return value

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(
            Fields({field: item}, f"{self._where}, item {n}").text(field)
            for n, item in self.items(field)
        )

    def truth(self, field: str) -> bool:
        """``true`` or ``false``."""
        return self._typed(field, bool, "true or false")

    def whole(self, field: str, at_least: int = 0) -> int:
        """A whole number of at least `at_least` that fits into 64 bits."""
        value = self.value(field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(field, "must be a whole number", value)
        if not at_least <= value < 2**64:
            raise self._wrong(field, f"must be at least {at_least} and fit into 64 bits", value)
        return value

    def whole_or_none(self, field: str) -> int | None:
        """A whole number from 0, or ``null``."""
        return None if self.value(field) is None else self.whole(field)

    def number(self, field: str) -> float:
        """A finite number of plausible size."""
        value = self.value(field)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise self._wrong(field, "must be a number", value)
        if not abs(value) <= LARGEST:  # false for NaN too
            wrong = self._wrong(field, "must be finite and of plausible size", value)
            raise UnstorableError(str(wrong)) if abs(value) < math.inf else wrong
        return float(value)

    def scalar(self, field: str) -> str | int | float | bool:
        """A text, a number, or ``true`` or ``false``."""
        value = self.value(field)
        if isinstance(value, str):
            return self.text(field)
        if isinstance(value, bool):
            return value
        number = self.number(field)
        return value if isinstance(value, int) else number

    def not_negative(self, field: str) -> float:
        """A finite number from 0."""
        value = self.number(field)
        if value < 0:
            raise self._wrong(field, "must not be negative", value)
        return value

    def positive(self, field: str) -> float:
        """A finite number above 0."""
        value = self.above_zero(field)
        if value < SMALLEST:
            rule = f"must be at least {SMALLEST:g} to be stored"
            raise UnstorableError(str(self._wrong(field, rule, value)))
        return value

    def above_zero(self, field: str) -> float:
        """A finite number above 0, however small."""
        value = self.number(field)
        if value <= 0:
            raise self._wrong(field, "must be above 0", value)
        return value

    def instant(self, field: str) -> float:
        """An instant such as ``2026-11-22T15:44:00Z``, as Unix seconds."""
        value = self._typed(field, str, "a text")
        rule = "must look like 2026-11-22T15:44:00Z"
        if not is_utc(value):
            raise self._wrong(field, rule, value)
        try:
            instant = datetime.fromisoformat(value[:-1]).replace(tzinfo=timezone.utc).timestamp()
        except ValueError:  # the 30th of February
            raise self._wrong(field, rule, value) from None
        if instant < 0:
            raise self._wrong(field, "must not lie before 1970", value)
        return instant

    def items(self, field: str) -> list[tuple[int, object]]:
        """A list, each item with its number from 1."""
        return list(enumerate(self._typed(field, list, "a list"), 1))

    def names(self) -> tuple[str, ...]:
        """The names of all fields, for an object whose names are data."""
        return tuple(self._data)

    def _typed(self, field: str, kind: type[_T], words: str) -> _T:
        value = self.value(field)
        if not isinstance(value, kind):
            raise self._wrong(field, f"must be {words}", value)
        return value

    def _wrong(self, field: str, rule: str, value: object) -> BaselineError:
        return BaselineError(f"{self._where}: {field!r} {rule}, not {_show(value)}")


def text_problem(text: str) -> str | None:
    """Why a text may not be stored, or ``None``."""
    if not text:
        return "must not be empty"
    if is_absolute(text):
        return "must not be an absolute path (the file is shared between machines)"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "must be valid Unicode"
    return None


def line_problem(text: str) -> str | None:
    """Why a text may not be stored and shown as part of one line, or ``None``."""
    if any(unicodedata.category(one) in ("Cc", "Zl", "Zp") for one in text):
        return "must hold no line break and no other control character"
    return text_problem(text)


def is_absolute(text: str) -> bool:
    """Whether a text is an absolute path, of whatever system."""
    return _ABSOLUTE_PATH.match(text) is not None


def is_utc(text: str) -> bool:
    """Whether a text is laid out as `iso_utc` writes it."""
    return _UTC_SECONDS.fullmatch(text) is not None


def iso_utc(instant: float) -> str:
    """Unix seconds as ISO 8601 in UTC, whole seconds; `ValueError` outside 1970 to 9999."""
    if not 0 <= instant <= LATEST:
        raise ValueError(f"the time {instant!r} does not lie between 1970 and 9999")
    return datetime.fromtimestamp(round(instant), timezone.utc).isoformat()[:-6] + "Z"


def four_digits(value: float) -> float:
    """A number with four significant digits; `ValueError` when it is not of plausible size."""
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    rounded = float(f"{value:.4g}") + 0.0  # adding zero turns -0.0 into 0.0
    if abs(rounded) > LARGEST:
        raise ValueError(f"{value!r} is implausibly large")
    return rounded


def _show(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:  # nested just not deeply enough for the JSON parser to give up
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
