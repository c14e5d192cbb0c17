"""The table of ``--energy-report`` and the lines below it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_inferenergy.report.html.facts import facts
from pytest_inferenergy.report.markdown import to_markdown
from pytest_inferenergy.report.message import message
from pytest_inferenergy.report.table import (
    HEADERS,
    label,
    measured_on,
    notes,
    row,
    table,
    unmeasured,
)
from tests.report import outcomes
from tests.report.documents import document, full
from tests.report.outcomes import budget, measured


def test_a_row_has_a_cell_for_each_column() -> None:
    cells = dict(zip(HEADERS, row(measured()), strict=True))
    assert cells == {
        "test": "test_film.py::test_sentiment",
        "kWh/1k": "0.0167",
        "±": "0.6 %",
        "J/inference": "60.0 J",
        "s/inference": "200 ms",
        "W": "300",
        "baseline": "0.0165",
        "change": "+1.2 %",
        "verdict": "passed",
        "source": "measured",
    }


def test_what_is_unknown_is_a_dash_and_never_zero() -> None:
    assert row(measured(verdict="new"))[6:] == ["-", "-", "new", "measured"]
    assert row(outcomes.unmeasured())[1:] == [*["-"] * 7, "not measured", "-"]


def test_a_blown_budget_stands_beside_the_verdict() -> None:
    assert row(measured(budget=budget("blown")))[8] == "passed, over budget"
    assert row(measured(budget=budget("passed")))[8] == "passed"


def test_labels_are_short_and_tell_measurements_apart() -> None:
    assert label(measured(name="batch32")) == "test_film.py::test_sentiment batch32"
    assert (
        label(measured(nodeid="a/test_b.py::TestC::test_d[1-x]")) == "test_b.py::TestC::test_d[1-x]"
    )
    assert label(measured(nodeid="README.md")) == "README.md"


def test_the_table_keeps_the_order_and_does_not_touch_numbers() -> None:
    rows = [measured(nodeid=f"test_{n}.py::test_it", kwh_per_1k=n / 1e6) for n in (3, 1, 2)]
    lines = table(rows).splitlines()
    assert lines[0].split() == list(HEADERS)
    assert [line.split()[0] for line in lines[2:]] == [
        "test_3.py::test_it",
        "test_1.py::test_it",
        "test_2.py::test_it",
    ]
    assert [line.split()[1] for line in lines[2:]] == ["0.00000300", "0.00000100", "0.00000200"]


def test_notes_give_the_interval_of_a_change_flags_and_reasons() -> None:
    found = notes(
        [
            measured(),
            measured(verdict="new"),
            measured(verdict="new", flags=["throttled", "contended"]),
            outcomes.unmeasured(),
        ]
    )
    assert found == [
        "test_film.py::test_sentiment: change +1.2 % [-1.0 %, +3.0 %], smallest detectable +8.0 %",
        "test_film.py::test_sentiment: throttled, contended",
        "test_film.py::test_sentiment: disabled by --energy-disable",
    ]


def test_notes_list_what_was_added_up() -> None:
    found = notes([measured(verdict="new") | {"added_up": ['a{x="1"}', "b{}"]}])
    assert found == ['test_film.py::test_sentiment: the sum of a{x="1"}; b{}']


def test_notes_tell_what_a_figure_is_made_of() -> None:
    phases = {
        "prefill": {"joules_per_inference": 3.1, "joules_per_token": 0.048},
        "decode": {"joules_per_inference": 56.9, "joules_per_token": None},
    }
    generator = measured(verdict="new") | {"joules_per_token": 1.2, "phases": phases}
    painter = measured(verdict="new") | {"joules_per_image": 30.0, "joules_per_token": None}
    assert notes([generator, painter]) == [
        "test_film.py::test_sentiment: 1.20 J/token, prefill 3.10 J (48.0 mJ/token), decode 56.9 J",
        "test_film.py::test_sentiment: 30.0 J/image",
    ]


def estimated(ram: float) -> dict[str, Any]:
    parts = {"cpu": 1 - ram, "ram": ram}
    components = {
        name: {"source": "estimated", "kwh_per_1k": share * 0.0167, "gated": True}
        for name, share in parts.items()
    }
    return measured(verdict="new", source="estimated") | {"components": components}


@pytest.mark.parametrize(("share", "said"), [(0.94, True), (0.5, True), (0.49, False)])
def test_an_estimate_that_is_mostly_a_constant_says_so_wherever_it_is_shown(
    share: float, said: bool
) -> None:
    outcome = estimated(share)
    words = f"{100 * share:.0f} % of it is codecarbon's constant for memory, whatever the work is"
    assert any(words in line for line in notes([outcome])) is said
    assert (words in message(outcome, ["inconclusive"])) is said
    changes = {key: outcome[key] for key in ("source", "components")}
    results = document([full(outcome["nodeid"], **changes)])
    assert (words in to_markdown(results)) is said
    assert (words in str(facts(results["measurements"][0], results["settings"]))) is said


def test_an_interval_that_says_nothing_is_no_row_of_digits() -> None:
    unknown = measured(verdict="new", low=0.0, high=1e84)
    assert row(unknown)[2] == "> 1000 %"
    assert row(measured(low=0.0, high=0.3))[2] == "898.2 %"


def test_the_change_of_a_generator_is_split_by_its_tokens() -> None:
    generator = measured(tokens_ratio=0.5, time_per_token_ratio=2.04)
    assert notes([generator])[-1] == (
        "test_film.py::test_sentiment: change = tokens -50.0 % x time per token +104 % x "
        "power -1.0 %"
    )


def test_what_was_not_measured_is_listed_by_its_reason() -> None:
    several = [
        outcomes.unmeasured("time is up", nodeid="test_a.py::test_one"),
        measured(),
        outcomes.unmeasured("the GPU is lost", nodeid="test_a.py::test_two"),
        outcomes.unmeasured("time is up", nodeid="test_a.py::test_three", name="batch"),
    ]
    assert unmeasured(several) == [
        "not measured, time is up: test_a.py::test_one, test_a.py::test_three batch",
        "not measured, the GPU is lost: test_a.py::test_two",
    ]


def test_in_a_narrow_terminal_nothing_wraps_and_the_figures_stay() -> None:
    long = (
        "tests/models/test_film_reviews.py::TestClassifier::test_sentiment[a-very-long-parameter]"
    )
    rows = [measured(nodeid=f"{long}[{n}]", change=0.01 * n) for n in range(3)]
    rows += [outcomes.unmeasured(), measured(verdict="new") | {"gco2_per_1k": 0.93}]
    lines = table(rows, 80).splitlines()
    figures = [line for line in lines if line.startswith("  ")]
    assert all(len(line) <= 80 for line in figures)
    assert figures[0].split()[0] == "kWh/1k"
    assert "verdict" in figures[0].split()
    names = [line for line in lines if not line.startswith("  ")]
    assert names == [label(row) for row in rows]
    assert len(figures) == 2 + len(rows)


def test_a_table_that_fits_is_left_as_it_is() -> None:
    assert table([measured()], 200) == table([measured()])


def on(
    meter: str, device: str = "NVIDIA H200", count: int = 1, **more: object
) -> dict[str, object]:
    profile = {"meter": meter, "device": device, "count": count, "power_limit_watts": 700}
    return measured() | {"profile": profile | {"mig": False, "components": ["gpu"]}} | more


def test_one_machine_is_told_once() -> None:
    rows = [on("nvml"), on("nvml", name="b"), outcomes.unmeasured()]
    assert measured_on(rows) == "measured on NVIDIA H200 x1, 700 W, meter nvml, gpu"
    assert table(rows).splitlines()[0].split() == list(HEADERS)
    assert measured_on([outcomes.unmeasured()]) is None


def test_a_recording_is_never_measured_without_a_word() -> None:
    assert measured_on([on("replay")]) == (
        "measured on NVIDIA H200 x1, 700 W, meter replay, gpu (a recording, not this machine)"
    )


def test_several_machines_are_told_row_by_row() -> None:
    rows = [on("nvml"), on("replay"), outcomes.unmeasured(), on("nvml", count=2)]
    assert measured_on(rows) is None
    head, _, *lines = table(rows).splitlines()
    assert head.endswith("measured on")
    assert lines[0].endswith("NVIDIA H200 x1, 700 W, meter nvml, gpu")
    assert lines[1].endswith("meter replay, gpu (a recording, not this machine)")
    assert lines[2].endswith(" -")
    assert lines[3].endswith("NVIDIA H200 x2, 700 W, meter nvml, gpu")
    narrow = table(rows, 80).splitlines()
    assert narrow[2].endswith("::test_sentiment on NVIDIA H200 x1, 700 W, meter nvml, gpu")
    assert all(len(line) <= 80 for line in narrow if line.startswith("  "))


def test_text_of_a_device_is_shown_and_does_nothing() -> None:
    assert "\x1b" not in str(measured_on([on("nvml", device="\x1b[2J")]))


def test_notes_tell_of_the_meter_that_was_expected() -> None:
    missing = {"meter": "nvml", "expected_by": "gpu", "reason": "GPU is lost\nby the bus"}
    assert notes([on("rapl", missing_meter=missing)])[0] == (
        "test_film.py::test_sentiment: not measured by nvml (a GPU is listed): GPU is lost"
    )
