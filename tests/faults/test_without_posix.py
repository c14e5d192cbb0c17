"""Every module can be imported where POSIX's own modules and attributes are missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORT_ALL = """
import importlib, os, pkgutil, signal, socket, sys

import pytest, numpy, tempfile, subprocess, asyncio  # what others need of POSIX is theirs

for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"):
    sys.modules[name] = None
for name in ("SIGKILL", "SIGHUP", "SIGSTOP", "SIGALRM", "setitimer", "pthread_sigmask"):
    if hasattr(signal, name):
        delattr(signal, name)
for name in ("fork", "getuid", "geteuid", "getppid", "killpg", "setsid", "wait4", "mkfifo"):
    if hasattr(os, name):
        delattr(os, name)
del socket.AF_UNIX

import pytest_inferenergy
for module in pkgutil.walk_packages(pytest_inferenergy.__path__, "pytest_inferenergy."):
    if not module.name.endswith("__main__") and {needed!r} not in module.name:
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            if (error.name or "") in sys.modules or (error.name or "").startswith("pytest_inf"):
                print(module.name, repr(error))
        except Exception as error:
            print(module.name, repr(error))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there it is so anyway")
def test_all_modules_are_imported() -> None:
    command = [sys.executable, "-c", IMPORT_ALL.replace("{needed!r}", "'janitor'")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
