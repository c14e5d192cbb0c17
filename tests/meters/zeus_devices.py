"""Zeus's own abstractions of devices, with recorded curves behind them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from zeus.device.gpu.common import GPU, GPUs, ZeusGPUNotSupportedError
from zeus.device.soc.common import SoC, SoCMeasurement

from tests.prometheus.exporter import Card


def _unused(*args: object, **kwargs: object) -> None:
    raise ZeusGPUNotSupportedError("not asked for in tests")


def replayed_gpu(card: Card, *, counter: bool = True, power: bool = True) -> Any:
    """A `zeus.device.gpu.common.GPU` that plays a recording."""

    def energy(self: object) -> int:
        if not counter:
            raise ZeusGPUNotSupportedError("no counter")
        return int(1e3 * card.shown(time.perf_counter()))

    def watts(self: object) -> int:
        if not power:
            raise ZeusGPUNotSupportedError("no power")
        return int(1e3 * card.watts(time.perf_counter()))

    told = {
        "get_name": lambda self: "AMD Instinct MI300X",
        "supports_get_total_energy_consumption": lambda self: counter,
        "get_total_energy_consumption": energy,
        "get_instant_power_usage": watts,
    }
    body = dict.fromkeys(GPU.__abstractmethods__, _unused) | told
    return type("ReplayedGPU", (GPU,), body)(0)


def replayed_gpus(*gpus: Any) -> Any:
    """A `zeus.device.gpu.common.GPUs` of them."""
    body = dict.fromkeys(GPUs.__abstractmethods__, _unused) | {
        "__init__": lambda self: None,
        "__del__": lambda self: None,
        "__len__": lambda self: len(gpus),
        "gpus": property(lambda self: gpus),
    }
    return type("ReplayedGPUs", (GPUs,), body)()


@dataclass
class ChipMeasurement(SoCMeasurement):  # type: ignore[misc]
    """As Zeus's own for Apple silicon, in millijoules."""

    cpu_total_mj: int | None = None
    gpu_mj: int | None = None
    gpu_sram_mj: int | None = None
    ane_mj: int | None = None
    dram_mj: int | None = None

    def __sub__(self, other: object) -> ChipMeasurement:
        raise NotImplementedError

    def zero_all_fields(self) -> None:
        raise NotImplementedError


def replayed_soc(card: Card, name: str = "AppleSilicon") -> Any:
    """A `zeus.device.soc.common.SoC`: its GPU plays a recording, the rest draws 5 W and 1 W."""
    began = time.perf_counter()

    def energy(self: object) -> ChipMeasurement:
        now = time.perf_counter()
        return ChipMeasurement(
            cpu_total_mj=int(5e3 * (now - began)),
            gpu_mj=int(1e3 * card.truth(now)),
            gpu_sram_mj=0,
            dram_mj=int(1e3 * (now - began)),
        )

    body = dict.fromkeys(SoC.__abstractmethods__, _unused) | {
        "get_total_energy_consumption": energy
    }
    return type(name, (SoC,), body)()


NO_ENERGY = SimpleNamespace(get_total_energy_consumption=SimpleNamespace)
"""A chip that measures nothing."""
