"""What is written to the terminal: the table, and the closing line that is always there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_inferenergy.reporting.against import summary
from pytest_inferenergy.reporting.table import by_turns, notes, table, unmeasured

if TYPE_CHECKING:
    import pytest

    from pytest_inferenergy.session import EnergySession


def write_report(terminal: pytest.TerminalReporter, session: EnergySession) -> None:
    """The table of ``--energy-report``."""
    if not session.outcomes and not session.comparisons:
        return
    terminal.section("energy report", "-")
    if session.outcomes:
        terminal.write_line(table(session.outcomes))
    for turns in session.comparisons:
        terminal.write_line(by_turns(turns))
    for line in (*notes(session.outcomes), *_below_the_table(session)):
        terminal.write_line(line)


def _below_the_table(session: EnergySession) -> list[str]:
    """What stands below the table: the study's ranks, and what settings ask for."""
    carbon, equivalents = session.settings.carbon, session.settings.equivalents
    lines = []
    if any(outcome.get("study") is not None for outcome in session.outcomes):
        from pytest_inferenergy.reporting.study import study_lines

        lines += study_lines(session.outcomes)
    if carbon is not None:
        from pytest_inferenergy.carbon import carbon_line

        lines.append(carbon_line(carbon.as_data()))
    if equivalents:
        from pytest_inferenergy.reporting.equivalents import equivalent_lines

        lines += equivalent_lines(session.outcomes, [each.as_data() for each in equivalents])
    return lines


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
    if session.selected:
        terminal.write_line(session.summary())
