"""The lines of a baseline file: one run a line, so that reviews and merges see runs.

Both ways work on text alone: what stands in a line is read by whoever asks for it, and a line that
nobody touches is written as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from pytest_inferenergy.baselines import json_text

SCHEMA: Final = 1

T = TypeVar("T")

_HEAD: Final = re.compile(
    r"""\{\n(?:  "former_ids": \{\n(?P<former>(?: {4}".*\],?\n)+)  \},\n)?"""
    rf"""  "profile": (?P<profile>\{{.*\}}),\n  "schema": {SCHEMA},\n  "tests": \{{"""
    r"(?:\n|(?P<empty>\}\n\}\n))"
)
_KEY: Final = r'(?P<key>"(?:[^"\\]|\\.)*"): \{\n'
_TEST: Final = re.compile("    " + _KEY)
_NAME: Final = re.compile("      " + _KEY)
_HISTORY: Final = re.compile(
    r'        "anchor": (?P<anchor>\{.*\}),\n        "runs": \[\n'
    r"(?P<runs>(?: {10}\{.*\},\n)* {10}\{.*\})\n        \]\n      \}(?P<comma>,?)\n"
)
_TEST_END: Final = re.compile(r"    \}(?P<comma>,?)\n")

_RUN: Final = " " * 10


class HistoryText(NamedTuple):
    """One measurement: the JSON of its anchor, and of its runs as they stand in the file."""

    anchor: str
    runs: str

    @classmethod
    def of(cls, anchor: str, runs: Iterable[str]) -> HistoryText:
        """Lay the JSON of some runs out."""
        return cls(anchor, ",\n".join(f"{_RUN}{run}" for run in runs))


def run_lines(runs: str) -> list[str]:
    """The JSON of each run."""
    return [line[len(_RUN) :] for line in runs.split(",\n")]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole file, taken apart: the JSON of its profile, and by node id and name its histories."""

    profile: str
    tests: Mapping[str, Mapping[str, HistoryText]]
    former: Mapping[str, object] = field(default_factory=dict)
    """By node id, those that a test had before: parsed JSON."""


def lay_out(sheet: Sheet) -> str:
    """The text of a file: ASCII, keys sorted, a newline at the end."""
    head = ["{", *_former_lines(sheet.former), f'  "profile": {sheet.profile},']
    head.append(f'  "schema": {SCHEMA},')
    if not sheet.tests:
        return "\n".join([*head, '  "tests": {}', "}", ""])
    tests = _block("  ", '"tests"', (_test_lines(*item) for item in sorted(sheet.tests.items())))
    return "\n".join([*head, *tests, "}", ""])


def _former_lines(former: Mapping[str, object]) -> list[str]:
    """One renamed test a line; nothing where no test was renamed."""
    if not former:
        return []
    parts = ([f"    {json_text.line(k)}: {json_text.line(v)}"] for k, v in sorted(former.items()))
    return [*_block("  ", '"former_ids"', parts)[:-1], "  },"]


def _test_lines(nodeid: str, names: Mapping[str, HistoryText]) -> list[str]:
    key = json_text.line(nodeid)
    return _block("    ", key, (_history_lines(*item) for item in sorted(names.items())))


def _history_lines(name: str, history: HistoryText) -> list[str]:
    parts = [
        [f'        "anchor": {history.anchor}'],
        ['        "runs": [', history.runs, "        ]"],
    ]
    return _block("      ", json_text.line(name), iter(parts))


def _block(indent: str, key: str, parts: Iterator[list[str]]) -> list[str]:
    lines = [f"{indent}{key}: {{"]
    for part in parts:
        lines += part
        lines[-1] += ","
    lines[-1] = lines[-1][:-1]
    lines.append(f"{indent}}}")
    return lines


class _NotOursError(Exception):
    """A line is not where `lay_out` puts it."""


def take_apart(text: str) -> Sheet | None:
    """What `lay_out` wrote; ``None`` for a text laid out in any other way, whatever is in it."""
    head = _HEAD.match(text)
    if head is None or not text.isascii():
        return None
    former = json_text.loads(f"{{{head['former'] or ''}}}")
    if not isinstance(former, dict):
        return None
    if head["empty"] is not None:
        return Sheet(head["profile"], {}, former) if head.end() == len(text) else None
    try:
        tests, end = _keyed(text, head.end(), _TEST, _names)
    except _NotOursError:
        return None
    return Sheet(head["profile"], tests, former) if text[end:] == "  }\n}\n" else None


def _names(text: str, at: int) -> tuple[dict[str, HistoryText], int]:
    names, at = _keyed(text, at, _NAME, _history)
    return names, _expect(_TEST_END, text, at).start("comma")


def _history(text: str, at: int) -> tuple[HistoryText, int]:
    found = _expect(_HISTORY, text, at)
    return HistoryText(found["anchor"], found["runs"]), found.start("comma")


def _keyed(
    text: str, at: int, key: re.Pattern[str], take: Callable[[str, int], tuple[T, int]]
) -> tuple[dict[str, T], int]:
    """The members of an object, their keys ascending, and where the text goes on."""
    found: dict[str, T] = {}
    before, more = "", True
    while more:
        opening = _expect(key, text, at)
        name = str(json_text.loads(opening["key"]))
        if found and name <= before:
            raise _NotOursError
        found[name], at = take(text, opening.end())
        before, more = name, text[at] == ","
        at += 2 if more else 1
    return found, at


def _expect(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    found = pattern.match(text, at)
    if found is None:
        raise _NotOursError
    return found
