"""A library that is missing or broken: the outcome is named, and nothing is gated by guess."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project

MISSING = """
    import sys
    sys.modules[{name!r}] = None
"""
BROKEN = """
    import sys, types

    class Broken(types.ModuleType):
        def __getattr__(self, name):
            raise {error}

    sys.modules[{name!r}] = Broken({name!r})
"""


@pytest.mark.parametrize("name", ["pynvml", "numpy"])
def test_one_that_measuring_needs_and_that_is_missing(project: Project, name: str) -> None:
    project.write(BLOCK)
    project.pytester.makeconftest(MISSING.format(name=name))
    result = project.run_apart("--energy-meter=nvml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"energy: *nothing was gated*{name}*"])
    strict = project.run_apart("--energy-strict")
    strict.assert_outcomes(failed=1)
    assert "INTERNALERROR" not in strict.stdout.str()


@pytest.mark.parametrize("error", ["RuntimeError('CUDA driver too old')", "AttributeError(name)"])
@pytest.mark.parametrize("name", ["torch", "cupy", "jax", "tensorflow", "numba.cuda"])
def test_a_framework_that_is_broken_does_not_matter(
    project: Project, name: str, error: str
) -> None:
    project.write(BLOCK)
    project.pytester.makeconftest(BROKEN.format(name=name, error=error))
    project.run_apart().assert_outcomes(passed=1)
    assert [m["state"] for m in project.measured] == ["measured"]


def test_without_codecarbon_and_a_meter_nothing_is_measured(project: Project) -> None:
    project.write(BLOCK)
    project.pytester.makeconftest(MISSING.format(name="codecarbon"))
    result = project.run_apart("--energy-meter=codecarbon")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: *nothing was gated*codecarbon*"])
