"""What each outcome does under each setting: the whole truth table."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from pytest_inferenergy.gate import judge
from pytest_inferenergy.settings import Settings
from tests.report.outcomes import budget, measured, unmeasured

USUAL = Settings()
STRICT = Settings(strict=True)
UPDATE = Settings(update=True)
ACCEPT = Settings(accept=True)
ALL = (USUAL, STRICT, UPDATE, ACCEPT)

OUTCOMES: dict[str, dict[str, Any]] = {
    "passed": measured(),
    "improved": measured(verdict="improved"),
    "regressed": measured(verdict="regressed"),
    "inconclusive": measured(verdict="inconclusive"),
    "new": measured(verdict="new"),
    "within budget": measured(verdict="new", budget=budget("passed")),
    "over budget": measured(budget=budget("blown")),
    "budget unclear": measured(budget=budget("inconclusive")),
    "estimated": measured(source="estimated"),
    "estimated over budget": measured(source="estimated", budget=budget("blown")),
    "unmeasured": unmeasured(),
    "broken": measured(verdict="inconclusive", broken_baseline="a.json: no valid JSON"),
    "broken, unmeasured": unmeasured(broken_baseline="a.json: no valid JSON"),
}
# the effects under USUAL, STRICT, UPDATE and ACCEPT, with gate="fail"
EFFECTS = {
    "passed": ("pass", "pass", "pass", "pass"),
    "improved": ("pass", "pass", "pass", "pass"),
    "regressed": ("fail", "fail", "fail", "pass"),
    "inconclusive": ("warn", "fail", "warn", "pass"),
    "new": ("pass", "fail", "pass", "pass"),
    "within budget": ("pass", "fail", "pass", "pass"),
    "over budget": ("fail", "fail", "fail", "fail"),
    "budget unclear": ("warn", "fail", "warn", "warn"),
    "estimated": ("pass", "fail", "pass", "pass"),
    "estimated over budget": ("warn", "fail", "warn", "warn"),
    "unmeasured": ("pass", "fail", "pass", "pass"),
    "broken": ("fail", "fail", "fail", "fail"),
    "broken, unmeasured": ("fail", "fail", "fail", "fail"),
}
TABLE = [
    (name, settings, effect)
    for name, effects in EFFECTS.items()
    for settings, effect in zip(ALL, effects, strict=True)
]


def test_the_table_is_whole() -> None:
    assert set(EFFECTS) == set(OUTCOMES)


@pytest.mark.parametrize(("name", "settings", "effect"), TABLE)
def test_effect_where_the_gate_fails(name: str, settings: Settings, effect: str) -> None:
    judgement = judge(OUTCOMES[name], settings)
    assert judgement.effect == effect
    assert bool(judgement.causes) == (effect != "pass")


@pytest.mark.parametrize(("name", "settings", "effect"), TABLE)
def test_gate_warn_turns_failures_into_warnings_but_not_under_strict(
    name: str, settings: Settings, effect: str
) -> None:
    expected = "warn" if effect == "fail" and not settings.strict else effect
    assert judge(OUTCOMES[name] | {"gate": "warn"}, settings).effect == expected


@pytest.mark.parametrize(("name", "settings"), list(itertools.product(OUTCOMES, ALL)))
def test_gate_off_lets_everything_pass(name: str, settings: Settings) -> None:
    assert judge(OUTCOMES[name] | {"gate": "off"}, settings).effect == "pass"


def test_update_and_strict_let_a_new_test_be_stored() -> None:
    assert judge(OUTCOMES["new"], Settings(update=True, strict=True)).effect == "pass"


BLOWN = measured(verdict="regressed", budget=budget("blown"))
GUESSED = measured(verdict="new", source="estimated", budget=budget("blown"))
BROKEN = measured(verdict="inconclusive", broken_baseline="no", budget=budget("blown"))


@pytest.mark.parametrize(
    ("outcome", "settings", "causes"),
    [
        (BLOWN, USUAL, ("regressed", "budget_blown")),
        (BLOWN, ACCEPT, ("budget_blown",)),
        (measured(verdict="new", source="estimated"), STRICT, ("new", "estimated")),
        (GUESSED, STRICT, ("budget_blown", "new", "estimated")),
        (GUESSED, USUAL, ("budget_blown",)),
        (BROKEN, ACCEPT, ("broken_baseline", "budget_blown")),
    ],
)
def test_causes_come_by_their_weight(
    outcome: dict[str, Any], settings: Settings, causes: tuple[str, ...]
) -> None:
    assert judge(outcome, settings).causes == causes
