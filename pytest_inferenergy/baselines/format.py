"""The text of ``energy_baselines/<slug>.json``, both ways.

The file is made to be committed, reviewed and merged: ASCII, keys sorted, one run a line, four
significant digits, the newest 20 runs. Equal contents give equal bytes, and reading a file and
writing it again changes nothing. It holds no host name and no absolute path::

    {"former_ids": {NODE ID: [OLD NODE ID, ...]}, "profile": {...}, "schema": 1,
     "tests": {NODE ID: {NAME OR "": {"anchor": {...}, "runs": [{...}, ...]}}}}

``former_ids`` is there only where a test was renamed.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Container, Mapping
from typing import TypeVar

from pytest_inferenergy.baselines import json_text
from pytest_inferenergy.baselines.fields import Fields, text_problem
from pytest_inferenergy.baselines.history import (
    MOST_RUNS,
    Anchor,
    Baselines,
    History,
    StoredRuns,
)
from pytest_inferenergy.baselines.layout import (
    SCHEMA,
    HistoryText,
    Sheet,
    lay_out,
    run_lines,
    take_apart,
)
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import from_record, instant, level, time_of, to_line
from pytest_inferenergy.errors import BaselineError

T = TypeVar("T")


def parse(data: bytes, where: str) -> Baselines:
    """Read the bytes of a baseline file; `where` is its name, for messages.

    Raises `BaselineError` for anything but a baseline file of a schema that this version knows;
    the message says where in the file, what is wrong and what to do. In a file laid out as
    `serialise` writes it, a line that holds a run is first read when its test asks for it, and
    only then complained about.
    """
    with contextlib.suppress(ValueError):  # the strict reader says it better
        sheet = take_apart(json_text.text_of(data))
        if sheet is not None:
            return _with_advice(_from_sheet, sheet, where)
    try:
        document = json_text.decode(data)
    except ValueError as error:
        raise BaselineError(f"{where}: {error}. {_way_out(where)}") from None
    if not isinstance(document, dict) or "schema" not in document:
        raise BaselineError(
            f"{where}: this is JSON, but no baseline file of pytest-inferenergy (it has no "
            "'schema'). Move it out of the folder of baselines"
        )
    schema = document["schema"]
    if isinstance(schema, int) and schema > SCHEMA:
        raise BaselineError(
            f"{where}: written by a newer pytest-inferenergy (schema {schema}); "
            "upgrade: pip install -U pytest-inferenergy"
        )
    return _with_advice(_from_document, document, where)


def _with_advice(read: Callable[[T, str], Baselines], content: T, where: str) -> Baselines:
    try:
        return read(content, where)
    except BaselineError as error:
        raise BaselineError(f"{error}. {_way_out(where)}") from None


def serialise(baselines: Baselines) -> str:
    """The text of the file; `BaselineError` names the test and value that must not be stored.

    Runs that came from a file and that nobody touched are written as they were read.
    """
    # Nothing is written that could not be read again.
    where = f"{baselines.profile.slug}.json (not written)"
    profile = MachineProfile.from_dict(baselines.profile.as_dict(), f"{where}: profile")
    return lay_out(
        Sheet(
            json_text.line(profile.as_dict()),
            {
                _nodeid(nodeid, where): {
                    _name(name, label): _to_text(history, label)
                    for name, history in names.items()
                    for label in (f"{where}: {_label(nodeid, name)}",)
                }
                for nodeid, names in baselines.tests.items()
                if names
            },
            {
                nodeid: [_nodeid(old, where) for old in ids]
                for nodeid, ids in baselines.former.items()
                if ids and baselines.tests.get(nodeid)
            },
        )
    )


def _to_text(history: History, where: str) -> HistoryText:
    runs = _run_lines(history, where) if history.fresh else None
    anchor = {
        "joules_per_inference": level(history.anchor.log_joules, where, "anchor"),
        "time": instant(history.anchor.time, f"{where}, anchor"),
    }
    _from_anchor(anchor, f"{where}, anchor")
    text = json_text.line(anchor)
    if runs is None and history.stored is not None:
        return HistoryText(text, history.stored.text)
    return HistoryText.of(text, runs or ())


def _run_lines(history: History, where: str) -> list[str]:
    """The runs that are kept, as JSON, each once.

    By time, then by text: the order does not tell which side of a merge came first. A merge that
    kept both sides, or an accept typed twice, holds a run twice: it counts once.
    """
    lines = [to_line(run, f"{where}, run {n}") for n, run in enumerate(history.fresh, 1)]
    if history.stored is not None:
        lines += run_lines(history.stored.text)
    unlike = sorted({(time_of(line, where), line) for line in lines})
    return [line for _, line in unlike[-MOST_RUNS:]]


def _from_sheet(sheet: Sheet, where: str) -> Baselines:
    profile = MachineProfile.from_dict(json_text.loads(sheet.profile), f"{where}: profile")
    return Baselines(
        profile,
        {
            _nodeid(nodeid, where): {
                _name(name, where): _from_text(text, f"{where}: {_label(nodeid, name)}", where)
                for name, text in names.items()
            }
            for nodeid, names in sheet.tests.items()
        },
        _from_former(sheet.former, sheet.tests, where),
    )


def _from_text(text: HistoryText, label: str, where: str) -> History:
    anchor = _from_anchor(json_text.loads(text.anchor), f"{label}, anchor")
    return History(anchor, (), StoredRuns(text.runs, label, _way_out(where)))


def _from_document(document: object, where: str) -> Baselines:
    fields = Fields(document, where)
    if isinstance(fields.value("schema"), bool) or fields.value("schema") != SCHEMA:
        raise BaselineError(f"{where}: 'schema' must be {SCHEMA}")
    profile = MachineProfile.from_dict(fields.value("profile"), f"{where}: profile")
    tests = Fields(fields.value("tests"), f"{where}: tests")
    former = fields.value("former_ids") if fields.has("former_ids") else {}
    fields.finish()
    return Baselines(
        profile,
        {
            nodeid: _from_names(_nodeid(nodeid, where), tests.value(nodeid), where)
            for nodeid in tests.names()
        },
        _from_former(former, tests.names(), where),
    )


def _from_former(data: object, tests: Container[str], where: str) -> dict[str, tuple[str, ...]]:
    """Former ids by test, each once; those of a test that is not there (a merge) are dropped."""
    fields = Fields(data, f"{where}: former_ids")
    found = {nodeid: tuple(dict.fromkeys(fields.texts(nodeid))) for nodeid in fields.names()}
    return {nodeid: ids for nodeid, ids in found.items() if ids and nodeid in tests}


def _from_names(nodeid: str, data: object, where: str) -> Mapping[str, History]:
    names = Fields(data, f"{where}: test {nodeid!r}")
    if not names.names():
        raise BaselineError(f"{where}: test {nodeid!r} holds no measurement")
    return {
        _name(name, label): _from_history(names.value(name), label)
        for name in names.names()
        for label in (f"{where}: {_label(nodeid, name)}",)
    }


def _from_history(data: object, where: str) -> History:
    fields = Fields(data, where)
    anchor = _from_anchor(fields.value("anchor"), f"{where}, anchor")
    runs = fields.items("runs")
    fields.finish()
    if not runs:
        raise BaselineError(f"{where}: 'runs' must hold at least one run")
    return History(anchor, tuple(from_record(run, f"{where}, run {n}") for n, run in runs))


def _from_anchor(data: object, where: str) -> Anchor:
    fields = Fields(data, where)
    anchor = Anchor(math.log(fields.positive("joules_per_inference")), fields.instant("time"))
    fields.finish()
    return anchor


def _nodeid(nodeid: str, where: str) -> str:
    problem = text_problem(nodeid)
    if problem:
        raise BaselineError(f"{where}: the test id {nodeid!a} {problem}")
    return nodeid


def _name(name: str, where: str) -> str:
    problem = text_problem(name) if name else None
    if problem:
        raise BaselineError(f"{where}: the name {problem}")
    return name


def _label(nodeid: str, name: str) -> str:
    return f"test {nodeid!r}" + (f", measurement {name!r}" if name else "")


def _way_out(where: str) -> str:
    return (
        f"Restore the file (git checkout -- {where}), or delete it and measure its tests again "
        "with --energy-update"
    )
