"""``-p no:terminal``: nothing is printed, everything else works."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project


def test_the_gate_and_the_results_need_no_terminal(regressed: Project) -> None:
    result = regressed.run_apart("-p", "no:terminal", "--energy-report", "--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.stdout.str() == ""
    assert "Traceback" not in result.stderr.str()
    assert [m["verdict"] for m in regressed.measured] == ["regressed"]
