"""The reference process and its worktree: made, looked after and taken away again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_inferenergy.ab.channel import Channel
from pytest_inferenergy.ab.paths import Mapped
from pytest_inferenergy.ab.worktree import make_worktree
from pytest_inferenergy.errors import RevisionError
from pytest_inferenergy.git import HOOK_VARIABLES, Revision

HERE = Path(__file__).parent
FAREWELL = 10.0
"""Seconds that the reference process has to end by itself once it was told to."""
NOT_INHERITED = (
    *HOOK_VARIABLES, "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT",
    "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ENV",
)  # fmt: skip
LAST_LINES = 12


@dataclass(frozen=True)
class Plan:
    """What the reference process is to run."""

    script: Path
    """The process's first code, which gets the rest of the plan as JSON."""
    revision: Revision
    python: str
    arguments: Sequence[str]
    """Of the present pytest, as they were given."""
    folder: Path
    """In which the present pytest was started."""
    root: Path
    inifile: Path | None
    files: Sequence[Path]
    """Files and folders to collect, of the present checkout."""
    search_path: Sequence[str]
    """The present ``sys.path``."""
    present: bool = False
    """Run the present tests where they are, in place of the revision's."""


class ReferenceProcess:
    """Started by its construction; `close` leaves nothing behind."""

    def __init__(self, plan: Plan) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="pytest-inferenergy-")).resolve()
        self._worktree = self._scratch / "worktree" / plan.revision.toplevel.name
        self._worktree.parent.mkdir()
        self._toplevel = plan.revision.toplevel
        self._log = self._scratch / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self._janitor = self._start_janitor()
        try:
            if not plan.present:
                make_worktree(plan.revision, self._worktree)
            self.channel = self._start(plan)
        except BaseException:
            self.close(polite=False)
            raise

    def _start_janitor(self) -> subprocess.Popen[bytes]:
        script = [str(HERE / "janitor.py"), str(self._toplevel)]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", *script, str(self._scratch), str(self._worktree)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,
            start_new_session=True,
        )

    def _start(self, plan: Plan) -> Channel:
        mapped = self._mapped(plan)
        ours, theirs = socket.socketpair()
        with theirs, self._log.open("wb") as log:
            told = self._told(plan, mapped) | {"connection": theirs.fileno()}
            self._process = subprocess.Popen(
                [plan.python, str(plan.script), json.dumps(told)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=_folder(plan, mapped),
                env=_environment(plan, mapped),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        stdin = self._janitor.stdin
        assert stdin is not None
        stdin.write(b"%d\n" % self._process.pid)
        stdin.flush()
        return Channel(ours)

    def _mapped(self, plan: Plan) -> Mapped:
        """What leads from the present checkout into the worktree: nothing, where that is it."""
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
        prefixes.add(str(Path(plan.python).parent.parent))
        checkout = self._scratch / "nowhere" if plan.present else self._toplevel
        return Mapped.between(str(checkout), str(self._worktree), prefixes, os.path.realpath)

    def _told(self, plan: Plan, mapped: Mapped) -> dict[str, object]:
        arguments = [mapped.argument(word) for word in plan.arguments]
        arguments += [f"--rootdir={mapped.path(str(plan.root))}"]
        if plan.inifile is not None and os.path.exists(mapped.path(str(plan.inifile))):
            arguments += ["-c", mapped.path(str(plan.inifile))]
        arguments += [f"--basetemp={self._scratch / 'basetemp'}"]
        arguments += ["-o", f"cache_dir={self._scratch / 'cache'}"]
        if not _plugin_is_installed(plan):
            arguments += ["-p", "pytest_inferenergy.plugin"]
        paths = [mapped.path(str(path)) for path in plan.files]
        return {
            "package": str(HERE.parent),
            "toplevel": mapped.toplevel,
            "worktree": mapped.worktree,
            "kept": mapped.kept,
            "search_path": [os.path.abspath(entry) for entry in plan.search_path],
            "arguments": arguments,
            "paths": [path for path in paths if os.path.exists(path)],
        }

    # -- looking after it ----------------------------------------------------------------------

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def obituary(self) -> str:
        """How it ended, and its last words."""
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(FAREWELL)
        how = f"ended with exit status {code}"
        if code is not None and code < 0:
            how = f"was ended by signal {signal.Signals(-code).name}"
        return how + self.last_words()

    def last_words(self) -> str:
        """The end of what it printed, on lines of their own."""
        try:
            lines = self._log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return ""
        said = [f"  | {line}" for line in lines if line.strip()][-LAST_LINES:]
        return "\n".join([":", *said]) if said else ""

    def close(self, *, polite: bool) -> None:
        """End it and take its worktree away; ``polite``: it was told to end by itself."""
        if polite and self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(FAREWELL)
        if self._janitor.stdin is not None and not self._janitor.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._janitor.stdin.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(FAREWELL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._janitor.wait(FAREWELL)
        shutil.rmtree(self._scratch, ignore_errors=True)


def _folder(plan: Plan, mapped: Mapped) -> str:
    """The worktree's place of the folder in which pytest was started."""
    if plan.present:
        return str(plan.folder)
    for folder in (plan.folder, plan.root):
        if mapped.present(str(folder)):
            if not os.path.isdir(mapped.path(str(folder))):
                missing = folder.resolve().relative_to(mapped.toplevel)
                raise RevisionError(f"{plan.revision.title} has no folder {missing}")
            return mapped.path(str(folder))
    return mapped.worktree


def _environment(plan: Plan, mapped: Mapped) -> dict[str, str]:
    """The present environment, in which whatever Python starts finds the revision's code first."""
    environment = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    before = environment.get("PYTHONPATH", "").split(os.pathsep)
    ours = [os.path.abspath(entry) for entry in before if entry]
    there = [mapped.path(entry) for entry in plan.search_path if mapped.present(entry)]
    paths = dict.fromkeys((*there, *map(mapped.path, ours)))
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def _plugin_is_installed(plan: Plan) -> bool:
    """Whether pytest finds this plugin by itself in the reference environment."""
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return False
    script = (
        "import importlib.metadata as m, sys; "
        "sys.exit(not any(e.name == 'inferenergy' for e in m.entry_points(group='pytest11')))"
    )
    if plan.python == sys.executable:
        from importlib.metadata import entry_points

        return any(entry.name == "inferenergy" for entry in entry_points(group="pytest11"))
    return subprocess.run([plan.python, "-c", script], check=False).returncode == 0
