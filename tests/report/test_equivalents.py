from __future__ import annotations

from pytest_inferenergy.carbon.equivalents import parse_equivalents
from pytest_inferenergy.report.equivalents import equivalent_lines
from tests.report.outcomes import measured, unmeasured

ASKED = [each.as_data() for each in parse_equivalents(["smartphone-charge", "tea = 0.1 kWh"])]


def test_each_measurement_is_divided_by_each_figure() -> None:
    outcomes = [measured(kwh_per_1k=0.006), unmeasured(), measured(kwh_per_1k=1.2, name="large")]
    assert equivalent_lines(outcomes, ASKED) == [
        "1,000 inferences amount to:",
        "  test_film.py::test_sentiment: 0.500 x smartphone-charge, 0.0600 x tea",
        "  test_film.py::test_sentiment large: 100 x smartphone-charge, 12.0 x tea",
        "  smartphone-charge = 0.0120 kWh (as in Power Hungry Processing (2023), version 1)",
        "  tea = 0.100 kWh (energy_equivalents)",
    ]


def test_without_a_figure_or_a_comparison_there_is_nothing() -> None:
    assert equivalent_lines([unmeasured()], ASKED) == []
    assert equivalent_lines([measured()], []) == []
