"""A test gets another node id and keeps its baselines. Pure.

A renamed test is renamed by its id, all tests of a class, a file or a folder by what their ids
begin with; a test stands for all of its parameters, too.
"""

from __future__ import annotations

import posixpath

from pytest_inferenergy.baselines.fields import line_problem
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.errors import BaselineError


def renames(baselines: Baselines, old: str, new: str) -> dict[str, str]:
    """The present node ids that ``old`` stands for, and what each becomes; empty: there is none.

    Raises `BaselineError` where ``new`` makes no node id of them.
    """
    found = {}
    for nodeid in baselines.tests:
        rest = _rest(nodeid, old)
        if rest is None:
            continue
        found[nodeid] = new + rest
        if "::" in nodeid and "::" not in found[nodeid]:
            raise BaselineError(
                f"{new!r} names no test, and {old!r} does: write FILE::TEST, as pytest does"
            )
    return found


def rename(baselines: Baselines, names: dict[str, str]) -> Baselines:
    """Rename tests, each of which keeps its old id for look-ups at an older commit.

    Raises `BaselineError` where two tests would have the same id.
    """
    stay = baselines.tests.keys() - names.keys()
    taken = sorted(new for new in names.values() if new in stay)
    if taken:
        old = next(old for old, new in names.items() if new == taken[0])
        raise BaselineError(
            f"{baselines.profile.slug}.json: {taken[0]!r} has baselines of its own beside those of "
            f"{old!r}; to keep the new ones: pytest --energy-prune; to keep the old ones, take the "
            "new ones out of the file first"
        )
    former = {names.get(nodeid, nodeid): ids for nodeid, ids in baselines.former.items()}
    for old, new in names.items():
        known = dict.fromkeys((*baselines.former.get(old, ()), old))
        former[new] = tuple(nodeid for nodeid in known if nodeid != new)
    tests = {names.get(nodeid, nodeid): stored for nodeid, stored in baselines.tests.items()}
    return Baselines(baselines.profile, tests, {test: ids for test, ids in former.items() if ids})


def node_id(typed: str) -> str:
    """A node id, or the beginning of some, as baselines write it; `BaselineError` for none."""
    file, separator, test = typed.partition("::")
    file = posixpath.normpath(file.replace("\\", "/")) if file else ""
    if not file:
        raise BaselineError(f"the test id {typed!a} must begin with a file")
    problem = line_problem(file + separator + test)
    if problem is not None:
        raise BaselineError(f"{typed!a}: the test id {problem}")
    if file == "." or file.startswith(".."):
        raise BaselineError(f"the test id {typed!a} must lie below the rootdir")
    return file + separator + test


def _rest(nodeid: str, old: str) -> str | None:
    """What of a node id follows ``old``; ``None`` where it is no test of it."""
    if not nodeid.startswith(old):
        return None
    rest = nodeid[len(old) :]
    _, separator, test = old.partition("::")
    if "[" in test:  # parameters are a test's last part, whatever is in them
        return None if rest else rest
    return rest if not rest or rest.startswith(("::", "[") if separator else ("::", "/")) else None
