"""A real Prometheus server on the loopback, with a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAM = "prometheus"
REQUIRED = "INFERENERGY_PROMETHEUS"
"""Set to ``required``, as CI does: without Prometheus the tests fail; else they are skipped."""
START_SECONDS = 30.0


def program() -> str:
    """Where Prometheus is; without it the test is skipped, and fails where tests need it."""
    found = shutil.which(PROGRAM)
    if found is None:
        reason = f"the program {PROGRAM} is missing; type: apt-get install prometheus"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(f"{reason} ({REQUIRED}=required)")
        pytest.skip(reason)
    return found


class RealPrometheus:
    """Scrapes some exporters each ``interval`` seconds until it is closed."""

    def __init__(self, folder: Path, exporters: Sequence[str], interval: float) -> None:
        self._targets = len(exporters)
        targets = ", ".join(f"'{address}'" for address in exporters)
        config = folder / "prometheus.yml"
        config.write_text(
            f"global: {{scrape_interval: {round(1000 * interval)}ms, "
            f"scrape_timeout: {round(1000 * min(interval, 5.0))}ms}}\n"
            "scrape_configs:\n"
            f"  - {{job_name: dcgm, static_configs: [{{targets: [{targets}]}}]}}\n"
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                program(),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self) -> None:
        """Until it answers and has scraped all exporters; it looks for them some seconds late."""
        deadline = time.monotonic() + START_SECONDS
        while self._scraped() < self._targets:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("prometheus did not start")
            time.sleep(0.1)

    def _scraped(self) -> int:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?query=up", timeout=2) as answer:
                return len(json.load(answer)["data"]["result"])
        except (urllib.error.URLError, OSError):
            return 0

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
