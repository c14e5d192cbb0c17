"""The machine profile: the few hard facts that decide which baselines a run may be held against."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, get_args

from pytest_inferenergy.baselines.fields import Fields
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.meters.base import ComponentName, MeterProfile

COMPONENT_ORDER: Final[tuple[ComponentName, ...]] = get_args(ComponentName)
CPU_METERS: Final = frozenset({"rapl", "codecarbon"})
LONGEST_SLUG: Final = 100


@dataclass(frozen=True, slots=True)
class MachineProfile:
    """What must be equal for two runs to be comparable at all; equal profiles share a file."""

    device: str
    """Device model, e.g. ``NVIDIA H200``."""
    count: int
    """Number of devices measured."""
    power_limit_watts: int | None
    """Enforced power limit, whole watts; ``None``: the meter knows of none."""
    mig: bool
    """Whether the devices are partitioned (Multi-Instance GPU)."""
    meter: str
    """The source of the energy, e.g. ``nvml``."""
    components: tuple[ComponentName, ...]
    """What is summed into the gated figure, in the order of `COMPONENT_ORDER`."""

    @classmethod
    def from_meter(cls, profile: MeterProfile, components: Iterable[str]) -> MachineProfile:
        """Take the hard facts of a meter and the gated components.

        Raises `BaselineError` when no component, or one that does not exist, is named.
        """
        limit = profile.power_limit_watts
        return cls(
            device=profile.device,
            count=profile.count,
            power_limit_watts=None if limit is None else round(limit),
            mig=profile.mig,
            meter=profile.meter,
            components=in_order(components),
        )

    @property
    def waits(self) -> bool:
        """Whether a device of it can wait for its host; a processor is the host."""
        return not {"gpu", "module"}.isdisjoint(self.components)

    @property
    def slug(self) -> str:
        """The profile as a file name without suffix, e.g. ``nvidia-h200-x1-700w-nvml``."""
        limit = self.power_limit_watts
        parts = [
            _slug(self.device) or "device",
            f"x{self.count}",
            *([] if limit is None else [f"{limit}w"]),
            *(["mig"] if self.mig else []),
            _slug(self.meter) or "meter",
            *(self.components if self.components != (usual_component(self.meter),) else ()),
        ]
        slug = "-".join(parts)
        # Two machines must not share a file because their names differ in a lost character only.
        if len(slug) <= LONGEST_SLUG and _tells_all(self.device + self.meter):
            return slug
        digest = hashlib.sha256(repr(self).encode("utf-8", "backslashreplace")).hexdigest()[:8]
        return f"{slug[: LONGEST_SLUG - 9].rstrip('-')}-{digest}"

    def as_dict(self) -> dict[str, Any]:
        """The profile as JSON-ready builtins."""
        return {
            "components": list(self.components),
            "count": self.count,
            "device": self.device,
            "meter": self.meter,
            "mig": self.mig,
            "power_limit_watts": self.power_limit_watts,
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "machine profile") -> MachineProfile:
        """Read what `as_dict` wrote; `where` begins the message of a `BaselineError`."""
        fields = Fields(data, where)
        profile = cls(
            device=fields.text("device"),
            count=fields.whole("count", at_least=1),
            power_limit_watts=fields.whole_or_none("power_limit_watts"),
            mig=fields.truth("mig"),
            meter=fields.text("meter"),
            components=in_order(fields.texts("components"), where),
        )
        fields.finish()
        return profile


def usual_component(meter: str) -> ComponentName:
    """The single component that a meter is asked for when nobody says otherwise."""
    return "cpu" if meter in CPU_METERS else "gpu"


def in_order(
    components: Iterable[str], where: str = "machine profile"
) -> tuple[ComponentName, ...]:
    """Each component once, in the order of `COMPONENT_ORDER`."""
    asked = set(components)
    unknown = asked.difference(COMPONENT_ORDER)
    if unknown or not asked:
        problem = f"unknown component {min(unknown)!r}" if unknown else "no component"
        raise BaselineError(f"{where}: {problem}; known are {', '.join(COMPONENT_ORDER)}")
    return tuple(name for name in COMPONENT_ORDER if name in asked)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _tells_all(name: str) -> bool:
    """Whether the slug loses no more of a name than case, spaces and plain punctuation."""
    return re.fullmatch(r"[A-Za-z0-9 _.,()@/-]*", name) is not None
