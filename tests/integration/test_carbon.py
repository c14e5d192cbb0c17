"""``--energy-carbon``: grams of CO2 equivalent beside the energy, and what they rest on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_inferenergy.carbon.grams import parse_carbon
from tests.integration.conftest import BLOCK, USUAL
from tests.schemas import problems


def document(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "results.json").read_text())
    assert problems("results", found) == []
    return found


def measured(pytester: pytest.Pytester) -> dict[str, Any]:
    (found,) = document(pytester)["measurements"]
    return dict(found)


@pytest.mark.parametrize("given", ["FRA", "56.5"])
def test_grams_stand_in_the_table_and_in_the_results(
    pytester: pytest.Pytester, replay: str, given: str
) -> None:
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_inprocess(
        *USUAL, replay, "--energy-report", f"--energy-carbon={given}"
    )
    result.assert_outcomes(passed=1)
    origin = "FRA: France, mean of 20??, table of codecarbon 3*" if given == "FRA" else "given"
    result.stdout.fnmatch_lines(
        ["test * kWh/1k * gCO2eq/1k * ± *", f"carbon: 56.* g CO2eq/kWh ({origin})"]
    )
    found = measured(pytester)
    grams = parse_carbon(given).grams_per_kwh
    assert found["gco2_per_1k"] == pytest.approx(grams * found["kwh_per_1k"])
    assert document(pytester)["carbon"] == parse_carbon(given).as_data()


def test_a_test_can_read_its_grams(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makeini("[pytest]\nenergy_carbon = 100")
    pytester.makepyfile(
        test_model=BLOCK
        + """
        assert energy.result.gco2_per_1k == 100 * energy.result.kwh_per_1k
    """
    )
    pytester.runpytest_inprocess(*USUAL, replay).assert_outcomes(passed=1)


def test_without_the_option_nothing_is_said_of_carbon(
    pytester: pytest.Pytester, replay: str
) -> None:
    pytester.makepyfile(test_model=BLOCK + "        assert energy.result.gco2_per_1k is None\n")
    result = pytester.runpytest_inprocess(*USUAL, replay, "--energy-report")
    result.assert_outcomes(passed=1)
    assert "CO2" not in result.stdout.str()
    assert measured(pytester)["gco2_per_1k"] is None
    assert document(pytester)["carbon"] is None


def test_what_was_not_measured_has_no_grams(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=BLOCK)
    options = ("--energy-disable", "--energy-report", "--energy-carbon=56")
    result = pytester.runpytest_inprocess(*USUAL, replay, *options)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*gCO2eq/1k*")
    assert measured(pytester).get("gco2_per_1k") is None


def test_a_figure_given_in_grams_loads_no_codecarbon(
    pytester: pytest.Pytester, replay: str
) -> None:
    pytester.makepyfile(
        test_model=BLOCK
        + """
        import sys
        assert "codecarbon" not in sys.modules
    """
    )
    result = pytester.runpytest_subprocess(*USUAL, replay, "--energy-carbon=56")
    result.assert_outcomes(passed=1)


@pytest.mark.every_python
def test_a_countrys_table_is_read_quietly_and_without_pandas(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_it():
            assert "codecarbon" in sys.modules
            assert "pandas" not in sys.modules
    """)
    result = pytester.runpytest_subprocess(*USUAL, "--energy-carbon=FRA")
    result.assert_outcomes(passed=1)
    assert "codecarbon" not in result.stdout.str().lower() + result.stderr.str().lower()
    assert "amd" not in result.stdout.str().lower() + result.stderr.str().lower()


def test_grams_are_among_the_properties_for_junit(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=BLOCK)
    pytester.runpytest_inprocess(*USUAL, replay, "--energy-carbon=56", "--junitxml=junit.xml")
    grams = measured(pytester)["gco2_per_1k"]
    written = (pytester.path / "junit.xml").read_text()
    assert f'<property name="energy.gco2_per_1k" value="{grams}"' in written
