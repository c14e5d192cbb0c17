"""pytest in the reference process: it collects, and runs the tests that it is told to run."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.ab.channel import Channel, ClosedError
from pytest_inferenergy.ab.paths import Mapped, installed_apart, leaks
from pytest_inferenergy.ab.serving import Serving
from pytest_inferenergy.ab.worktree import project_names
from pytest_inferenergy.clock import time
from pytest_inferenergy.measure.memory import release_memory
from pytest_inferenergy.session.session import SESSION, nodeid_of

SILENT: dict[str, Any] = {
    "xmlpath": None, "pastebin": None, "log_file": None, "report_log": None, "htmlpath": None,
    "json_report": False, "json_report_file": None, "allure_report_dir": None,
    "md_report": False, "usepdb": False, "trace": False, "maxfail": 0, "reruns": 0, "timeout": 0,
    "dist": "no", "tx": [], "numprocesses": None, "continue_on_collection_errors": True,
    "energy_against": None, "energy_against_python": None, "energy_report": False,
    "energy_json": None, "energy_csv": None, "energy_markdown": None, "energy_html": None,
    "energy_update": None, "energy_accept": None, "energy_prune": None,
    "energy_disable": False, "energy_strict": False, "energy_gate": "off",
    "energy_meter": "auto", "energy_session_seconds": None,
}  # fmt: skip
"""Options that would write, gate, distribute or stop: the present side does all of that."""


class ReferencePlugin:
    """Hooks of the reference process."""

    def __init__(self, channel: Channel, mapped: Mapped, plan: dict[str, Any]) -> None:
        self._channel = channel
        self._mapped = mapped
        self._plan = plan
        self._names: list[str] | None = None
        self._cleared: set[tuple[str, str]] = set()  # a look at thousands leaves the GPU idle
        self._broken: dict[str, str] = {}
        self._ended: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Silence what writes, and collect where the present side collects."""
        for name, value in SILENT.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        config.args = list(self._plan["paths"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Let measurements wait for the present side."""
        ours = session.config.stash[SESSION]
        ours.use(Serving(self._channel, self.fault, session.config.rootpath))
        ours.silent = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self._broken[report.nodeid] = report.longreprtext

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a test ended, its first trouble first."""
        if not report.passed:
            self._ended.setdefault("how", report.outcome)
            self._ended.setdefault("text", _reason(report))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve until the present side says goodbye or is gone."""
        items = {
            nodeid_of(item): item
            for item in session.items
            if item.get_closest_marker("energy") is not None
        }
        self._channel.send({"ready": list(items), "broken": self._broken, "wrong": self.fault()})
        try:
            while (command := self._channel.receive())["do"] != "bye":
                if command["do"] == "clock":
                    self._channel.send({"clock": time.perf_counter()})
                else:
                    self._run(session, items[command["test"]], items.get(command["next"]))
        except ClosedError:
            pytest.exit("the present side is gone", returncode=1)
        session._setupstate.teardown_exact(None)
        return True

    def _run(self, session: pytest.Session, item: pytest.Item, after: pytest.Item | None) -> None:
        """One test; measurements in it talk to the present side themselves."""
        session._setupstate.teardown_exact(item)  # where the test announced as next was not run
        self._ended = {}
        item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        if self._ended:
            release_memory()  # of a model that did not fit
        self._channel.send(
            {
                "ended": self._ended.get("how", "passed"),
                "text": self._ended.get("text", ""),
                "wrong": self.fault(),
            }
        )

    def fault(self) -> str | None:
        """What was imported from elsewhere than this revision, since the last look."""
        imported = {
            (name, file)
            for name, module in list(sys.modules.items())
            if isinstance(file := getattr(module, "__file__", None), str)
        }
        new = imported - self._cleared
        modules = {name: os.path.abspath(file) for name, file in new}
        own = self._plan["package"]
        found = leaks(modules, self._mapped, own)
        if found:
            return f"it imported the present checkout's {', '.join(found[:3])}"
        if self._names is None:
            worktree = self._mapped.worktree
            inside = [entry for entry in sys.path if entry.startswith(worktree)]
            self._names = project_names(Path(worktree), inside)
        found = installed_apart(modules, self._names, self._mapped, own)
        if found:
            return (
                f"it imported the installed {', '.join(found[:3])} instead of the revision's: "
                "install the project editable (pip install -e .) or not at all"
            )
        self._cleared |= new
        return None


def _reason(report: pytest.TestReport) -> str:
    """A skip's reason, or the end of a failure's traceback."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return f"{report.when}: {crash.message}"
    return f"{report.when}: {report.longreprtext[-1000:]}"


def run(plan: dict[str, Any], mapped: Mapped) -> int:
    """Run pytest with what the present side planned."""
    channel = Channel(socket.socket(fileno=plan["connection"]))
    plugin = ReferencePlugin(channel, mapped, plan)
    return int(pytest.main(list(plan["arguments"]), plugins=[plugin]))
