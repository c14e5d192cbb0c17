"""The energy counters that Linux shows under ``/sys/class/powercap`` (RAPL, Intel and AMD)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

ROOT: Final = Path("/sys/class/powercap")
GRANT: Final = (
    "only root may read it; to let everybody until the next start: "
    "sudo chmod a+r {root}/intel-rapl:*/energy_uj"
)
_PACKAGE: Final = re.compile(r"package-(\d+)(-die-\d+)?")


@dataclass(frozen=True, slots=True)
class Zone:
    """One energy counter."""

    name: str
    """E.g. ``package-0`` or ``package-0/dram``."""
    component: Literal["cpu", "ram"]
    path: Path
    """The file ``energy_uj``."""
    range_uj: int
    """Where the counter begins again at 0, microjoules."""

    @property
    def socket(self) -> str:
        """The socket it belongs to, e.g. ``package-0``."""
        return self.name.split("/")[0].split("-die-")[0]


@dataclass(frozen=True, slots=True)
class Powercap:
    """What was found: the counters to read, or the reason why there are none."""

    zones: tuple[Zone, ...]
    problem: str | None


def find(root: Path = ROOT) -> Powercap:
    """The package and DRAM counters below a powercap root.

    Left out: psys (the whole platform), core and uncore (parts of the package), and the tree
    ``intel-rapl-mmio``, which shows the same package a second time. Dies may show one counter of
    their socket several times (`mirrors`).
    """
    packages: list[Zone] = []
    others: list[Zone] = []
    try:
        for zone in _zones(root):
            try:
                read(zone.path)
            except PermissionError:
                return Powercap((), f"{zone.path}: {GRANT.format(root=root)}")
            except (OSError, ValueError) as error:
                if zone.component == "ram":
                    continue  # some boards list a DRAM counter that they do not have
                return Powercap((), f"{zone.path}: cannot be read: {error}")
            (others if zone.component == "ram" else packages).append(zone)
    except (OSError, ValueError) as error:
        return Powercap((), f"{root}: cannot be read: {error}")
    if not packages:
        return Powercap(
            (),
            f"{root} shows no RAPL package counter, as in a virtual machine, in a container or on "
            "another system; on bare metal: sudo modprobe intel_rapl_msr",
        )
    return Powercap((*packages, *others), None)


def read(path: Path) -> int:
    """A counter's value now, microjoules; `OSError` or `ValueError` when it has none."""
    handle = os.open(path, os.O_RDONLY)
    try:
        return int(os.pread(handle, 64, 0))
    finally:
        os.close(handle)


def _zones(root: Path) -> Iterator[Zone]:
    folders = sorted(root.glob("intel-rapl:*")) if root.is_dir() else []
    names = {folder.name: _text(folder / "name") for folder in folders}
    for folder in folders:
        name = names[folder.name]
        parent = names.get(folder.name.rpartition(":")[0], "")
        if _PACKAGE.fullmatch(name):
            component: Literal["cpu", "ram"] = "cpu"
        elif name == "dram" and _PACKAGE.fullmatch(parent):
            component, name = "ram", f"{parent}/dram"
        else:
            continue
        span = int(_text(folder / "max_energy_range_uj"))
        if span <= 0:
            raise ValueError(f"{folder.name} gives no range of its counter")
        yield Zone(name, component, folder / "energy_uj", span)


def _text(path: Path) -> str:
    return path.read_text("ascii", "replace").strip()
