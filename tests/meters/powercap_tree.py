"""A powercap tree in a folder, whose counters a test lets run."""

from __future__ import annotations

from pathlib import Path

RANGE_UJ = 262_143_328_850
"""The usual range of a server's package counter, microjoules."""


class PowercapTree:
    """Zones and a clock; time passes only in `sleep`."""

    def __init__(self, root: Path) -> None:
        self.root = root / "powercap"
        self.root.mkdir()
        self.cpuinfo = root / "cpuinfo"
        self.cpuinfo.write_text("processor\t: 0\nmodel name\t: Intel(R) Xeon(R)  Platinum 8480+\n")
        self.seconds = 1000.0
        self.watts: dict[str, float] = {}

    def zone(
        self, folder: str, name: str, watts: float, start_uj: int = 5_000_000, span: int = RANGE_UJ
    ) -> Path:
        """Add a zone such as ``intel-rapl:0:1``; the path of its counter."""
        path = self.root / folder
        path.mkdir()
        (path / "name").write_text(f"{name}\n")
        (path / "max_energy_range_uj").write_text(f"{span}\n")
        (path / "energy_uj").write_text(f"{start_uj}\n")
        self.watts[folder] = watts
        return path / "energy_uj"

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass: every counter goes on, and begins again at its range."""
        self.seconds += seconds
        for folder, watts in self.watts.items():
            path = self.root / folder
            span = int((path / "max_energy_range_uj").read_text())
            count = int((path / "energy_uj").read_text())
            (path / "energy_uj").write_text(f"{(count + round(watts * seconds * 1e6)) % span}\n")
