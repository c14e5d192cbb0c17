"""Baselines whose tests are gone: renamed or deleted, and nothing is held against them any more."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.escaping import line

if TYPE_CHECKING:
    import pytest

    from pytest_inferenergy.session.collected import CollectedTests

MOST_LINES: Final = 5
"""So many are named in the last lines; the JSON results hold all of them."""

Gone = dict[str, list[str]]
"""By the slug of a machine, the node ids of its baselines that no test has."""
Unseen = tuple[Gone, bool]
"""Those of all machines, and whether no test is left of all that is stored."""


def unseen(config: pytest.Config, seen: CollectedTests, folder: Path) -> Unseen | None:
    """What is stored in a folder and has no test; ``None``: not every test was to be seen."""
    by_name = any("::" in argument for argument in config.args)
    some = by_name or config.getoption("lf", None) or config.getoption("energy_model", None)
    if some or seen.missing is not None or seen.part_ran or not folder.is_dir():
        return None
    from pytest_inferenergy.baselines.store import load_all

    try:
        stored = load_all(folder)
    except BaselineError:  # the tests that it belongs to fail by it
        return None
    found = {
        machine.profile.slug: sorted(
            test for test in machine.tests if not seen.exists(test, config.rootpath, folder)
        )
        for machine in stored
    }
    return found, any(found.values()) and all(
        len(found[machine.profile.slug]) == len(machine.tests) for machine in stored
    )


def gone(found: Unseen, measured: Iterable[Mapping[str, Any]], selected: int) -> Gone:
    """Those of the machines on which something was measured: elsewhere other tests may exist.

    Where no energy test is left at all, no machine is known: then all that is stored, if none of
    it has a test.
    """
    tests, all_of_it = found
    slugs = {outcome["slug"] for outcome in measured}
    if not selected and all_of_it:
        slugs = set(tests)
    return {slug: names for slug, names in tests.items() if names and slug in slugs}


def lines(found: Gone, new: Sequence[str], root: Path, folder: str | None) -> list[str]:
    """What to say of them, and what to type: at most `MOST_LINES` and one.

    ``new``: node ids of tests without a baseline, one of which may be the same test under another
    name; ``folder``: where the baselines lie, if the command has to be told.
    """
    where = "" if folder is None else f" --baselines {shlex.quote(folder)}"
    said: dict[str, None] = {}
    for tests in found.values():
        for old, count in _by_file(tests, root).items():
            what = f"baselines of {count} tests of " if count > 1 else "a baseline of "
            guess = _guess(old, new)
            said[line(
                f"no test any more: {what}{old}; if it was renamed: "
                f"inferenergy mv {shlex.quote(old)} {shlex.quote(guess)}{where}; if it is gone "
                "for good: pytest --energy-prune"
            )] = None  # fmt: skip
    told = list(said)
    more = len(told) - MOST_LINES
    return told[:MOST_LINES] + ([f"no test any more: {more} more"] if more > 0 else [])


def _by_file(tests: Sequence[str], root: Path) -> dict[str, int]:
    """Tests, where several are of one file that is gone that file; how many each stands for."""
    files: dict[str, list[str]] = {}
    for test in tests:
        files.setdefault(test.partition("::")[0], []).append(test)
    found: dict[str, int] = {}
    for file, those in files.items():
        if len(those) > 1 and not (root / file).exists():
            found[file] = len(those)
        else:
            found |= dict.fromkeys(those, 1)
    return found


def _guess(old: str, new: Sequence[str]) -> str:
    """The new test that is most like an old one, or where none is like it, ``NEW``."""
    names = new if "::" in old else sorted({test.partition("::")[0] for test in new})
    return next(iter(difflib.get_close_matches(old, names, n=1)), "NEW")


def option(folder: Path, config: pytest.Config) -> str | None:
    """A folder of baselines as the command takes it; ``None``: it looks there by itself."""
    here = config.invocation_params.dir
    if folder == here / "energy_baselines":
        return None
    try:
        return os.path.relpath(folder, here)
    except ValueError:  # another drive of Windows
        return str(folder)
