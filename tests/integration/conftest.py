"""A small project under test, on a machine with one GPU that is not there."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.store import update
from pytest_inferenergy.stats.runs import Run
from tests.baselines.baseline_examples import H200, NOON, a_run
from tests.nvml.curve import TRACES
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, FakeNvml
from tests.plugins import ALONE_OR_WITH_WORKERS
from tests.schemas import problems

# What is first imported under pytester is forgotten after it: numpy cannot be loaded twice, and to
# load ourselves each time takes long.
for _name in (
    "numpy", "scipy.special", "scipy.stats", "pynvml", "tabulate", "filelock", "jsonschema",
    "requests",
    "pytest_inferenergy.api", "pytest_inferenergy.session.ending",
    "pytest_inferenergy.session.gating",
    "pytest_inferenergy.gate", "pytest_inferenergy.runner",
    "pytest_inferenergy.measure.outcome",
    "pytest_inferenergy.meters.nvml.meter", "pytest_inferenergy.meters.replay",
    "pytest_inferenergy.meters.prometheus.meter",
    "pytest_inferenergy.report.message", "pytest_inferenergy.session.terminal",
):  # fmt: skip
    importlib.import_module(_name)

QUICK = """
[pytest]
energy_meter = nvml
energy_max_seconds = 0.2
energy_tolerance = 10
"""
"""Settings under which a call of a quarter second is measured in three calls. The wide tolerance
is for the verdict not to hang on how busy the machine is that runs these tests."""

USUAL = ("--energy-json=results.json", *ALONE_OR_WITH_WORKERS)
"""Options of all runs."""

SLEEPER = """
    import time

    def test_sleeper(energy):
        assert energy(lambda: time.sleep(0.25) or "done") == "done"
"""
"""One measured test, of a power that the stand-in knows exactly."""


BLOCK = """
    import time

    def test_block(energy):
        with energy.window():
            time.sleep(0.2)
"""
"""The quickest to measure: one window, which `Project.store` gives something to stand against."""


class Project:
    """Files of a user's project, and pytest runs in it."""

    def __init__(self, pytester: pytest.Pytester, fake: FakeNvml) -> None:
        self.pytester = pytester
        self.gpu = fake
        self.path = pytester.path
        self.usual: tuple[str, ...] = USUAL

    def run(self, *options: str | Path) -> pytest.RunResult:
        """Run pytest in this very process: quick, and fit for all but start-up and xdist."""
        return self.pytester.runpytest_inprocess(*self.usual, *options)

    def run_apart(self, *options: str | Path) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*self.usual, *options)

    def write(self, text: str, name: str = "test_model") -> Path:
        """Write a test file in the place of what it held before."""
        return self.pytester.makepyfile(**{name: text})

    def store(
        self,
        test: str = "test_model.py::test_block",
        joules: float = 60.0,
        name: str = "",
        spread: float = 0.004,
    ) -> None:
        """Store a level for a test, as if four sessions had measured it on this GPU.

        ``spread``: how much windows wandered; with 3 % hardly any change is conclusive.
        """
        for session in range(4):
            run = a_run(
                log_joules=math.log(joules),
                log_seconds=math.log(0.2),
                window_sd=spread,
                time=NOON - session * 86400,
            )

            def change(stored: Baselines, run: Run = run) -> Baselines:
                return join(stored, test, name, run)

            update(self.path / "energy_baselines", H200, change)

    @property
    def results(self) -> dict[str, Any]:
        """What the latest run wrote for ``--energy-json``, held against its schema."""
        found: dict[str, Any] = json.loads((self.path / "results.json").read_text())
        assert problems("results", found) == []
        return found

    @property
    def measured(self) -> list[dict[str, Any]]:
        """The measurements of the latest run."""
        found: list[dict[str, Any]] = self.results["measurements"]
        return found

    @property
    def baseline_file(self) -> Path:
        """The one baseline file there is."""
        (path,) = (self.path / "energy_baselines").iterdir()
        return path

    @property
    def stored(self) -> Mapping[str, Mapping[str, Any]]:
        """What is stored, by node id and name, held against its schema."""
        document = json.loads(self.baseline_file.read_text())
        assert problems("baseline", document) == []
        found: Mapping[str, Mapping[str, Any]] = document["tests"]
        return found


@pytest.fixture
def project(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project with quick settings, on a machine whose one GPU draws 300 W."""
    monkeypatch.setattr("pytest_inferenergy.meters.nvml.meter.IDLE_SECONDS", 0.1)
    monkeypatch.delenv("COLUMNS", raising=False)  # known, it would wrap tables
    fake = fake_nvml(FakeDevice(watts=300), in_process=True)
    pytester.makeini(QUICK)
    return Project(pytester, fake)


@pytest.fixture
def replay() -> str:
    """The option that measures with a recorded trace, where no GPU is needed."""
    return f"--energy-meter=replay:{TRACES / 'steady_resnet50_b64.json.gz'}"
