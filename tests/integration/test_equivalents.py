"""The ini key ``energy_equivalents``: what the energy amounts to, for those who ask."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import BLOCK, USUAL
from tests.integration.test_wrong_options import assert_usage_error
from tests.schemas import problems

SEVERAL = """
[pytest]
energy_equivalents =
    smartphone-charge, web-search
    gaming-hour = 350 W
    a pot of tea = 0.1 kWh
"""


def test_they_stand_below_the_table_with_their_sources(
    pytester: pytest.Pytester, replay: str
) -> None:
    pytester.makeini(SEVERAL)
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_inprocess(*USUAL, replay, "--energy-report")
    result.stdout.fnmatch_lines(
        [
            "test * kWh/1k *",
            "1,000 inferences amount to:",
            "  test_model.py::test_block: * x smartphone-charge, * x web-search, "
            "* x gaming-hour, * x a pot of tea",
            "  smartphone-charge = 0.0120 kWh (*Power Hungry Processing*)",
            "  web-search = 0.000300 kWh (*Google*)",
            "  gaming-hour = 0.350 kWh (an hour at 350 W, energy_equivalents)",
            "  a pot of tea = 0.100 kWh (energy_equivalents)",
        ],
        consecutive=False,
    )
    document = json.loads((pytester.path / "results.json").read_text())
    assert problems("results", document) == []
    names = [each["name"] for each in document["settings"]["equivalents"]]
    assert names == ["smartphone-charge", "web-search", "gaming-hour", "a pot of tea"]


def test_without_the_key_there_are_none(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_inprocess(*USUAL, replay, "--energy-report")
    result.stdout.no_fnmatch_line("*amount to*")


def test_what_was_not_measured_amounts_to_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeini(SEVERAL)
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", "--energy-report")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*amount to*")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("smart-phone", "no equivalent 'smart-phone'*known are smartphone-charge, gaming-hour, *"),
        ("tea = 0.1", "'tea': cannot read '0.1': write an energy such as '0.012 kWh', or a power*"),
        ("web-search web-search", "'web-search' is named twice"),
    ],
)
def test_a_bad_line_is_a_usage_error(pytester: pytest.Pytester, line: str, says: str) -> None:
    pytester.makeini(f"[pytest]\nenergy_equivalents = {line}")
    result = pytester.runpytest_inprocess(*USUAL)
    assert_usage_error(result, f"ini key energy_equivalents: {says}")
