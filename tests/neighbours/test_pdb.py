"""``--pdb``: a regression stops in the debugger like any failed test."""

from __future__ import annotations

import sys

from tests.integration.conftest import USUAL, Project


def test_a_regression_opens_the_debugger(regressed: Project) -> None:
    command = [sys.executable, "-m", "pytest", *USUAL, "--pdb"]
    result = regressed.pytester.run(*command, stdin=b"print('looked', 'around')\ncontinue\n")
    result.stdout.fnmatch_lines(["*entering PDB*", "*looked around*", "energy: *1 regressed"])
    assert "INTERNALERROR" not in result.stdout.str()
