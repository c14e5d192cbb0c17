"""A user's project in a git repository of its own, on a machine with one GPU that is not there."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.store import update
from pytest_inferenergy.stats.runs import Run as StoredRun
from tests.baselines.baseline_examples import H200, NOON, a_run
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice
from tests.plugins import ALONE_OR_WITH_WORKERS
from tests.schemas import problems

QUICK = """
    from pytest_inferenergy.ab import client, interleave
    from pytest_inferenergy.measure import warmup

    warmup.WINDOW_SECONDS = 0.1
    interleave.WASH_OUT = 0.02
    client.PATIENCE = 15.0
"""
"""A conftest.py that makes windows short: the stand-in's power is exact."""

INI = """
    [pytest]
    pythonpath = src
    energy_meter = nvml
    energy_max_seconds = 6
    energy_tolerance = 10
"""

WORK = """
    import time

    def work():
        time.sleep({seconds})
"""

TEST = """
    from mylib import work

    def test_work(energy):
        energy(work)
"""

USUAL = ("--energy-json=results.json", *ALONE_OR_WITH_WORKERS)
"""Options of all runs."""


class Repository:
    """Files, commits, and pytest runs in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.python = sys.executable
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "someone@example.org")
        self.git("config", "user.name", "Someone")
        self.write(".gitignore", "results.json\n__pycache__/\n.pytest_cache/\n")
        self.write("pytest.ini", INI)
        self.write("tests/conftest.py", QUICK)
        self.write("tests/test_model.py", TEST)
        self.work(0.02)

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.path), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def work(self, seconds: float) -> None:
        """Let one call take so long."""
        self.write("src/mylib/__init__.py", WORK.format(seconds=seconds))

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", "a step")

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start pytest against the commit before."""
        return subprocess.Popen(
            [self.python, "-m", "pytest", *USUAL, *options],
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # a shell that runs the tests in the background has them ignore Ctrl-C
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    def run(self, *options: str, against: str | None = "HEAD~1") -> Run:
        """Run pytest in a process of its own."""
        given = () if against is None else ("--energy-against", against)
        process = self.start(*given, *options)
        output, _ = process.communicate(timeout=120)
        print(output)
        return Run(process.returncode, output)

    def store(self, joules: float) -> None:
        """Let the only stored runs of the test be of that level, joules per inference."""
        folder = self.path / "energy_baselines"
        shutil.rmtree(folder, ignore_errors=True)
        for session in range(4):
            figures = {"log_joules": math.log(joules), "log_seconds": math.log(0.0202)}
            run = a_run(time=NOON - session * 86400, **figures)

            def change(stored: Baselines, run: StoredRun = run) -> Baselines:
                return join(stored, "tests/test_model.py::test_work", "", run)

            update(folder, H200, change)

    @property
    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "results.json").read_text())
        assert problems("results", found) == []
        return found

    @property
    def marks(self) -> dict[str, dict[str, Any]]:
        """How each test of the latest run stands to the revision."""
        return {
            outcome["nodeid"].partition("::")[2] + (outcome["name"] or ""): outcome["against"]
            | {"verdict": outcome["verdict"]}
            for outcome in self.results["measurements"]
        }

    def assert_clean(self) -> None:
        """No worktree, no process and nothing to prune is left."""
        assert self.git("worktree", "list").count("\n") == 1
        assert self.git("worktree", "prune", "--dry-run", "--verbose") == ""
        scratch = Path(os.environ["TMPDIR"]).glob("pytest-inferenergy-*")
        assert not [path for path in scratch if path.is_dir()]
        left = [command for command in _commands() if "bootstrap.py" in command]
        assert not [command for command in left if str(self.path) in command]


class Run:
    """What a run said."""

    def __init__(self, ret: int, output: str) -> None:
        self.ret = ret
        self.output = output

    def says(self, *patterns: str) -> None:
        pytest.LineMatcher(self.output.splitlines()).fnmatch_lines(patterns)


def _commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace").replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture
def bare(tmp_path: Path, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A project whose files are not committed yet."""
    fake_nvml(FakeDevice(watts=300))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    (tmp_path / "project").mkdir()
    return Repository(tmp_path / "project")


@pytest.fixture
def repository(bare: Repository) -> Repository:
    """A project with one commit."""
    bare.commit()
    return bare
