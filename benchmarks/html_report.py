"""The HTML report of a large run: how long until it is written, and until a reader can use it.

    python -m benchmarks.html_report --output benchmarks/results

A thousand tests, each with as much as a results document may say. Each time a fresh Chromium,
without a head, opens the page by its path; it is usable once a filter typed into it shows the one
test asked for, painted. The clock runs outside of the browser: its driver's time counts, too.
The bars: written within 5 s, at most 15 MB, usable within 3 s, each by the slowest of all times;
the exit status is 1 where one is missed. Needs the extra ``html``, selenium and Chromium.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from pytest_inferenergy.report.html import render_html
from tests.browser.chromium import look_through, missing, start
from tests.report.documents import many

WANTED = "test_model[{}-batch32]"
PAINTED = "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))"
SHOWN = (
    "return [...document.querySelectorAll('#overview > tbody')].filter(body => !body.hidden)"
    ".map(body => body.querySelector('.name').textContent)"
)
DRAWN = (
    "const plots = [...document.querySelectorAll('.plot')];"
    "return plots.length > 0 && plots[0].querySelector('.main-svg .trace') !== null"
)


@dataclass(frozen=True)
class Bar:
    """What is asked of one figure, in its unit."""

    name: str
    limit: float
    unit: str

    def row(self, values: Sequence[float]) -> list[str]:
        reached = "yes" if max(values) <= self.limit else "**no**"
        unit = self.unit
        return [
            self.name,
            f"{median(values):.2f} {unit}",
            f"{max(values):.2f} {unit}",
            f"{self.limit:g} {unit}",
            reached,
        ]


WRITTEN = Bar("written", 5, "s")
SIZE = Bar("size of the file", 15, "MB")
USABLE = Bar("usable: opened, filtered to one test, painted", 3, "s")


@dataclass(frozen=True)
class Opening:
    """Seconds since the browser was told to open the page."""

    loaded: float
    usable: float
    plotted: float
    """Until a row unfolded thereafter has its first plot."""


def write(document: Mapping[str, Any], path: Path) -> float:
    """Seconds until the page is on the disk."""
    begin = time.perf_counter()
    path.write_text(render_html(document), encoding="utf-8")
    return time.perf_counter() - begin


def open_page(page: Path, tests: int) -> tuple[Opening, str]:
    """One opening in a fresh browser, and that browser's name and version."""
    driver = start()
    try:
        look_through(driver, 1280)
        begin = time.perf_counter()
        driver.get(page.as_uri())
        loaded = time.perf_counter() - begin
        wanted = WANTED.format(tests - 1)
        driver.find_element("css selector", "#find").send_keys(wanted)
        _wait(driver, f"const rows = (() => {{ {SHOWN} }})(); return rows.length === 1")
        driver.execute_async_script(PAINTED)
        usable = time.perf_counter() - begin
        if driver.execute_script(SHOWN) != [wanted]:
            raise SystemExit(f"the filter {wanted!r} does not show that test alone")
        driver.find_element("css selector", "tbody:not([hidden]) .opener").click()
        _wait(driver, DRAWN)
        plotted = time.perf_counter() - begin
        told = driver.capabilities
        return Opening(loaded, usable, plotted), f"{told['browserName']} {told['browserVersion']}"
    finally:
        driver.quit()


def _wait(driver: Any, script: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 60, poll_frequency=0.01).until(lambda _: driver.execute_script(script))


def report(
    tests: int, about: str, written: Sequence[float], size: int, openings: Sequence[Opening]
) -> tuple[str, bool]:
    """The page of results, and whether every bar is reached."""
    usable = [one.usable for one in openings]
    rows = [WRITTEN.row(written), SIZE.row([size / 1e6]), USABLE.row(usable)]
    also = [
        ("opened (the browser's load event)", [one.loaded for one in openings]),
        ("a row unfolded, its first plot drawn", [one.plotted for one in openings]),
    ]
    rows += [
        [name, f"{median(values):.2f} s", f"{max(values):.2f} s", "", ""] for name, values in also
    ]
    table = tabulate(rows, ["", "median", "slowest", "bar", "reached"], tablefmt="github")
    text = (
        f"# The HTML report of {tests:,} tests\n\n{about}\n\n"
        f"Written {len(written)} times in one process, the first with its imports; opened "
        f"{len(openings)} times, each in a fresh\nbrowser without a head; seconds since it was "
        f"told to open the page.\n\n{table}\n"
    )
    reached = max(written) <= WRITTEN.limit and size / 1e6 <= SIZE.limit
    return text, reached and max(usable) <= USABLE.limit


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--times", type=int, default=5, help="writings and openings (5)")
    parser.add_argument("--output", type=Path, help="folder for html_report.md")
    options = parser.parse_args(arguments)
    if (reason := missing()) is not None:
        sys.exit(reason)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    document = many(options.tests)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        written = [write(document, page) for _ in range(options.times)]
        size = page.stat().st_size
        opened = [open_page(page, options.tests) for _ in range(options.times)]
    about = (
        f"`python -m benchmarks.html_report`, {time.strftime('%Y-%m-%d', time.gmtime())}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()},\nplotly {version('plotly')}, "
        f"jinja2 {version('jinja2')}, {opened[0][1]}; load of the machine before it began: "
        f"{'unknown' if load is None else f'{load:.2f}'}."
    )
    text, reached = report(options.tests, about, written, size, [one for one, _ in opened])
    print(text)
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "html_report.md").write_text(text, encoding="utf-8")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
