"""The text of ``energy_baselines/<slug>.json``, both ways.

The file is made to be committed, reviewed and merged: ASCII, keys sorted, one run a line, four
significant digits, the newest 20 runs. Equal contents give equal bytes, and reading a file and
writing it again changes nothing. It holds no host name and no absolute path::

    {"profile": {...}, "schema": 1,
     "tests": {NODE ID: {NAME OR "": {"anchor": {...}, "runs": [{...}, ...]}}}}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from pytest_inferenergy.baselines import json_text
from pytest_inferenergy.baselines.fields import Fields, text_problem
from pytest_inferenergy.baselines.history import Anchor, Baselines, History, newest
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import from_record, instant, level, to_record
from pytest_inferenergy.errors import BaselineError

SCHEMA: Final = 1


def parse(data: bytes, where: str) -> Baselines:
    """Read the bytes of a baseline file; `where` is its name, for messages.

    Raises `BaselineError` for anything but a baseline file of a schema that this version knows;
    the message says where in the file, what is wrong and what to do.
    """
    try:
        document = json_text.decode(data)
    except ValueError as error:
        raise BaselineError(f"{where}: {error}.\n{_way_out(where)}") from None
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
    try:
        return _from_document(document, where)
    except BaselineError as error:
        raise BaselineError(f"{error}.\n{_way_out(where)}") from None


def serialise(baselines: Baselines) -> str:
    """The text of the file; `BaselineError` names the test and value that must not be stored."""
    document = {
        "schema": SCHEMA,
        "profile": baselines.profile.as_dict(),
        "tests": {
            nodeid: {
                name: _to_history(history, _label(nodeid, name)) for name, history in names.items()
            }
            for nodeid, names in baselines.tests.items()
            if names
        },
    }
    # Nothing is written that could not be read again.
    _from_document(document, f"{baselines.profile.slug}.json (not written)")
    return json_text.encode(document)


def _from_document(document: object, where: str) -> Baselines:
    fields = Fields(document, where)
    if isinstance(fields.value("schema"), bool) or fields.value("schema") != SCHEMA:
        raise BaselineError(f"{where}: 'schema' must be {SCHEMA}")
    profile = MachineProfile.from_dict(fields.value("profile"), f"{where}: profile")
    tests = Fields(fields.value("tests"), f"{where}: tests")
    fields.finish()
    return Baselines(
        profile,
        {nodeid: _from_names(nodeid, tests.value(nodeid), where) for nodeid in tests.names()},
    )


def _from_names(nodeid: str, data: object, where: str) -> Mapping[str, History]:
    problem = text_problem(nodeid)
    if problem:
        raise BaselineError(f"{where}: the test id {nodeid!a} {problem}")
    names = Fields(data, f"{where}: test {nodeid!r}")
    if not names.names():
        raise BaselineError(f"{where}: test {nodeid!r} holds no measurement")
    return {
        name: _from_history(name, names.value(name), f"{where}: {_label(nodeid, name)}")
        for name in names.names()
    }


def _from_history(name: str, data: object, where: str) -> History:
    problem = text_problem(name) if name else None
    if problem:
        raise BaselineError(f"{where}: the name {problem}")
    fields = Fields(data, where)
    anchor = _from_anchor(fields.value("anchor"), f"{where}, anchor")
    runs = fields.items("runs")
    fields.finish()
    if not runs:
        raise BaselineError(f"{where}: 'runs' must hold at least one run")
    return History(anchor, newest(from_record(run, f"{where}, run {n}") for n, run in runs))


def _from_anchor(data: object, where: str) -> Anchor:
    fields = Fields(data, where)
    anchor = Anchor(math.log(fields.positive("joules_per_inference")), fields.instant("time"))
    fields.finish()
    return anchor


def _to_history(history: History, where: str) -> dict[str, Any]:
    records = [to_record(run, f"{where}, run {n}") for n, run in enumerate(newest(history.runs), 1)]
    # By time, then by text: the order does not tell which side of a merge came first.
    # A merge that kept both sides, or an accept typed twice, holds a run twice: it counts once.
    unlike = {(record["time"], json_text.encode(record)): record for record in records}
    return {
        "anchor": {
            "joules_per_inference": level(history.anchor.log_joules, where, "anchor"),
            "time": instant(history.anchor.time, f"{where}, anchor"),
        },
        "runs": [unlike[key] for key in sorted(unlike)],
    }


def _label(nodeid: str, name: str) -> str:
    return f"test {nodeid!r}" + (f", measurement {name!r}" if name else "")


def _way_out(where: str) -> str:
    return (
        f"Restore the file (git checkout -- {where}), or delete it and measure its tests again "
        "with --energy-update"
    )
