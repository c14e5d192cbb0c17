"""What a test author gets: one frozen `Measurement` of a workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_inferenergy.errors import NothingMeasuredError
from pytest_inferenergy.stats.phases import Phase
from pytest_inferenergy.units import kwh_per_1k, plus_minus, with_prefix


@dataclass(frozen=True, slots=True)
class ComponentEnergy:
    """The part of one component; ``gated`` ones add up to the figure."""

    source: Literal["measured", "estimated"]
    joules_per_inference: float
    """Joules."""
    gated: bool
    """Whether it is part of the figure that is compared."""

    @property
    def kwh_per_1k(self) -> float:
        """Kilowatt-hours per 1,000 inferences."""
        return kwh_per_1k(self.joules_per_inference)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a workload that was measured."""

    joules_per_inference: float
    """Geometric mean over the windows, joules; gated components only."""
    joules_low: float
    """Lower end of the 99 % interval, joules: repeatability within this run."""
    joules_high: float
    seconds_per_inference: float
    """Geometric mean over the windows, seconds."""
    inferences: int
    windows: int
    source: Literal["measured", "estimated"]
    components: Mapping[str, ComponentEnergy]
    tokens_per_inference: float | None = None
    images_per_inference: float | None = None
    phases: Mapping[str, Phase] = field(default_factory=dict)
    joules_by_device: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """Energy of a workload.

    Figures are floats; reading one where nothing was measured raises `NothingMeasuredError`,
    which skips the test with the reason (and fails it under ``--energy-strict``). What is merely
    unknown is ``None``.
    """

    name: str | None
    """Its name within the test; ``None``: the unnamed one."""
    figures: Figures | None = None
    reason: str | None = None
    """Why nothing was measured; ``None`` where it was."""
    devices: tuple[str, ...] = ()
    """What was measured, by hashed identity."""
    flags: tuple[str, ...] = ()
    """Causes for doubt, such as ``host_bound``."""
    idle_watts: float | None = None
    """Power of the devices at rest, watts."""
    gco2_per_1k: float | None = None
    """Grams of CO2 equivalent for 1,000 inferences, of `kwh_per_1k`; `None` where no intensity of
    electricity is given (``--energy-carbon``)."""
    baseline: float | None = None
    """Level of the stored runs, kWh per 1,000 inferences."""
    change: float | None = None
    """Change against the baseline, a fraction: 0.05 is 5 % more."""
    verdict: str | None = None
    """`passed`, `improved`, `regressed`, `inconclusive` or `new`; `None` where nothing judged."""
    description: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """What the workload says of itself: task, model, batch_size, dtype, …"""
    details: Mapping[str, object] = field(default_factory=dict)
    """The verdict's numbers, as they stand in the JSON results."""

    meter: str | None = None
    """The meter that told the energy, e.g. ``nvml``."""

    def __repr__(self) -> str:
        what = "energy" if self.name is None else f"energy of {self.name!r}"
        if self.figures is None:
            return f"<{what}: not measured, {self.reason}>"
        half = 0.5 * (self.high - self.low) / self.kwh_per_1k
        told = [f"{with_prefix(self.wh_per_1k, 'Wh')}/1k ±{plus_minus(half, '.2g')}"]
        told.append(f"{self.windows} window{'s' * (self.windows != 1)}")
        told += [word for word in (self.meter, self.verdict) if word is not None]
        return f"<{what} {', '.join(told)}>"

    @property
    def _known(self) -> Figures:
        if self.figures is None:
            raise NothingMeasuredError(self.reason or "nothing was measured")
        return self.figures

    @property
    def joules_per_inference(self) -> float:
        """Joules per inference."""
        return self._known.joules_per_inference

    @property
    def kwh_per_1k(self) -> float:
        """Kilowatt-hours per 1,000 inferences, of the gated components."""
        return kwh_per_1k(self._known.joules_per_inference)

    @property
    def wh_per_1k(self) -> float:
        """Watt-hours per 1,000 inferences."""
        return 1e3 * self.kwh_per_1k

    @property
    def low(self) -> float:
        """Lower end of the 99 % interval of `kwh_per_1k`; repeatability within this run."""
        return kwh_per_1k(self._known.joules_low)

    @property
    def high(self) -> float:
        """Upper end of the 99 % interval of `kwh_per_1k`."""
        return kwh_per_1k(self._known.joules_high)

    @property
    def seconds_per_inference(self) -> float:
        """Seconds per inference (the pace)."""
        return self._known.seconds_per_inference

    @property
    def mean_watts(self) -> float:
        """Mean power while working, watts."""
        return self._known.joules_per_inference / self._known.seconds_per_inference

    @property
    def inferences(self) -> int:
        """Inferences measured, over all windows."""
        return self._known.inferences

    @property
    def windows(self) -> int:
        """Windows measured."""
        return self._known.windows

    @property
    def source(self) -> str:
        """``measured`` or ``estimated``."""
        return self._known.source

    @property
    def components(self) -> Mapping[str, ComponentEnergy]:
        """Each component with its own source, by name."""
        return self._known.components

    @property
    def joules_by_device(self) -> Mapping[str, float]:
        """Joules per inference of each device measured, by its hashed identity."""
        return self._known.joules_by_device

    @property
    def total_kwh_per_1k(self) -> float:
        """All components together, measured and estimated; `components` tells them apart."""
        return sum(part.kwh_per_1k for part in self._known.components.values())

    @property
    def joules_per_token(self) -> float | None:
        """Joules per token, ``None`` without ``tokens=``."""
        tokens = self._known.tokens_per_inference
        return None if not tokens else self._known.joules_per_inference / tokens

    @property
    def tokens_per_joule(self) -> float | None:
        """Tokens per joule, ``None`` without ``tokens=``."""
        tokens = self._known.tokens_per_inference
        return None if not tokens else tokens / self._known.joules_per_inference

    @property
    def phases(self) -> Mapping[str, Phase]:
        """``prefill`` and ``decode``, by name; empty without ``prefill=``."""
        return self._known.phases

    @property
    def joules_per_image(self) -> float | None:
        """Joules per image made, ``None`` without ``images=``."""
        images = self._known.images_per_inference
        return None if not images else self._known.joules_per_inference / images

    @property
    def joules_above_idle(self) -> float | None:
        """Joules per inference beyond what the devices draw at rest; ``None``: idle unknown."""
        if self.idle_watts is None:
            return None
        figures = self._known
        return figures.joules_per_inference - self.idle_watts * figures.seconds_per_inference
