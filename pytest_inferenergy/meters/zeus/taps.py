"""What Zeus's device layer can be asked on this machine: GPUs of AMD, Apple silicon, Jetson.

Zeus is imported here and only when it is asked for: that takes two seconds. Where it finds no
device it would answer 0 J in silence; here that is an error.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters.base import ComponentName

Kind = Literal["counter", "sum", "power"]
JETSON_MODEL = Path("/proc/device-tree/model")

PARTS: dict[ComponentName, tuple[str, ...]] = {
    # what works as one: the GPU, its memory on the chip, and the neural engine
    "gpu": ("gpu_mj", "gpu_sram_mj", "ane_mj", "gpu_energy_mj"),
    "cpu": ("cpu_total_mj", "cpu_energy_mj"),
    "ram": ("dram_mj",),
}
"""Fields of Zeus's measurements of a system on a chip, millijoules, by component."""


@dataclass(frozen=True)
class Tap:
    """One figure that can be asked for again and again."""

    component: ComponentName
    device: str
    kind: Kind
    """``counter``: joules, in ticks. ``sum``: joules that Zeus itself adds up, or that change all
    the time. ``power``: watts."""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Something that is read at once and answers one figure for each of its taps."""

    model: str
    taps: tuple[Tap, ...]
    read: Callable[[], tuple[float, ...]]
    """Joules or watts, in the order of ``taps``; may raise whatever Zeus raises."""


def find_sources() -> tuple[Source, ...]:
    """What answers here; `MeterError` where the extra is missing or Zeus finds no device."""
    try:
        from zeus.device import get_gpus, get_soc
    except ImportError as error:
        raise AbsentError(
            f"the meter zeus needs the library zeus ({error}); type: "
            'pip install "pytest-inferenergy[zeus]"'
        ) from error
    reasons: list[str] = []
    # On a Jetson the GPU is part of the chip, and NVML answers nothing: the chip comes first.
    chip = _tried(get_soc, "no system on a chip", reasons)
    if chip is not None:
        return soc_sources(chip)
    gpus = _tried(get_gpus, "no GPU", reasons)
    if gpus is None or not len(gpus):
        raise MeterError(f"Zeus finds no device here: {'; '.join(reasons) or 'no GPU'}")
    return gpu_sources(gpus.gpus)


def _tried(get: Callable[[], Any], what: str, reasons: list[str]) -> Any:
    try:
        return get()
    except Exception as error:
        reasons.append(f"{what} ({_line(error)})")
        return None


def soc_sources(soc: Any) -> tuple[Source, ...]:
    """A system on a chip: its components with an energy."""
    told = _ask(soc.get_total_energy_consumption, type(soc).__name__)
    # Zeus adds up Jetson's power itself, ten times a second: no counter stands behind it
    kind: Kind = "sum" if type(soc).__name__ == "Jetson" else "counter"
    taps = tuple(
        Tap(component, f"zeus-{component}", kind, known)
        for component, fields in PARTS.items()
        if (known := tuple(f for f in fields if getattr(told, f, None) is not None))
    )
    if not taps:
        raise MeterError(f"Zeus tells no energy of this {type(soc).__name__}")

    def read() -> tuple[float, ...]:
        now = soc.get_total_energy_consumption()
        return tuple(sum(float(getattr(now, part)) for part in tap.parts) / 1e3 for tap in taps)

    return (Source(_soc_model(soc), taps, read),)


def gpu_sources(gpus: Sequence[Any]) -> tuple[Source, ...]:
    """GPUs by their energy counter, else by their power; those that answer neither are left out."""
    reasons: list[str] = []
    found = [_gpu_source(number, gpu, reasons) for number, gpu in enumerate(gpus)]
    sources = tuple(source for source in found if source is not None)
    if not sources:
        raise MeterError(f"no GPU that Zeus finds tells its energy: {'; '.join(reasons)}")
    return sources


def _gpu_source(number: int, gpu: Any, reasons: list[str]) -> Source | None:
    device = f"zeus-gpu-{number}"
    ways: list[tuple[Kind, Callable[[], float]]] = [
        ("power", gpu.get_instant_power_usage),
        ("power", gpu.get_average_power_usage),
    ]
    try:
        if gpu.supports_get_total_energy_consumption():
            ways.insert(0, ("counter", gpu.get_total_energy_consumption))
    except Exception as error:
        reasons.append(f"{device}: {_line(error)}")
    for kind, ask in ways:
        try:
            ask()
            name = str(gpu.get_name())
        except Exception as error:
            reasons.append(f"{device}: {_line(error)}")
            continue

        def read(ask: Callable[[], float] = ask) -> tuple[float, ...]:
            return (float(ask()) / 1e3,)

        return Source(name, (Tap("gpu", device, kind),), read)
    return None


def _ask(ask: Callable[[], Any], name: str) -> Any:
    try:
        return ask()
    except Exception as error:
        raise MeterError(f"Zeus cannot read this {name}: {_line(error)}") from error


def _soc_model(soc: Any) -> str:
    """The chip's name, as far as the system tells it."""
    if platform.system() == "Darwin":
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            encoding="utf-8",
            timeout=5,
            check=False,
        )
        if asked.stdout.strip():
            return asked.stdout.strip()
    if JETSON_MODEL.is_file():
        return JETSON_MODEL.read_text("utf-8", "replace").strip("\0 \n") or type(soc).__name__
    return type(soc).__name__


def models(sources: Iterable[Source]) -> str:
    """The devices' models, each once."""
    return " + ".join(sorted({source.model for source in sources}))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
