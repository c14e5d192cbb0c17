"""One GPU through NVIDIA's own bindings: typed answers, ``None`` where a call is not supported.

Each capability is probed by calling it; that NVML initialises proves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters.base import DeviceState

T = TypeVar("T")

RETRY_AFTER = 0.02
"""Seconds after which a question is asked again that NVML did not answer."""
LASTING = frozenset({2, 3, 4, 6, 13})
"""``nvmlReturn_t`` that asking again does not change: invalid argument, not supported, no
permission, not found, function not found."""
ABSENT = frozenset({9, 12})
"""``nvmlReturn_t`` where there is nothing to open: driver not loaded, library not found."""
VALUE_MEMBERS = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal"}
"""``nvmlValueType_t`` and the member of a sample's value that holds it."""
POWER_INSTANT, MODULE_SCOPE = 186, 1
"""``NVML_FI_DEV_POWER_INSTANT`` and ``NVML_POWER_SCOPE_MODULE``, which older bindings lack."""


def open_library() -> Any:
    """Initialise NVML and return the module ``pynvml``; `MeterError` says why it cannot be."""
    try:
        import pynvml
    except ImportError as error:
        raise AbsentError(
            f"the module pynvml is missing ({error}); type: pip install nvidia-ml-py"
        ) from error
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        kind = AbsentError if getattr(error, "value", None) in ABSENT else MeterError
        raise kind(f"NVML does not answer: {error}") from error
    except AttributeError as error:  # a foreign module of that name
        raise AbsentError(
            "the module pynvml is not NVIDIA's; type: pip uninstall pynvml && "
            "pip install nvidia-ml-py"
        ) from error
    return pynvml


def hashed(uuid: str) -> str:
    """A short identity of a card that does not give its UUID away."""
    return hashlib.sha256(uuid.encode()).hexdigest()[:12]


class Gpu:
    """One device handle.

    What a figure needs raises `MeterError` when it fails; what is nice to know is then ``None``.
    """

    def __init__(self, nvml: Any, index: int) -> None:
        self._nvml = nvml
        # the second: a driver too old for the bindings; older bindings do not know that error
        self._errors = (nvml.NVMLError, getattr(nvml, "NVMLLibraryMismatchError", nvml.NVMLError))
        self._index = index
        self._handle = self._ask(nvml.nvmlDeviceGetHandleByIndex, index)
        self.uuid: str = self._ask(nvml.nvmlDeviceGetUUID, self._handle)
        self.name: str = self._try(nvml.nvmlDeviceGetName, self._handle) or "unknown NVIDIA GPU"
        self.identity = hashed(self.uuid)

    def _ask(self, call: Callable[..., T], *args: object) -> T:
        try:
            return call(*args)
        except self._errors as error:
            if getattr(error, "value", None) in LASTING:
                raise self._refused(call, error) from error
        time.sleep(RETRY_AFTER)
        try:
            return call(*args)
        except self._errors as error:
            raise self._refused(call, error) from error

    def _refused(self, call: Callable[..., object], error: Exception) -> MeterError:
        return MeterError(f"GPU {self._index}: {call.__name__}: {error}")

    def _try(self, call: Callable[..., T], *args: object) -> T | None:
        try:
            return call(*args)
        except self._errors:
            return None

    def joules(self) -> float:
        """The energy counter since the driver was loaded, joules."""
        return int(self._ask(self._nvml.nvmlDeviceGetTotalEnergyConsumption, self._handle)) / 1e3

    def watts(self) -> float:
        """The power reading (a mean over up to 1 s on recent cards), watts."""
        return int(self._ask(self._nvml.nvmlDeviceGetPowerUsage, self._handle)) / 1e3

    def module_watts(self) -> float | None:
        """Power of the whole module, a superchip's; ``None`` where NVML knows no such scope."""
        nvml = self._nvml
        ask = getattr(nvml, "nvmlDeviceGetFieldValues", None)
        if ask is None:
            return None
        told = self._try(ask, self._handle, [(POWER_INSTANT, MODULE_SCOPE)])
        if told is None or told[0].nvmlReturn != nvml.NVML_SUCCESS:
            return None
        return float(getattr(told[0].value, VALUE_MEMBERS.get(told[0].valueType, "uiVal"))) / 1e3

    def samples(self) -> list[tuple[int, float]]:
        """The ring of power samples: (wall clock in microseconds, watts), oldest first."""
        nvml = self._nvml
        try:
            kind, samples = nvml.nvmlDeviceGetSamples(
                self._handle, nvml.NVML_TOTAL_POWER_SAMPLES, 0
            )
        except nvml.NVMLError as error:
            if error.value == nvml.NVML_ERROR_NOT_FOUND:
                return []
            raise MeterError(f"GPU {self._index}: nvmlDeviceGetSamples: {error}") from error
        member = VALUE_MEMBERS.get(kind, "uiVal")
        return [(int(s.timeStamp), getattr(s.sampleValue, member) / 1e3) for s in samples]

    def mig(self) -> bool:
        """Whether the card is split into MIG slices (its counters then cover the whole board)."""
        mode = self._try(self._nvml.nvmlDeviceGetMigMode, self._handle)
        return mode is not None and mode[0] == self._nvml.NVML_DEVICE_MIG_ENABLE

    def power_limit(self) -> float | None:
        """The enforced power limit, watts."""
        milliwatts = self._try(self._nvml.nvmlDeviceGetEnforcedPowerLimit, self._handle)
        return None if milliwatts is None else milliwatts / 1e3

    def driver(self) -> str | None:
        """Version of the NVIDIA driver."""
        return self._try(self._nvml.nvmlSystemGetDriverVersion)

    def state(self) -> DeviceState:
        """Clocks, temperature, throttle reasons, memory and load at this moment."""
        nvml, handle = self._nvml, self._handle
        memory = self._try(nvml.nvmlDeviceGetMemoryInfo, handle)
        rates = self._try(nvml.nvmlDeviceGetUtilizationRates, handle)
        return DeviceState(
            sm_clock_mhz=self._try(nvml.nvmlDeviceGetClockInfo, handle, nvml.NVML_CLOCK_SM),
            temperature_c=self._try(
                nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU
            ),
            power_limit_watts=self.power_limit(),
            throttle_reasons=self._try(nvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle),
            memory_used_bytes=None if memory is None else int(memory.used),
            busy=None if rates is None else int(rates.gpu) / 100,
        )

    def processes(self) -> frozenset[int] | None:
        """Ids of the processes that hold a compute context on the device."""
        listed = self._try(self._nvml.nvmlDeviceGetComputeRunningProcesses, self._handle)
        return None if listed is None else frozenset(int(p.pid) for p in listed)

    def working_processes(self, since: int) -> frozenset[int] | None:
        """Ids of the processes that kept the GPU busy after a stamp (wall clock, us)."""
        nvml = self._nvml
        try:
            samples = nvml.nvmlDeviceGetProcessUtilization(self._handle, since)
        except nvml.NVMLError as error:
            nobody = (nvml.NVML_ERROR_NOT_FOUND, nvml.NVML_SUCCESS)  # pynvml raises success
            return frozenset() if error.value in nobody else None
        return frozenset(int(s.pid) for s in samples if s.smUtil > 0)


def all_gpus(nvml: Any) -> tuple[Gpu, ...]:
    """Every GPU of the machine; `MeterError` where there is none."""
    try:
        count = int(nvml.nvmlDeviceGetCount())
    except nvml.NVMLError as error:
        raise MeterError(f"NVML does not count its devices: {error}") from error
    if count == 0:
        raise MeterError("NVML answers, but this machine has no NVIDIA GPU", "no_gpu")
    return tuple(Gpu(nvml, index) for index in range(count))
