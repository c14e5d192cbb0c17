"""Lock files of this user on this machine, in the temporary folder; they stay when released."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def lock_file(name: str) -> Path:
    """The lock file of a name; processes of the same user get the same one."""
    user = os.getuid() if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"pytest-inferenergy-{user}-{name}.lock"
