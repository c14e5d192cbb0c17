"""What is not imported before the first verdict."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import pytest_inferenergy.stats.decide
import pytest_inferenergy.stats.budget
import pytest_inferenergy.stats.stopping
import pytest_inferenergy.stats.sequential
heavy = {"numpy", "scipy", "pytest"} & set(sys.modules)
assert not heavy, heavy
"""


def test_deciding_needs_no_numpy_scipy_or_pytest_to_be_imported() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True)
