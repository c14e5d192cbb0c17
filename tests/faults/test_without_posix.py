"""What Windows and macOS lack is missed by nobody: modules, attributes, signals and encodings."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.nvml.curve import TRACES

LACKING = """
import importlib, os, pkgutil, signal, socket, sys, time

# what others need of POSIX is theirs
import asyncio, tempfile, subprocess, multiprocessing.connection
import _pytest.faulthandler, filelock, numpy, pytest, scipy.special, scipy.stats, tabulate
import typer, jinja2, plotly.graph_objects, requests, anyio, pynvml, xdist.plugin

platform = {platform!r}
MODULES = ["spwd", "nis"]
OS = ["sched_getaffinity", "sched_setaffinity", "posix_fadvise", "O_DIRECT", "memfd_create"]
SIGNALS = ["SIGPOLL", "SIGSTKFLT", "SIGRTMIN", "sigtimedwait"]
TIME = []
if platform == "win32":
    MODULES += ["fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "_posixshmem"]
    OS += ["fork", "forkpty", "register_at_fork", "getuid", "geteuid", "getgid", "getegid", "uname"]
    OS += ["getpgid", "setsid", "killpg", "wait4", "wait3", "mkfifo", "mknod", "nice", "pread"]
    OS += ["preadv", "pwrite", "getloadavg", "statvfs", "chown", "lchown", "sysconf", "confstr"]
    OS += ["O_DIRECTORY", "WNOHANG", "chroot", "setuid"]  # filelock needs other flags itself
    SIGNALS += ["SIGKILL", "SIGHUP", "SIGSTOP", "SIGALRM", "SIGCHLD", "SIGQUIT", "SIGPIPE"]
    SIGNALS += ["SIGUSR1", "SIGUSR2", "SIGCONT", "SIGTSTP", "setitimer", "alarm", "pause"]
    SIGNALS += ["pthread_sigmask", "pthread_kill", "sigwait"]
    TIME += ["clock_gettime", "clock_gettime_ns", "CLOCK_MONOTONIC", "tzset"]

for name in MODULES:
    sys.modules[name] = None
for module, names in ((os, OS), (signal, SIGNALS), (time, TIME)):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.platform = platform

def no_file(path, *more, real=open, **other):
    if str(path).startswith(("/proc", "/sys")):
        raise FileNotFoundError(2, "No such file or directory", str(path))
    return real(path, *more, **other)

import builtins, io
builtins.open = io.open = no_file
"""
"""The platform as far as it can be played: what third parties loaded before keeps working."""

IMPORT_ALL = """
if platform == "win32":
    del socket.AF_UNIX  # which asyncio's loop for POSIX needs to run
import pytest_inferenergy
for module in pkgutil.walk_packages(pytest_inferenergy.__path__, "pytest_inferenergy."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        if (error.name or "") in sys.modules or (error.name or "").startswith("pytest_inf"):
            print(module.name, repr(error))
    except Exception as error:
        print(module.name, repr(error))
"""

RUN = """
sys.exit(pytest.main(sys.argv[1:]))
"""

TESTS = """
    import time

    def test_call(energy):
        energy(time.sleep, 0.25)

    async def ask():
        import anyio
        await anyio.sleep(0.25)

    def test_arun(energy):
        import anyio
        anyio.run(lambda: energy.arun(ask))

    def test_compare(energy):
        assert energy.compare(time.sleep, time.sleep, (0.1,)).ratio > 0
"""

playing = pytest.mark.skipif(sys.platform == "win32", reason="there it is so anyway")
platforms = pytest.mark.parametrize("platform", ["win32", "darwin"])


def script(platform: str, text: str) -> str:
    return LACKING.format(platform=platform) + text


@playing
@platforms
def test_all_modules_are_imported(platform: str) -> None:
    command = [sys.executable, "-c", script(platform, IMPORT_ALL)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


@playing
@platforms
def test_measurements_baselines_and_reports_need_none_of_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others' plugins miss what is gone
    pytester.makeini("[pytest]\nenergy_max_seconds = 0.2\n")
    pytester.makepyfile(test_model=TESTS)
    trace = TRACES / "steady_resnet50_b64.json.gz"
    kinds = [f"--energy-{kind}=out/r.{kind}" for kind in ("json", "csv", "markdown", "html")]
    options = [f"--energy-meter=replay:{trace}", "--energy-update", "--energy-report", *kinds]
    options += ["-p", "pytest_inferenergy.plugin", "-p", "no:cacheprovider", "--capture=sys"]
    command = [sys.executable, "-c", script(platform, RUN), *options]
    for told in ("2 new", "2 compared"):
        result = pytester.run(*command)
        result.assert_outcomes(passed=3)
        assert result.ret == 0
        result.stdout.fnmatch_lines([f"energy: 2 measured, *{told}*, 1 by turns"])
        (file,) = (pytester.path / "energy_baselines").iterdir()
        assert len(json.loads(file.read_text("ascii"))["tests"]) == 2
    assert len(list((pytester.path / "out").iterdir())) == 4
