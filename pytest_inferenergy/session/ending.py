"""The end of a run, on the controller: baselines and reports are written.

What cannot be written is a problem of the session, said in the last lines, and not a traceback.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.settings import as_data, told

if TYPE_CHECKING:
    from pytest_inferenergy.baselines.history import Baselines
    from pytest_inferenergy.session.session import EnergySession


def finish(session: EnergySession) -> None:
    """Write baselines and results; what fails becomes a problem, not a traceback."""
    if session.follows:
        session.written.append("measured by rank 0 of this job, which alone writes files")
        return
    if session.settings.update or session.settings.accept:
        _attempt(session, _write_baselines)
    if session.settings.prune:
        _attempt(session, _prune)
    _find_gone(session)
    if not session.silent:
        _write_reports(session)


def _attempt(session: EnergySession, step: Callable[[EnergySession], None]) -> None:
    try:
        step(session)
    except InferenergyError as error:
        session.problems.append(str(error))


def _write_baselines(session: EnergySession) -> None:
    from pytest_inferenergy.baselines.evidence import store

    root = session.config.rootpath
    done = store(session.outcomes, session.settings.baselines, accept=session.settings.accept)
    session.problems += done.problems
    session.written += [
        f"baselines written: {count} in {told(path, root)}" for path, count in done.written
    ]


def _prune(session: EnergySession) -> None:
    from pytest_inferenergy.baselines.change import prune
    from pytest_inferenergy.baselines.store import load_all, path_of, update

    seen, root = session.collected, session.config.rootpath
    folder = session.settings.baselines
    missing = seen.missing
    if missing is not None:
        session.problems.append(
            f"--energy-prune did nothing: {missing}, and a test that was not seen may still "
            "exist; collect all tests"
        )
        return

    def keep(stored: Baselines) -> Baselines:
        return prune(
            stored, {nodeid for nodeid in stored.tests if seen.exists(nodeid, root, folder)}
        )

    for stored in load_all(folder):
        kept = update(folder, stored.profile, keep)
        gone = len(stored.tests) - len(kept.tests)
        if gone > 0:
            path = path_of(folder, stored.profile)
            session.written.append(f"baselines pruned: {gone} in {told(path, root)}")


def _find_gone(session: EnergySession) -> None:
    """Name the baselines of this machine that have no test; under strict the run fails by them."""
    settings, config = session.settings, session.config
    if session.silent or not settings.baselines.is_dir():
        return
    from pytest_inferenergy.session.gone import gone, lines, option, unseen

    found = session.unseen
    if session.run_uid is None:
        found = unseen(config, session.collected, settings.baselines)
    if found is None or session.collected.part_ran:
        return
    measured = [outcome for outcome in session.outcomes if outcome["state"] == "measured"]
    session.gone = gone(found, measured, session.selected)
    new = [outcome["nodeid"] for outcome in measured if outcome["verdict"] == "new"]
    folder = option(settings.baselines, config)
    strict = settings.strict and settings.gate != "off"
    said = session.problems if strict else session.written
    said += lines(session.gone, new, config.rootpath, folder)


def document_of(session: EnergySession) -> dict[str, Any]:
    """The results of the run, which every report is made from; made once, at its end."""
    if session.document is None:
        session.document = _document(session)
    return session.document


def _document(session: EnergySession) -> dict[str, Any]:
    from pytest_inferenergy.report.document import results_document

    document = results_document(
        session.outcomes,
        session.comparisons,
        settings=as_data(session.settings, session.config.rootpath),
        summary=session.summary(),
        problems=session.problems,
        gone=session.gone,
        carbon=None if session.settings.carbon is None else session.settings.carbon.as_data(),
        against=session.notes or None,
    )
    try:
        session.config.hook.pytest_energy_json(config=session.config, document=document)
    except Exception as error:  # what was measured must not be lost by it
        session.problems.append(f"pytest_energy_json of a plugin failed: {error!r}")
    return document


def _write_reports(session: EnergySession) -> None:
    from pytest_inferenergy.report.outputs import KINDS

    for kind in KINDS:
        path = getattr(session.settings, kind)
        if path is not None:
            _attempt(session, functools.partial(_write, kind=kind, path=path))
    if os.environ.get("GITHUB_STEP_SUMMARY") and (session.outcomes or session.comparisons):
        from pytest_inferenergy.report.github import append_summary

        fault = append_summary(document_of(session))
        if fault is not None:  # nobody asked for it: no reason to fail the run
            session.written.append(fault)


def _write(session: EnergySession, kind: str, path: Path) -> None:
    from pytest_inferenergy.report.files import write
    from pytest_inferenergy.report.outputs import SPOILT, text_of

    try:
        text = text_of(kind, document_of(session))
    except SPOILT as error:
        raise InferenergyError(
            f"--energy-{kind}: a plugin spoilt the results (pytest_energy_json): {error}"
        ) from error
    write(path, text, f"--energy-{kind}")
