"""The picture of a failing gate in the README: what a terminal shows of a real run, in its colours.

    python -m benchmarks.terminal docs/images/failing-gate.svg

Two small tests are measured on the tests' stand-in GPU and their levels stored, as of six weeks (as
for the pictures of the HTML report). Then one of them draws 390 W in the place of 300 W, and pytest
runs again. What was measured is kept beside the picture, and a test holds the
picture to what today's code prints of it. Needs Linux, a C compiler and rich.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.screenshots import six_weeks
from tests.nvml.building import compile_library
from tests.nvml.library import FakeDevice, FakeNvml

COLUMNS = 118
COMMAND = "pytest --energy-report"
INI = """
[pytest]
addopts = --no-header -p no:cacheprovider -p pytest_inferenergy.plugin
energy_max_seconds = 2
"""
TESTS = """
import time

from tests.nvml.library import FakeNvml


def classify(text):
    time.sleep(0.25)
    return "positive"


def test_classify(energy):
    FakeNvml.current().scale({watts} / 300)
    assert energy(classify, "a fine film") == "positive"


def test_summarise(energy):
    FakeNvml.current().scale(1)
    assert energy(classify, "a fine film") == "positive"
"""
DETAILS = ("window_list", "trace", "history")
BEFORE, AFTER = 300, 390
"""Watts that the classification draws, as stored and now."""

SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>A test fails by its energy: what pytest prints</title>
<style>
.{unique_id}-matrix {{ font-size: {char_height}px; line-height: {line_height}px;
    font-family: ui-monospace, "Fira Code", "DejaVu Sans Mono", monospace; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})"
   clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""As rich draws it, without the fonts that it would fetch from elsewhere."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("picture", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library = compile_library(folder)
        text = failing_run(folder, FakeNvml(folder, library, FakeDevice(watts=BEFORE)))
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    options.picture.write_text(as_svg(text), encoding="utf-8")
    kept = json.dumps(without_details(results), indent=1, ensure_ascii=False)
    options.picture.with_suffix(".json").write_text(kept + "\n", encoding="utf-8")


def failing_run(folder: Path, gpu: FakeNvml) -> str:
    """What pytest prints in colours, after a test has become slower than its stored level."""
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    _run(folder, gpu, BEFORE, "--energy-update")
    (baselines,) = (folder / "energy_baselines").iterdir()
    baselines.write_text(six_weeks(baselines.read_text(encoding="utf-8")), encoding="utf-8")
    return _run(folder, gpu, AFTER, "--energy-report", "--energy-json=results.json", "--color=yes")


def without_details(results: dict[str, Any]) -> dict[str, Any]:
    """The results without what no terminal shows: windows, power over time, stored runs."""
    return results | {
        "measurements": [
            {key: value for key, value in measurement.items() if key not in DETAILS}
            for measurement in results["measurements"]
        ]
    }


def _run(folder: Path, gpu: FakeNvml, watts: int, *options: str) -> str:
    (folder / "test_model.py").write_text(TESTS.format(watts=watts), encoding="utf-8")
    environment = {name: os.environ[name] for name in os.environ.keys() - {"CI", "BUILD_NUMBER"}}
    environment |= gpu.env() | {"COLUMNS": str(COLUMNS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def as_svg(output: str) -> str:
    """A terminal with a command and what it printed."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {COMMAND}"))
    console.print(Text.from_ansi(output))
    return console.export_svg(title=COMMAND, code_format=SVG, unique_id="terminal")


if __name__ == "__main__":
    main()
