"""The small project, started as several ranks that torch knows of each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from tests.integration.conftest import USUAL, Project, project

__all__ = ["project"]

RANKS = """
    import os, pathlib, time
    import pytest, torch
    import torch.distributed as dist

    HERE = pathlib.Path(__file__).parent
    RANK = int(os.environ["RANK"])

    @pytest.fixture(scope="session", autouse=True)
    def group():
        dist.init_process_group("gloo", init_method=f"file://{HERE / 'meeting'}",
            rank=RANK, world_size=int(os.environ["WORLD_SIZE"]))
        yield
        dist.destroy_process_group()

    def model(seconds=0.05):
        (HERE / f"calls_{RANK}").open("a").write("x")
        time.sleep(seconds)
        told = torch.ones(1)
        dist.all_reduce(told)  # hangs unless all ranks make as many calls
        return int(told) + RANK
"""
"""Two ranks whose calls wait for each other."""

RunRanks = Callable[..., list[subprocess.CompletedProcess[str]]]


@pytest.fixture
def run_ranks(project: Project) -> RunRanks:
    """Run pytest once for each of two ranks, at the same time, as torchrun would."""
    if find_spec("torch") is None:  # not imported: it cannot be loaded twice under pytester
        pytest.skip("no torch")

    def run(
        *options: str, each: tuple[str, str] = ("", "")
    ) -> list[subprocess.CompletedProcess[str]]:
        (project.path / "meeting").unlink(missing_ok=True)
        started = []
        for rank, own in enumerate(each):
            place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
            command = [sys.executable, "-m", "pytest", *USUAL, "-p", "no:cacheprovider"]
            command += [f"--basetemp={project.path / f'tmp_{rank}'}", *options, *own.split()]
            started.append(
                subprocess.Popen(
                    command,
                    cwd=project.path,
                    env=os.environ | place,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                )
            )
        done = []
        try:
            for process in started:
                out, _ = process.communicate(timeout=120)
                done.append(subprocess.CompletedProcess((), process.returncode, out))
        finally:
            for process in started:
                process.kill()
                process.wait()
        return done

    return run
