"""What is written to the terminal: the table, and the closing line that is always there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from pytest_inferenergy.escaping import line
from pytest_inferenergy.measure.unmeasured import PASSED_OVER
from pytest_inferenergy.report.against import summary
from pytest_inferenergy.report.document import shown
from pytest_inferenergy.report.remarks import remarks
from pytest_inferenergy.report.table import by_turns, measured_on, notes, table, unmeasured
from pytest_inferenergy.session.ending import document_of

if TYPE_CHECKING:
    from pytest_inferenergy.session.session import EnergySession


LEAST_SECONDS = 1.5
"""Three windows of half a second are measured whatever the limit is."""


def write_report(terminal: pytest.TerminalReporter, session: EnergySession) -> None:
    """The table of ``--energy-report``."""
    if not session.outcomes and not session.comparisons:
        return
    terminal.section("energy report", "-")
    outcomes = [shown(outcome) for outcome in session.outcomes]
    if outcomes:
        # line by line: of what an encoding lacks a character, pytest escapes the line ends, too
        _write(terminal, table(outcomes, _room(terminal)).split("\n"))
        if (where := measured_on(outcomes)) is not None:
            _write(terminal, [where])
    _write(terminal, [by_turns(turns) for turns in session.comparisons])
    settings = session.settings
    carbon = None if settings.carbon is None else settings.carbon.as_data()
    equivalents = [each.as_data() for each in settings.equivalents]
    _write(terminal, [*notes(outcomes), *remarks(outcomes, carbon, equivalents)])


def _write(terminal: pytest.TerminalReporter, texts: Iterable[str], **markup: bool) -> None:
    """Each text on a line of its own."""
    for text in texts:
        terminal.write_line(line(text), **markup)


def _room(terminal: pytest.TerminalReporter) -> int | None:
    """Characters in a line, where they are known: a log that nobody looks at live has no width."""
    known = terminal.isatty or "COLUMNS" in os.environ
    return terminal._tw.fullwidth if known else None


def write_summary(terminal: pytest.TerminalReporter, session: EnergySession) -> None:
    """The last line above pytest's own, whenever an energy test was selected."""
    problems = [" ".join(problem.split("\n")) for problem in session.problems]
    _write(terminal, [f"energy: ERROR: {problem}" for problem in problems], red=True)
    _write(terminal, [f"energy: {written}" for written in session.written])
    outcomes = session.outcomes
    if not session.settings.report:
        nothing = all(o["state"] != "measured" for o in outcomes)  # one reason for all of them
        named = [o for o in outcomes if not nothing or PASSED_OVER in o["flags"]]
        _write(terminal, [f"energy: {told}" for told in unmeasured(named)])
    seconds = session.settings.max_seconds
    if seconds < LEAST_SECONDS and any(o["state"] == "measured" for o in outcomes):
        floor = f"below the floor of {LEAST_SECONDS:g} s: three windows were measured in any case"
        _write(terminal, [f"energy: --energy-max-seconds {seconds:g} is {floor}"])
    against = summary(outcomes)
    if against is not None:
        _write(terminal, [f"energy: {against}"])
    if os.environ.get("GITHUB_ACTIONS") and not (session.silent or session.follows):
        from pytest_inferenergy.report.github import actions_lines

        for command in actions_lines(document_of(session), terminal.config.rootpath):
            terminal.write_line(command)
    if session.selected:
        _write(terminal, [session.summary()])
