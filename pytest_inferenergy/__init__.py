"""pytest-inferenergy: the energy of ML inference as a tested property.

The public names are imported on first use, so that pytest's start stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_inferenergy.ab.comparison import Comparison
    from pytest_inferenergy.api import Energy
    from pytest_inferenergy.measure.workload import Workload
    from pytest_inferenergy.measurement import Measurement
    from pytest_inferenergy.session.gating import InferenergyWarning

__all__ = ["Comparison", "Energy", "InferenergyWarning", "Measurement", "Workload"]

_HOMES = {
    "Comparison": "pytest_inferenergy.ab.comparison",
    "Energy": "pytest_inferenergy.api",
    "InferenergyWarning": "pytest_inferenergy.session.gating",
    "Measurement": "pytest_inferenergy.measurement",
    "Workload": "pytest_inferenergy.measure.workload",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
