"""Whether two runs may be compared at all, and what else changed between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pytest_inferenergy.stats.runs import Run

PLACE = frozenset({"device"})
"""What a description says of the place: the machine profile and the card tell that better."""
CONSEQUENCES = frozenset({"parameters"})
"""What follows from the code under test, and may be why the energy changed."""


def changed_inputs(new: Run, old: Run) -> tuple[str, ...]:
    """What makes a comparison meaningless, in words; empty when nothing does.

    A digest, or a part of the description, that either run lacks cannot be told to differ. No
    locked clock is a state of its own.
    """
    found = other_work(_work(new), _work(old))
    found += _described(new, old)
    if old.locked_clock_mhz != new.locked_clock_mhz:
        found.append(f"locked clock {_clock(old)} → {_clock(new)}")
    return tuple(found)


class Work(NamedTuple):
    """What one call does, as far as two arms of a comparison have to agree on it."""

    input_digest: str | None
    inferences_per_call: int
    concurrency: int


def other_work(new: Work, old: Work) -> list[str]:
    """What two calls do differently, in words; an unknown digest cannot be told to differ."""
    found = []
    digests = (old.input_digest, new.input_digest)
    if None not in digests and digests[0] != digests[1]:
        found.append("other input data")
    for name, before, after in (
        ("inferences per call", old.inferences_per_call, new.inferences_per_call),
        ("concurrency", old.concurrency, new.concurrency),
    ):
        if before != after:
            found.append(f"{name} {before} → {after}")
    return found


def _work(run: Run) -> Work:
    return Work(run.input_digest, run.inferences_per_call, run.concurrency)


def _described(new: Run, old: Run) -> list[str]:
    """What the two descriptions say differently of the task, the model and how it is run."""
    names = new.description.keys() - PLACE - CONSEQUENCES
    if new.inferences_per_call != old.inferences_per_call:
        names -= {"batch_size"}  # the same said twice
    return _differences(new, old, names)


def _differences(new: Run, old: Run, names: Collection[str]) -> list[str]:
    """Of the parts of a description that both runs know, those that differ."""
    before, after = old.description, new.description
    return [
        f"{name} {before[name]} → {after[name]}"
        for name in sorted(names)
        if name in before and name in after and before[name] != after[name]
    ]


def other_card(new: Run, old: Run) -> bool:
    """Whether the two are known to have run on different cards."""
    return new.device is not None and old.device is not None and new.device != old.device


def comparable(new: Run, baseline: Sequence[Run]) -> list[Run]:
    """The stored runs with the inputs of the new one; those of its own card where there are any."""
    same = [run for run in baseline if not changed_inputs(new, run)]
    here = [run for run in same if not other_card(new, run)]
    return here or same


def also_changed(new: Run, old: Run) -> tuple[str, ...]:
    """Size of the model, driver, libraries and environment that differ.

    E.g. ``"torch 2.11.0 → 2.13.0"``. Unknown says nothing.
    """
    found = [*_differences(new, old, CONSEQUENCES), *_drivers(new, old)]
    if new.libraries and old.libraries:
        for name in sorted({*new.libraries, *old.libraries}):
            before, after = old.libraries.get(name), new.libraries.get(name)
            if before == after:
                continue
            if before is None:
                found.append(f"{name} {after} is new")
            elif after is None:
                found.append(f"{name} {before} is gone")
            else:
                found.append(f"{name} {before} → {after}")
    return (*found, *_versions(new.environment, old.environment))


def other_environment(new: Run, old: Run) -> tuple[str, ...]:
    """Driver, Python and package versions that are known to differ: what code in git is not."""
    libraries = _versions(new.libraries, old.libraries)
    return (*_drivers(new, old), *libraries, *_versions(new.environment, old.environment))


def _drivers(new: Run, old: Run) -> list[str]:
    differ = new.driver and old.driver and new.driver != old.driver
    return [f"driver {old.driver} → {new.driver}"] if differ else []


def _versions(new: Mapping[str, str], old: Mapping[str, str]) -> list[str]:
    """Versions of what both know."""
    names = sorted(new.keys() & old.keys())
    return [f"{name} {old[name]} → {new[name]}" for name in names if old[name] != new[name]]


def _clock(run: Run) -> str:
    return "none" if run.locked_clock_mhz is None else f"{run.locked_clock_mhz} MHz"
