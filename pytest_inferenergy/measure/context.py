"""What a process knows around its measurements: the checkout, its baselines, who else is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.measure.facts import commit_of

if TYPE_CHECKING:
    from pytest_inferenergy.baselines.history import Baselines, History
    from pytest_inferenergy.baselines.profile import MachineProfile
    from pytest_inferenergy.measure.request import Request
    from pytest_inferenergy.progress import ProgressReporter


class Context:
    """One in each process that measures."""

    def __init__(
        self,
        root: Path,
        *,
        siblings: bool,
        live: ProgressReporter,
        alter_profile: Callable[[MachineProfile], MachineProfile],
    ) -> None:
        self._root = root
        self.siblings = siblings
        """Whether other test workers use this host meanwhile."""
        self.live = live
        """Where to tell how a measurement is coming on."""
        self.alter_profile = alter_profile
        """What other plugins have to say of the machine."""
        self._baselines: dict[str, Baselines | None] = {}
        self._all: tuple[Baselines, ...] | None = None

    def history(self, profile: MachineProfile, request: Request) -> History | None:
        """What is stored of a measurement on this machine; each file is read once."""
        from pytest_inferenergy.baselines.store import load

        if profile.slug not in self._baselines:
            self._baselines[profile.slug] = load(request.settings.baselines, profile)
        stored = self._baselines[profile.slug]
        return None if stored is None else stored.history(request.nodeid, request.name or "")

    def measured_by(self, meter: str, request: Request) -> bool:
        """Whether a measurement has a baseline by the meter of a name, on whatever machine."""
        if self._all is None:
            from pytest_inferenergy.baselines.store import load_all

            try:
                self._all = load_all(request.settings.baselines)
            except BaselineError:  # what it belongs to fails by it
                self._all = ()
        return any(
            stored.profile.meter == meter
            and stored.history(request.nodeid, request.name or "") is not None
            for stored in self._all
        )

    def commit(self) -> str | None:
        """The commit under test."""
        return commit_of(self._root)
