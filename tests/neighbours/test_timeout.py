"""pytest-timeout: a measured call that hangs ends its test, and nothing else."""

from __future__ import annotations

import os

import pytest

from tests.integration.conftest import Project

HANGS = """
    import time
    import pytest

    @pytest.mark.timeout(1, method="{method}")
    def test_hangs(energy):
        energy(time.sleep, 30)

    def test_block(energy):
        with energy.window():
            time.sleep(0.2)
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX only")
def test_a_call_that_hangs_is_a_failed_test(project: Project) -> None:
    project.write(HANGS.format(method="signal"))
    result = project.run_apart("--energy-update")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Timeout*", "energy: 1 measured, *"])
    assert list(project.stored) == ["test_model.py::test_block"]


def test_a_process_that_is_ended_leaves_the_baselines_alone(project: Project) -> None:
    project.write(HANGS.format(method="thread"))
    project.store()
    before = project.baseline_file.read_bytes()
    result = project.run_apart("--energy-update")
    assert result.ret != pytest.ExitCode.OK
    assert project.baseline_file.read_bytes() == before
