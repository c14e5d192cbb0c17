"""A pytest plugin that writes the outcome of every test to a file, and chooses and marks tests.

``benchmarks.foreign_suites`` gives it by ``-p suite_recorder`` to the run it compares; the runs of
pytest within a test do not load it.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("suite-recorder")
    group.addoption("--record-to", type=Path, help="file for the outcomes")
    group.addoption("--record-sample", type=int, help="run so many of the collected tests")
    group.addoption("--record-seed", type=int, default=0, help="seed of the sample")
    group.addoption("--record-only", type=Path, help="file with the ids of the tests to run")
    group.addoption("--record-mark", action="store_true", help="mark them with pytest.mark.energy")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(config), "suite-recorder-files")


class Recorder:
    """What each test reported, and how many warnings there were."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[str, list[str]] = defaultdict(list)
        self._texts: dict[str, str] = defaultdict(str)
        self._warnings = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = self._chosen([item.nodeid for item in items])
        left_out = [item for item in items if item.nodeid not in chosen]
        items[:] = [item for item in items if item.nodeid in chosen]
        if left_out:
            self._config.hook.pytest_deselected(items=left_out)
        if self._config.getoption("record_mark"):
            for item in items:
                item.add_marker(pytest.mark.energy)

    def _chosen(self, nodeids: list[str]) -> set[str]:
        only, sample = (
            self._config.getoption("record_only"),
            self._config.getoption("record_sample"),
        )
        if only is not None:
            return set(json.loads(only.read_text("utf-8")))
        if sample is not None:
            seed = self._config.getoption("record_seed")
            return set(random.Random(seed).sample(sorted(set(nodeids)), sample))
        return set(nodeids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        expected = " (xfail)" if hasattr(report, "wasxfail") else ""
        self._outcomes[report.nodeid].append(f"{report.when} {report.outcome}{expected}")
        if report.longrepr is not None:
            self._texts[report.nodeid] += f"{report.longrepr}\n"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._outcomes[report.nodeid].append(f"collect {report.outcome}")
            self._texts[report.nodeid] += f"{report.longrepr}\n"

    def pytest_warning_recorded(self) -> None:
        self._warnings += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        found = {
            "tests": {
                nodeid: {"outcomes": outcomes, "text": self._texts[nodeid]}
                for nodeid, outcomes in self._outcomes.items()
            },
            "warnings": self._warnings,
        }
        target: Path = self._config.getoption("record_to")
        target.write_text(json.dumps(found), encoding="utf-8")
