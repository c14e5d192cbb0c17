"""Energy with its standard error."""

from __future__ import annotations

from typing import NamedTuple


class Energy(NamedTuple):
    """Joules between two instants and their standard error, in joules."""

    joules: float
    stderr: float
