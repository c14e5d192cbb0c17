"""Whether the libraries of the extra ``html`` are here."""

from __future__ import annotations

from importlib.util import find_spec

LIBRARIES = ("jinja2", "plotly")


def missing_extra() -> str | None:
    """What to install, ``None`` where nothing is missing; looks without importing."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if not missing:
        return None
    return f'needs {" and ".join(missing)}: pip install "pytest-inferenergy[html]"'
