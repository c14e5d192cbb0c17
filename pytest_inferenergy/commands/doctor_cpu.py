"""What the doctor finds out of the processor and of what the machine is inside of."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_inferenergy.errors import MeterError

if TYPE_CHECKING:
    from pytest_inferenergy.meters.base import Meter

ROOT: Final = Path("/")


def examine_rapl() -> dict[str, Any]:
    """Whether the processor's own counters can be read, and do count."""
    from pytest_inferenergy.meters import select

    try:
        meters = select.open_meters("rapl")
    except MeterError as error:
        return {"problem": str(error), "device": None, "sockets": None}
    try:
        profile = meters.profile()
        return {"problem": None, "device": profile.device, "sockets": profile.count}
    finally:
        meters.close()


def examine_codecarbon(running: Meter | None = None) -> dict[str, Any]:
    """What codecarbon has for a figure here: a counter, or a model.

    ``running``: the meter where one is open already, since to open one takes seconds.
    """
    from pytest_inferenergy.meters import select

    try:
        if running is not None:
            return _codecarbon_of(running)
        meters = select.open_meters("codecarbon")
        try:
            return _codecarbon_of(meters.meters[0])
        finally:
            meters.close()
    except MeterError as error:
        return {"problem": str(error), "device": None, "cpu": None}


def _codecarbon_of(meter: Meter) -> dict[str, Any]:
    instants = []
    for _ in range(2):
        instants.append(meter.edge())
        meter.wait_until_covered(instants[-1])
    sources = {reading.component: reading.source for reading in meter.read(*instants)}
    return {"problem": None, "device": meter.profile().device, "cpu": sources.get("cpu")}


def surroundings(root: Path = ROOT) -> list[str]:
    """What stands between this process and the hardware, as far as files tell."""
    found = []
    if (root / ".dockerenv").exists():
        found.append("a Docker container")
    elif (root / "run/.containerenv").exists():
        found.append("a Podman container")
    elif os.environ.get("KUBERNETES_SERVICE_HOST"):
        found.append("a Kubernetes pod")
    elif re.search(r"docker|kubepods|lxc|containerd", _text(root / "proc/1/cgroup")):
        found.append("a container")
    if "microsoft" in _text(root / "proc/sys/kernel/osrelease").lower():
        found.append("Windows Subsystem for Linux")
    elif re.search(r"^flags\s*:.*\bhypervisor\b", _text(root / "proc/cpuinfo"), re.MULTILINE):
        found.append("a virtual machine")
    return found


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", "replace")
    return ""
