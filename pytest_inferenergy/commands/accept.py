"""``inferenergy accept``: baselines from the results of a run elsewhere, as ``--energy-accept``."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pytest_inferenergy.baselines.evidence import by_machine, changed, evidence, refusal, store
from pytest_inferenergy.baselines.fields import Fields
from pytest_inferenergy.baselines.format import serialise
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.baselines.run_record import from_record
from pytest_inferenergy.baselines.store import load
from pytest_inferenergy.commands.documents import read_results
from pytest_inferenergy.commands.keyword import compile_expression, names_of
from pytest_inferenergy.errors import BaselineError, DocumentError, UnstorableError
from pytest_inferenergy.gate import judge
from pytest_inferenergy.report.table import full_label
from pytest_inferenergy.stats.decide import decide

USUAL_FOLDER: Final = "energy_baselines"


@dataclass(frozen=True, slots=True)
class Accepting:
    """What the gate is told: the run is to be judged as if it had been given --energy-accept."""

    strict: bool
    update: bool = False
    accept: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the measurements chosen."""

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    count: int
    """Measurements that were stored."""


def accept(path: Path, folder: Path | None, expression: str | None) -> Accepted:
    """Store what ``--energy-accept`` would have stored, had the run been given it.

    Raises `DocumentError` for results that cannot be used; then nothing is written.
    """
    document = read_results(path)
    target = folder or _usual_folder(document, path)
    chosen = _chosen(document["measurements"], expression, path)
    strict = bool((document.get("settings") or {}).get("strict"))
    try:
        for outcome in chosen:
            _check(outcome)
        outcomes = [_as_stored(o, target) for o in as_accepted(chosen, strict)]
        for profile, those in by_machine(outcomes, accept=True).items():
            for outcome in those:  # broken ones must not half be written
                with contextlib.suppress(UnstorableError):  # which is named, and left out
                    serialise(changed(Baselines(profile), [outcome], accept=True))
    except (BaselineError, ValueError) as error:
        raise DocumentError(f"{path}: {error}") from None
    done = store(outcomes, target, accept=True, follow_links=False)
    lines = [_written(file, count) for file, count in done.written]
    lines += _begun(done.taken)
    lines += [_left_out(o, why) for o in outcomes if (why := refusal(o, accept=True)) is not None]
    return Accepted(tuple(lines), tuple(done.problems), sum(n for _, n in done.written))


def _check(outcome: Mapping[str, Any]) -> None:
    """Raise `BaselineError` where what the gate looks at is not as a run writes it."""
    fields = Fields(outcome, full_label(outcome["nodeid"], outcome["name"]))
    for nullable in ("broken_baseline", "reason"):
        if fields.value(nullable) is not None and not isinstance(outcome[nullable], str):
            raise BaselineError(f"{outcome['nodeid']}: {nullable!r} must be a text or null")
    fields.text("test_outcome")
    if outcome["state"] != "measured":
        return
    fields.truth("failed_by_gate")
    if not all(isinstance(flag, str) for _, flag in fields.items("flags")):
        raise BaselineError(f"{outcome['nodeid']}: 'flags' must be a list of texts")
    fields.text("gate")
    fields.texts("flags")
    if fields.value("budget") is not None:
        Fields(outcome["budget"], f"{outcome['nodeid']}: budget").text("word")
    if outcome.get("against") is not None:
        Fields(outcome["against"], f"{outcome['nodeid']}: against").text("state")
    margins = Fields(outcome["details"], f"{outcome['nodeid']}: details")
    margins.not_negative("tolerance")
    margins.not_negative("must_detect")


def as_accepted(outcomes: Sequence[Mapping[str, Any]], strict: bool) -> list[dict[str, Any]]:
    """The outcomes with the test outcome that ``--energy-accept`` would have given them.

    A test that failed by its energy alone would have passed, unless a budget or ``strict`` fails
    what accepting cannot change; a test that failed otherwise stays what it is.
    """
    tests: dict[str, list[Mapping[str, Any]]] = {}
    for outcome in outcomes:
        tests.setdefault(outcome["nodeid"], []).append(outcome)
    found = []
    for outcome in outcomes:
        those = tests[outcome["nodeid"]]
        by_gate = all(o.get("failed_by_gate") and o["test_outcome"] == "failed" for o in those)
        stands = [cause for o in those for cause in _failing(o, strict)]
        if by_gate and stands:
            found.append({**outcome, "test_outcome": f"failed: {', '.join(sorted(set(stands)))}"})
        else:
            found.append({**outcome} | ({"test_outcome": "passed"} if by_gate else {}))
    return found


def _failing(outcome: Mapping[str, Any], strict: bool) -> tuple[str, ...]:
    judgement = judge(outcome, Accepting(strict))
    return judgement.causes if judgement.effect == "fail" else ()


def _as_stored(outcome: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The outcome judged by what is stored here, which may be more than its run knew of.

    A verdict by turns with a revision stands: it is sharper than what stored runs can say.
    """
    by_turns = (outcome.get("against") or {}).get("state") == "turns"
    if by_turns or evidence(outcome, accept=True) != "join":
        return outcome
    profile = MachineProfile.from_dict(outcome["profile"])
    try:
        run = from_record(outcome["run"], outcome["nodeid"])
    except UnstorableError:
        return outcome
    stored = load(folder, profile)
    known = None if stored is None else stored.history(outcome["nodeid"], outcome["name"] or "")
    if known is None or run in known.runs:
        return outcome
    details = outcome["details"]
    verdict = decide(
        run,
        known.runs,
        tolerance=details["tolerance"],
        must_detect=details["must_detect"],
        estimated=outcome["source"] == "estimated",
        waits=profile.waits,
        pace_counts="ignored" if "pace_ignored" in outcome["flags"] else "gated",
    )
    return outcome | {"verdict": verdict.verdict}


def _chosen(
    outcomes: Sequence[Mapping[str, Any]], expression: str | None, path: Path
) -> list[Mapping[str, Any]]:
    if expression is None:
        chosen = list(outcomes)
    else:
        holds = compile_expression(expression)
        chosen = [o for o in outcomes if holds(names_of(o["nodeid"], o["name"]))]
    if not chosen:
        which = "" if expression is None else f" that -k {expression!r} chooses"
        raise DocumentError(f"{path}: holds no measurement{which}")
    return chosen


def _usual_folder(document: Mapping[str, Any], path: Path) -> Path:
    """``energy_baselines`` here, unless the run had its baselines elsewhere."""
    told = (document.get("settings") or {}).get("baselines")
    name = str(told).replace("\\", "/").rstrip("/").rpartition("/")[2] if told else USUAL_FOLDER
    if name != USUAL_FOLDER:
        raise DocumentError(
            f"{path}: its run kept baselines in a folder {name!r}; say where that is here: "
            "--baselines DIR"
        )
    return Path(USUAL_FOLDER)


def _written(file: Path, count: int) -> str:
    return f"baselines written: {count} in {file}"


def _begun(outcomes: Iterable[Mapping[str, Any]]) -> list[str]:
    new = [o for o in outcomes if evidence(o, accept=True) == "restart"]
    words = Counter(str(o["verdict"]) for o in new)
    lines = [f"new level: {full_label(o['nodeid'], o['name'])} ({o['verdict']})" for o in new]
    if words:
        told = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
        lines.append(f"{len(new)} began a new list of runs: {told}")
    return lines


def _left_out(outcome: Mapping[str, Any], why: str) -> str:
    return f"left out: {full_label(outcome['nodeid'], outcome['name'])}: {why}"
