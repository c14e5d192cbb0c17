"""What ``with energy.window(...)`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import MisuseError

if TYPE_CHECKING:
    from pytest_inferenergy.measurement import Measurement as _Figures
else:
    _Figures = object
"""To a type checker a window has every figure of a `Measurement`, each written once, there."""


class OpenWindow(_Figures):
    """A `Measurement` once the block has ended; reading a figure before that is an error."""

    def __init__(self) -> None:
        self._result: _Figures | None = None

    def _close(self, result: _Figures) -> None:
        self._result = result

    @property
    def result(self) -> _Figures:
        """The measurement; an error before the block has ended."""
        if self._result is None:
            raise MisuseError("the window is still open: read its figures after the with block")
        return self._result

    def __repr__(self) -> str:
        return "<energy window, still open>" if self._result is None else repr(self._result)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            return getattr(self.result, name)
