"""What outcomes do to the stored baselines: one rule for the run itself and for its artefact.

``--energy-update`` and ``--energy-accept`` apply it at the end of a run, ``inferenergy accept`` to
the results that a run left behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pytest_inferenergy.baselines.change import join, restart
from pytest_inferenergy.baselines.fields import iso_utc
from pytest_inferenergy.baselines.format import serialise
from pytest_inferenergy.baselines.history import MOST_RUNS, Baselines
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import from_record
from pytest_inferenergy.baselines.store import path_of, update
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.stats.verdict import not_gated

Step = Literal["join", "restart"]
LEEWAY = 86_400.0
"""Seconds that a run may lie in the future: clocks of machines differ, by a time zone at most."""
JOINS = ("new", "passed")
"""With these verdicts a run joins the list; any other begins a new one, where it is accepted."""


@dataclass(frozen=True)
class StoreResult:
    """What became of the baselines."""

    written: list[tuple[Path, int]] = field(default_factory=list)
    """The files, and how many measurements each took in."""
    problems: list[str] = field(default_factory=list)
    """Why a file could not be written, and is as it was, or why an outcome could not be stored."""
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    """The outcomes that are stored."""


def refusal(outcome: Mapping[str, Any], *, accept: bool) -> str | None:
    """Why an outcome may not be stored; ``None``: it may.

    Nothing of a test that did not pass is ever stored. ``accept``: changed levels may be.
    """
    if outcome["state"] != "measured":
        return f"not measured: {outcome['reason']}"
    if outcome["test_outcome"] != "passed":
        rerun = outcome["test_outcome"] == "rerun"
        return "the test passed in a rerun" if rerun else f"the test {outcome['test_outcome']}"
    if outcome["broken_baseline"] is not None:
        return f"its baseline is broken: {outcome['broken_baseline']}"
    doubt = not_gated(outcome["flags"])
    if doubt is not None:
        return doubt
    if joins(outcome) or accept:
        return None
    moved = "level_moved" in outcome["flags"]
    return f"{'regressed against stored runs' if moved else outcome['verdict']}, and not accepted"


def joins(outcome: Mapping[str, Any]) -> bool:
    """Whether a run joins the stored ones: not one that they call regressed."""
    return outcome["verdict"] in JOINS and "level_moved" not in outcome["flags"]


def evidence(outcome: Mapping[str, Any], *, accept: bool) -> Step | None:
    """What an outcome does to its baseline: it joins the list, begins a new one, or nothing."""
    if refusal(outcome, accept=accept) is not None:
        return None
    return "join" if joins(outcome) else "restart"


def changed(stored: Baselines, outcomes: Iterable[Mapping[str, Any]], *, accept: bool) -> Baselines:
    """What is stored once these outcomes of its machine are in it."""
    for outcome in outcomes:
        step = {"join": join, "restart": restart}.get(evidence(outcome, accept=accept) or "")
        if step is not None:
            run = from_record(outcome["run"], outcome["nodeid"])
            stored = step(stored, outcome["nodeid"], outcome["name"] or "", run)
    return stored


def by_machine(
    outcomes: Iterable[Mapping[str, Any]], *, accept: bool
) -> dict[MachineProfile, list[Mapping[str, Any]]]:
    """The outcomes that may be stored, by the machine they were measured on."""
    found: dict[MachineProfile, list[Mapping[str, Any]]] = {}
    for outcome in outcomes:
        if evidence(outcome, accept=accept) is not None:
            profile = MachineProfile.from_dict(outcome["profile"])
            found.setdefault(profile, []).append(outcome)
    return found


def store(
    outcomes: Iterable[Mapping[str, Any]],
    folder: Path,
    *,
    accept: bool,
    follow_links: bool = True,
) -> StoreResult:
    """Write what may be stored, one file a machine; what fails does not stop the others.

    ``follow_links``: whether a file of baselines may be a link to where it is kept.
    """
    done = StoreResult()
    for profile, those in by_machine(outcomes, accept=accept).items():
        adding = _Adding(those, accept)
        try:
            update(folder, profile, adding.to, follow_links=follow_links)
        except BaselineError as error:
            done.problems.append(str(error))
            continue
        done.problems.extend(adding.problems)
        if adding.taken:
            done.written.append((path_of(folder, profile), len(adding.taken)))
            done.taken.extend(adding.taken)
    return done


class _Adding:
    """The outcomes of one machine on their way into its baselines, each by itself."""

    def __init__(self, outcomes: Iterable[Mapping[str, Any]], accept: bool) -> None:
        self._outcomes, self._accept = outcomes, accept
        self.taken: list[Mapping[str, Any]] = []
        self.problems: list[str] = []

    def to(self, stored: Baselines) -> Baselines:
        """What is stored with all of them in it that can be stored."""
        for outcome in self._outcomes:
            try:
                stored = _with(stored, outcome, accept=self._accept)
            except BaselineError as error:
                self.problems.append(f"not stored: {error}")
            else:
                self.taken.append(outcome)
        return stored


def _with(stored: Baselines, outcome: Mapping[str, Any], *, accept: bool) -> Baselines:
    """What is stored with one more outcome in it; `BaselineError` where it cannot be stored."""
    nodeid, name = outcome["nodeid"], outcome["name"] or ""
    label = f"{nodeid} {name}".rstrip()
    run = from_record(outcome["run"], label)
    horizon = time.time() + LEEWAY
    if run.time > horizon:
        raise BaselineError(
            f"{label}: its run is dated {iso_utc(run.time)}, and here it is "
            f"{iso_utc(time.time())}: set the clock of the machine that is wrong"
        )
    known = stored.history(nodeid, name)
    runs = () if known is None else known.runs
    ahead = [run.time for run in runs if run.time > horizon]
    if ahead and len(runs) == MOST_RUNS and evidence(outcome, accept=accept) == "join":
        raise BaselineError(
            f"{label}: {len(ahead)} of its {MOST_RUNS} stored runs are dated in the future, up to "
            f"{iso_utc(max(ahead))}, and would outlast every new one: set this machine's clock if "
            f"it is wrong, else delete the lines of these runs from {stored.profile.slug}.json"
        )
    after = changed(stored, [outcome], accept=accept)
    history = after.history(nodeid, name)
    if history is not None:
        serialise(Baselines(stored.profile, {nodeid: {name: history}}))  # or it is refused alone
    return after
