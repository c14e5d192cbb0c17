"""What is written to the terminal: the table, and the closing line that is always there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_inferenergy.reporting.against import summary
from pytest_inferenergy.reporting.remarks import remarks
from pytest_inferenergy.reporting.table import by_turns, notes, table, unmeasured
from pytest_inferenergy.session.ending import document_of

if TYPE_CHECKING:
    from pytest_inferenergy.session.session import EnergySession


def write_report(terminal: pytest.TerminalReporter, session: EnergySession) -> None:
    """The table of ``--energy-report``."""
    if not session.outcomes and not session.comparisons:
        return
    terminal.section("energy report", "-")
    if session.outcomes:
        # line by line: of what an encoding lacks a character, pytest escapes the line ends, too
        for line in table(session.outcomes, _room(terminal)).splitlines():
            terminal.write_line(line)
    for turns in session.comparisons:
        terminal.write_line(by_turns(turns))
    settings = session.settings
    carbon = None if settings.carbon is None else settings.carbon.as_data()
    equivalents = [each.as_data() for each in settings.equivalents]
    for line in (*notes(session.outcomes), *remarks(session.outcomes, carbon, equivalents)):
        terminal.write_line(line)


def _room(terminal: pytest.TerminalReporter) -> int | None:
    """Characters in a line, where they are known: a log that nobody looks at live has no width."""
    known = terminal.isatty or "COLUMNS" in os.environ
    return terminal._tw.fullwidth if known else None


def write_summary(terminal: pytest.TerminalReporter, session: EnergySession) -> None:
    """The last line above pytest's own, whenever an energy test was selected."""
    for problem in session.problems:
        terminal.write_line(f"energy: ERROR: {problem}", red=True)
    for written in session.written:
        terminal.write_line(f"energy: {written}")
    outcomes = session.outcomes
    if not session.settings.report and any(o["state"] == "measured" for o in outcomes):
        for line in unmeasured(outcomes):
            terminal.write_line(f"energy: {line}")
    against = summary(outcomes)
    if against is not None:
        terminal.write_line(f"energy: {against}")
    if os.environ.get("GITHUB_ACTIONS") and not (session.silent or session.follows):
        from pytest_inferenergy.reporting.github import actions_lines

        for line in actions_lines(document_of(session), terminal.config.rootpath):
            terminal.write_line(line)
    if session.selected:
        terminal.write_line(session.summary())
