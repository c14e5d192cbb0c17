"""What ``tox.ini`` cannot say: how many environments run at a time, and where uv finds wheels."""

from __future__ import annotations

import os
import subprocess
import sys

from tox.util.cpu import auto_detect_cpus


def pip_find_links() -> str:
    """Where pip looks for wheels besides the index, in uv's form: it reads no setting of pip's."""
    places = os.environ.get("PIP_FIND_LINKS")
    if places is None:
        ask = [sys.executable, "-m", "pip", "config", "get", "global.find-links"]
        places = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    return ",".join(places.split())


if len(sys.argv) == 1:  # all of them: as many at a time as there are cores
    os.environ.setdefault("TOX_PARALLEL", str(auto_detect_cpus()))
os.environ.setdefault("UV_FIND_LINKS", pip_find_links())
