"""Another process of this user that measures on a GPU."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

HOLDER = """
import sys
from pytest_inferenergy.locks.gpu_lock import GpuLock
with GpuLock(None).take(frozenset(sys.argv[1:])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def held(uuid: str) -> Iterator[subprocess.Popen[str]]:
    """Meanwhile the process has its turn on the GPU, unless it ends before."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, uuid],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()
