"""Whether this process is one of several that a launcher started, each with a pytest of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.meters.frameworks import part_of

LAUNCHERS = (
    ("RANK", "WORLD_SIZE"),  # torchrun, accelerate, deepspeed
    ("SLURM_PROCID", "SLURM_NTASKS"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
)


@dataclass(frozen=True)
class Job:
    """The place of this process among the ranks."""

    rank: int
    size: int


def distributed() -> Any:
    """``torch.distributed`` where torch is loaded and has a process group, else ``None``."""
    found = part_of("torch", "distributed")
    return found if found is not None and found.is_available() and found.is_initialized() else None


def job() -> Job | None:
    """The job that torch works in and a launcher started.

    A process group alone does not say that the other ranks run tests: an engine may drive workers
    of its own, and then the calls of this process are all there are.
    """
    torch = distributed()
    if torch is None or torch.get_world_size() < 2:
        return None
    found = Job(torch.get_rank(), torch.get_world_size())
    told = [(os.environ.get(rank), os.environ.get(size)) for rank, size in LAUNCHERS]
    return found if (str(found.rank), str(found.size)) in told else None


def launched() -> Job | None:
    """The job that a launcher of torch's kind began, whatever torch has made of it by now."""
    rank, size = (os.environ.get(name, "") for name in LAUNCHERS[0])
    if "LOCAL_RANK" not in os.environ or not (rank.isdecimal() and size.isdecimal()):
        return None
    return Job(int(rank), int(size)) if int(size) > 1 else None
