"""A real Chromium, without a head, that opens reports as a reader would."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.report.html import render_html
from tests.browser.chromium import look_through, missing, start

REQUIRED = "INFERENERGY_BROWSER"
"""Set to ``required``, as CI does: without a browser the tests fail; else they are skipped."""


@pytest.fixture(scope="package")
def driver() -> Iterator[Any]:
    """Chromium under selenium, one for all tests of this folder; it takes time also when idle."""
    reason = missing()
    if reason is not None and os.environ.get(REQUIRED) == "required":
        pytest.fail(f"{reason} ({REQUIRED}=required)")
    if reason is not None:
        pytest.skip(reason)
    browser = start()
    yield browser
    browser.quit()


class Page:
    """A report, opened in the browser."""

    def __init__(self, driver: Any, path: Path) -> None:
        self.driver, self.path = driver, path
        for kind in ("browser", "performance"):
            driver.get_log(kind)  # what other pages left there
        driver.get(path.as_uri())

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def wait(self, script: str) -> Any:
        """Until a script's value is true, ten seconds at most."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, 10).until(lambda _: self.run(script))

    def shown(self) -> list[str]:
        """Names of the tests in view of the filter, in their order."""
        rows = "[...document.querySelectorAll('tbody')].filter(body => !body.hidden)"
        found: list[str] = self.run(
            f"return {rows}.map(body => body.querySelector('.name').textContent)"
        )
        return found

    def opener(self, test: str) -> Any:
        """The button that unfolds a test."""
        for button in self.all(".opener"):
            if button.text.startswith(test):
                return button
        raise AssertionError(f"no row for {test}")

    def complaints(self) -> list[str]:
        """What the browser's console says."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses that the page asked for."""
        logs = [json.loads(entry["message"]) for entry in self.driver.get_log("performance")]
        events = [log["message"] for log in logs]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]


OpenReport = Callable[..., Page]


@pytest.fixture
def open_report(driver: Any, tmp_path: Path) -> OpenReport:
    """Opens the report of a document at a width, light or dark."""

    def opened(document: Mapping[str, Any], *, width: int = 1280, dark: bool = False) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render_html(document), encoding="utf-8")
        look_through(driver, width, dark=dark)
        return Page(driver, path)

    return opened
