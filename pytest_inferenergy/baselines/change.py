"""Changes to baselines: pure, and touching only the measurements named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.stats.runs import Run


def join(baselines: Baselines, nodeid: str, name: str, run: Run) -> Baselines:
    """Add evidence: the run joins the list of its measurement (``--energy-update``)."""
    known = baselines.history(nodeid, name)
    if known is None:
        return restart(baselines, nodeid, name, run)
    return _with(baselines, nodeid, name, replace(known, fresh=(*known.fresh, run)))


def restart(baselines: Baselines, nodeid: str, name: str, run: Run) -> Baselines:
    """Accept a new level: the list begins anew with this run, its anchor stays."""
    known = baselines.history(nodeid, name)
    if known is None:
        anchor = Anchor(run.log_joules, run.time)
    else:
        anchor = known.anchor
        _ = known.runs  # what cannot be read is not thrown away
    return _with(baselines, nodeid, name, History(anchor, (run,)))


def prune(baselines: Baselines, existing_nodeids: Collection[str]) -> Baselines:
    """Forget the tests that no longer exist; the names within a test that does are kept."""
    kept = frozenset(existing_nodeids)
    return replace(
        baselines,
        tests={test: names for test, names in baselines.tests.items() if test in kept},
        former={test: ids for test, ids in baselines.former.items() if test in kept},
    )


def _with(baselines: Baselines, nodeid: str, name: str, history: History) -> Baselines:
    names = {**baselines.tests.get(nodeid, {}), name: history}
    return replace(baselines, tests={**baselines.tests, nodeid: names})
