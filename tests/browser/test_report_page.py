"""The HTML report, as a reader meets it in a browser."""

from __future__ import annotations

import pytest

from pytest_inferenergy.escaping import line
from tests.browser.conftest import OpenReport, Page
from tests.report.documents import HOSTILE, document, every_verdict, full, many

pytestmark = pytest.mark.one_python

PLOTS = "return [...document.querySelectorAll('.plot')]"
WORST_FIRST = [
    "test_regressed[é-32]", "test_over", "test_unsure", "test_unmeasured", "test_new",
    "test_passed", line(HOSTILE), "test_improved",
]  # fmt: skip


@pytest.fixture
def page(open_report: OpenReport) -> Page:
    return open_report(every_verdict())


def unfold(page: Page, test: str) -> None:
    """Open a row, and see all of its plots drawn."""
    page.opener(test).click()
    for index in range(len(page.all(".plot"))):
        page.run(f"document.querySelectorAll('.plot')[{index}].scrollIntoView()")
        page.wait(f"{PLOTS}[{index}].querySelector('.main-svg .trace') !== null")


def test_opens_without_a_complaint_and_asks_nobody_for_anything(page: Page) -> None:
    for test in ("test_regressed", "test_unmeasured", "test_new"):
        unfold(page, test)
    page.find("#find").send_keys("test")
    assert page.complaints() == []
    assert page.requests() == [page.path.as_uri()]


def test_the_worst_comes_first_and_headers_sort(page: Page) -> None:
    assert page.shown() == WORST_FIRST
    assert page.find("th.verdict").get_attribute("aria-sort") == "ascending"
    page.find("th.change .sorter").click()
    by_change = page.shown()
    assert by_change[:3] == ["test_regressed[é-32]", "test_unsure", "test_over"]
    assert by_change[-2:] == ["test_unmeasured", "test_new"]  # of unknown change
    assert page.find("th.change").get_attribute("aria-sort") == "descending"
    assert page.find("th.verdict").get_attribute("aria-sort") is None
    page.find("th.change .sorter").click()
    assert page.shown()[0] == "test_improved"
    assert page.shown()[-2:] == ["test_unmeasured", "test_new"]
    page.find("th.test .sorter").click()
    assert page.shown()[0] == "test_improved"
    assert page.shown()[-1] == line(HOSTILE)


def test_filters_by_verdict_and_by_text(page: Page) -> None:
    page.find('.toggle[data-word="regressed"]').click()
    assert page.shown() == ["test_regressed[é-32]"]
    page.find('.toggle[data-word="over budget"]').click()
    assert page.shown() == ["test_regressed[é-32]", "test_over"]
    assert page.find("#shown").text == "2 of 8 shown"
    page.find("#find").send_keys("TEST_C")
    assert page.shown() == ["test_over"]
    page.find("#find").send_keys(" nowhere")
    assert page.shown() == []
    assert page.find("#nothing").is_displayed()


def test_an_opened_row_stays_with_its_test(page: Page) -> None:
    unfold(page, "test_over")
    page.find("th.test .sorter").click()
    body = page.opener("test_over").find_element("xpath", "ancestor::tbody")
    assert "over it (+67.0 %)" in body.find_element("css selector", ".unfolded").text


def test_plots_have_what_was_measured(page: Page) -> None:
    unfold(page, "test_regressed")
    counts = page.run(
        f"{PLOTS}.map(box => [box.getAttribute('aria-label').split(',')[0],"
        " box.data.map(trace => trace.x.length), box.layout.shapes.length])"
    )
    assert counts == [
        ["Windows", [12], 3],  # interval, tolerance and baseline
        ["Power", [240], 13],  # twelve windows and the power at rest
        ["History", [20, 2, 1], 1],  # runs, trend, this run; the level it began with
    ]
    rungs = [item.text.split("\n") for item in page.all(".ladder li")]
    assert len(rungs) == 10
    assert ["text-generation", "this task"] in rungs


def test_untrusted_text_stays_text(page: Page) -> None:
    page.run("window.alert = () => { window.ran = true; }")
    for button in page.all(".opener"):
        button.click()
    assert page.run("return window.ran") is None
    assert page.all("main img, main b, main i, main script") == []
    assert line(HOSTILE) in page.shown()
    messages = page.run("return [...document.querySelectorAll('.message')].map(m => m.textContent)")
    assert "<script>alert('message')</script>" in messages


def test_what_the_library_would_take_for_markup_stays_text(open_report: OpenReport) -> None:
    run = {
        "time": "2026-11-01T00:00:00Z",
        "kwh_per_1k": 0.01,
        "commit": "<b>b</b>",
        "driver": "<i>",
    }
    page = open_report(document([full("t.py::test_x", history=[run])]))
    unfold(page, "test_x")
    found = page.run(f"{PLOTS}[2].data[0].text")
    assert found == ["0.01000 kWh/1k, commit &lt;b&gt;b&lt;/b&gt;, driver &lt;i&gt;"]


def test_dark_where_the_reader_has_it_dark(open_report: OpenReport) -> None:
    lightness = {}
    for dark in (False, True):
        page = open_report(every_verdict(), dark=dark)
        unfold(page, "test_regressed")
        colours = page.run(
            "const of = (e, p) => getComputedStyle(e)[p].match(/\\d+/g).slice(0, 3).map(Number);"
            "return [of(document.body, 'backgroundColor'), of(document.body, 'color'),"
            " of(document.querySelector('.main-svg text'), 'fill')]"
        )
        lightness[dark] = [sum(colour) / 3 for colour in colours]
    assert lightness[False][0] > 200
    assert lightness[False][1] < 60
    assert lightness[True][0] < 60
    assert lightness[True][1] > 200
    assert lightness[True][2] > lightness[False][2]


@pytest.mark.parametrize("width", [360, 700, 1000, 1280])
def test_no_width_scrolls_sideways(open_report: OpenReport, width: int) -> None:
    results = every_verdict()
    results["measurements"].append(full(f"tests/{'deep/' * 20}test_z.py::test_{'long' * 50}"))
    page = open_report(results, width=width)
    unfold(page, "test_regressed")
    unfold(page, "test_long")
    wide = page.run(
        "return [...document.querySelectorAll('main *')].filter("
        "e => !e.closest('thead, svg, .hidden') && e.getBoundingClientRect().right > innerWidth + 1"
        ").map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_list_sorts(open_report: OpenReport) -> None:
    page = open_report(every_verdict(), width=360)
    page.find("#order option[value=change]").click()
    assert page.shown()[:2] == ["test_regressed[é-32]", "test_unsure"]


def test_the_keyboard_opens_a_row_and_sees_where_it_is(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    def focused() -> str:
        found: str = page.run("return document.activeElement.className")
        return found

    page.find("body").send_keys(Keys.TAB)
    assert focused() == "skip"
    for _ in range(40):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        if focused() == "opener":
            break
    opener = page.driver.switch_to.active_element
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    opener.send_keys(Keys.ENTER)
    assert opener.get_attribute("aria-expanded") == "true"
    assert page.find(".unfolded").is_displayed()
    opener.send_keys(Keys.SPACE)
    assert opener.get_attribute("aria-expanded") == "false"
    assert not page.find(".unfolded").is_displayed()


def test_a_thousand_tests_filter_and_sort(open_report: OpenReport) -> None:
    page = open_report(many(1000))
    assert len(page.shown()) == 1000
    page.find("#find").send_keys("[999-")
    assert page.shown() == ["test_model[999-batch32]"]
    unfold(page, "test_model")
    page.find("th.energy .sorter").click()
    assert page.complaints() == []


def test_a_run_without_tests_says_so(open_report: OpenReport) -> None:
    page = open_report(document([]))
    assert "No energy test ran." in page.find("#tests").text
    assert page.complaints() == []
