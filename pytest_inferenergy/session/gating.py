"""What a measurement does to its test: nothing, a warning, a failure or a skip."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from pytest_inferenergy.errors import NothingMeasuredError
from pytest_inferenergy.escaping import line
from pytest_inferenergy.session.fixture import FAILED, KEPT, energy_of
from pytest_inferenergy.session.marker_form import idle_budget, unmeasured_reason, uses_fixture
from pytest_inferenergy.session.markers import marked
from pytest_inferenergy.session.session import BODY_PASSED, SESSION
from pytest_inferenergy.settings import Settings


class InferenergyWarning(pytest.PytestWarning):
    """A measurement that is in doubt, or a baseline that could not be written."""


def gate_test(item: pytest.Item) -> None:
    """After the test's own asserts: attach what was measured, then warn or fail."""
    session, kept = item.config.stash.get(SESSION, None), item.stash.get(KEPT, None)
    if session is None or (kept is not None and kept.has_failed):
        return
    asks = uses_fixture(item) or (kept is not None and kept.asked)
    if marked(item, "energy") and not asks and (kept is None or kept.empty):
        energy_of(item)._pass_over(unmeasured_reason(item))
        kept = item.stash[KEPT]
    if kept is None:
        budget = idle_budget(item)
        if budget is not None:
            pytest.fail(budget, pytrace=False)
        return
    strict = session.settings.strict and kept.empty
    also = ["energy was not measured: the test asks for `energy` and does not use it"]
    if kept.refused is not None and not kept.empty:
        pytest.fail(kept.refused, pytrace=False)
    gate_outcomes(item, kept.outcomes, session.settings, also if strict else [])


def gate_outcomes(
    item: pytest.Item,
    outcomes: Iterable[dict[str, Any]],
    settings: Settings,
    also: Iterable[str] = (),
) -> None:
    """Warn of outcomes, or fail by them and by what else is wrong (``also``).

    Each outcome is told what came of it.
    """
    from pytest_inferenergy.gate import gated, judge
    from pytest_inferenergy.report.message import message

    failures = []
    for outcome in outcomes:
        judgement = judge(outcome, settings)
        needed = judgement.effect != "pass"
        text = message(outcome, judgement.causes, _where(item.config)) if needed else None
        effect = judgement.effect
        outcome |= {"message": text, "gated": gated(outcome, effect, settings)}
        if remarks := remarks_on(item, outcome):
            outcome["notes"] = remarks
            if text is not None:
                text = "\n".join([text, *(line(f"  note: {remark}") for remark in remarks)])
                outcome["message"] = text
        if text is not None and effect == "warn":
            try:
                item.warn(InferenergyWarning(text))
            except InferenergyWarning:  # the user has warnings be errors
                effect = "fail"
        if text is not None and effect == "fail":
            failures.append(text)
        outcome["gated"] = gated(outcome, effect, settings)
    failures += also
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)


def _where(config: pytest.Config) -> list[str]:
    """The words of the command line that say where a level lies: its meter, its folder."""
    typed = ((name, config.getoption(f"energy_{name}")) for name in ("meter", "baselines"))
    return [f"--energy-{name}={value}" for name, value in typed if value is not None]


def remarks_on(item: pytest.Item, outcome: Mapping[str, Any]) -> list[str]:
    """What other plugins say of a measurement that was judged."""
    if item.config.stash[SESSION].silent:
        return []
    said = item.ihook.pytest_energy_verdict(item=item, outcome=copy.deepcopy(outcome))
    return [str(line) for each in said for line in ([each] if isinstance(each, str) else each)]


def explain(item: pytest.Item, error: BaseException) -> None:
    """See to it that an error in a test says what its author can use.

    A figure was read that nobody measured: skip with the reason, fail under strict; where other
    measurements of the test fail the gate, that comes first. All else is shown without our frames.
    """
    if not isinstance(error, NothingMeasuredError):
        without_ours(item, error)
        return
    gate_test(item)
    reason = f"energy was not measured: {error}"
    session = item.config.stash.get(SESSION, None)
    if session is not None and session.settings.strict:
        pytest.fail(reason, pytrace=False)
    raise pytest.skip.Exception(reason, _use_item_location=True)


def without_ours(item: pytest.Item, error: BaseException) -> None:
    """Leave our frames out of an error's traceback, unless ``--full-trace`` asks for all."""
    if not item.config.getoption("fulltrace"):
        from pytest_inferenergy.session.frames import hide_ours

        hide_ours(error)


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put what was measured on the report of the call, or of a setup after which none comes."""
    from pytest_inferenergy.session.junit import user_properties

    kept, in_call = item.stash[KEPT], report.when == "call"
    if not in_call and (report.when != "setup" or report.passed or kept.empty):
        return
    by_gate = in_call and report.failed and item.stash.get(BODY_PASSED, False)
    outcomes = [o | {"failed_by_gate": by_gate} for o in kept.outcomes]
    report.inferenergy = outcomes  # type: ignore[attr-defined]
    report.inferenergy_turns = kept.turns  # type: ignore[attr-defined]
    report.inferenergy_rerun = FAILED in item.stash  # type: ignore[attr-defined]
    properties = user_properties(outcomes)
    report.user_properties += properties
    # JUnit reads those of the teardown's report; a rerun has them already
    item.user_properties += [pair for pair in properties if pair not in item.user_properties]
