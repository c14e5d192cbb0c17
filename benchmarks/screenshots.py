"""Pictures of the HTML report for the docs, of a real run with every verdict.

A small project is measured with the meter ``replay``. One run stores its levels; six weeks of
history are made of it with a scatter and a creep of their own, since a history of minutes shows
nothing. A second run then meets changed code.

    python -m benchmarks.screenshots docs/images
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pytest_inferenergy.report.html import render_html
from tests.browser.chromium import look_through, start

TRACE = Path(__file__).parent.parent / "tests" / "traces" / "steady_resnet50_b64.json.gz"
WEEKS = 6
WARM = (2.0, 12.0)
"""The part of the trace that is played: the GPU at work, seconds."""
INI = """
[pytest]
energy_meter = replay:warm.json
energy_max_seconds = 1
energy_carbon = FRA
"""
TESTS = """
import os
import time

import pytest

CHANGED = "CHANGED" in os.environ


def work(milliseconds, change=1.0):
    time.sleep(milliseconds * (change if CHANGED else 1.0) / 1000)


@pytest.mark.energy(task="text-generation")
@pytest.mark.parametrize("prompt", ["short", "long"])
def test_generate(energy, prompt):
    calls = {"short": 90, "long": 240}
    energy(work, calls[prompt], 1.16 if prompt == "long" else 0.99)


@pytest.mark.energy(task="text-classification")
@pytest.mark.energy_budget("4 Wh")
def test_classify(energy):
    energy(work, 20, 0.8)


@pytest.mark.energy(task="text-classification")
def test_classify_batch(energy):
    batch = 64 if CHANGED else 32
    energy.run(work, args=(40,), inferences=batch, name=f"batch")


@pytest.mark.energy(task="summarization")
@pytest.mark.energy_budget("20 Wh" if CHANGED else "40 Wh")
def test_summarise(energy):
    energy(work, 180)


@pytest.mark.energy(task="question-answering")
def test_answer(energy):
    energy(work, 30)


if CHANGED:

    @pytest.mark.energy(task="image-to-text")
    def test_caption(energy):
        energy(work, 60)


def test_small_beats_large(energy):
    comparison = energy.compare(lambda: work(40), lambda: work(90), at_most=0.6)
    assert comparison.ratio < 0.6


@pytest.mark.energy(task="text-to-image", max_seconds=60)
def test_paint(energy):
    energy(work, 7000 if CHANGED else 300)


def test_translate(energy):
    energy(work, 50)
"""
UNFOLDED = "test_generate[long]"


def main(arguments: list[str] | None = None) -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--results", type=Path, help="pictures of this file of --energy-json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        path = options.results or measured(Path(temporary))
        document = json.loads(path.read_text(encoding="utf-8"))
        page = Path(temporary) / "report.html"
        page.write_text(render_html(document), encoding="utf-8")
        options.folder.mkdir(parents=True, exist_ok=True)
        take(page, options.folder)


def measured(folder: Path) -> Path:
    """The results of a run that meets every verdict."""
    (folder / "warm.json").write_text(json.dumps(warm()), encoding="utf-8")
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    (folder / "test_model.py").write_text(TESTS, encoding="utf-8")
    run(folder, ["--energy-update"], {})
    (baselines,) = (folder / "energy_baselines").iterdir()
    baselines.write_text(six_weeks(baselines.read_text(encoding="utf-8")), encoding="utf-8")
    run(folder, ["--energy-json=results.json", "--energy-session-seconds=30"], {"CHANGED": "1"})
    return folder / "results.json"


def warm() -> dict[str, Any]:
    """The trace without the GPU's rest before and after its work."""
    trace: dict[str, Any] = json.loads(gzip.decompress(TRACE.read_bytes()))
    for key, margin in (("energy_counter", 0.0), ("power_samples", 1.0)):
        first, last = WARM[0] - margin, WARM[1] + margin
        trace[key] = [pair for pair in trace[key] if first <= pair[0] <= last]
    return trace


def run(folder: Path, options: Iterable[str], environment: dict[str, str]) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        *options,
    ]
    subprocess.run(command, cwd=folder, env=os.environ | environment, check=False)


def six_weeks(text: str) -> str:
    """Baselines in which each stored run has become one a week: 0.2 % more each, 0.4 % apart."""
    stored: dict[str, Any] = json.loads(text)
    today = datetime.now(timezone.utc).replace(microsecond=0)
    scatter = random.Random(0)
    for names in stored["tests"].values():
        for history in names.values():
            (record,) = history["runs"]
            history["runs"] = [
                record
                | {
                    "joules_per_inference": record["joules_per_inference"]
                    * (1 - 0.002 * weeks)
                    * scatter.gauss(1, 0.004),
                    "time": (today - timedelta(weeks=weeks)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
                for weeks in range(WEEKS, 0, -1)
            ]
    return json.dumps(stored)


def take(page: Path, folder: Path) -> None:
    """The page in the light, in the dark and on a phone."""
    driver = start()
    try:
        for name, width, height, dark in (
            ("light", 1280, 1240, False),
            ("dark", 1280, 1240, True),
            ("phone", 360, 1100, False),
        ):
            look_through(driver, width, height, dark=dark)
            driver.get(page.as_uri())
            if name != "phone":
                unfold(driver)
            driver.save_screenshot(str(folder / f"report-{name}.png"))
    finally:
        driver.quit()


def unfold(driver: Any) -> None:
    """Open one test and wait for its plots."""
    from selenium.webdriver.support.ui import WebDriverWait

    for button in driver.find_elements("css selector", ".opener"):
        if button.text.startswith(UNFOLDED):
            button.click()
    drawn = (
        "return [...document.querySelectorAll('.plot')]"
        ".every(plot => plot.querySelector('.main-svg .trace'))"
    )
    WebDriverWait(driver, 20).until(lambda _: driver.execute_script(drawn))


if __name__ == "__main__":
    main()
