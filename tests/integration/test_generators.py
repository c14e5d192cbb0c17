"""Generators end to end: tokens, prefill and decode, and what a change of theirs is made of."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL, Project

GENERATOR = """
    import time

    TOKENS = {tokens}

    def generate(prompt):
        time.sleep(0.1 + 0.05 * (TOKENS - 1))
        return [0] * TOKENS

    def read(prompt):
        time.sleep(0.1)

    def test_it(energy):
        energy.run(generate, ("once",), tokens=len, prefill=read, prompt_tokens=20)
        return_value = energy.result
        phases = return_value.phases
        assert list(phases) == ["prefill", "decode"]
        whole = sum(phase.joules_per_inference for phase in phases.values())
        assert abs(whole / return_value.joules_per_inference - 1) < 1e-9
        assert phases["decode"].stderr > phases["prefill"].stderr > 0
"""


@pytest.fixture
def project(project: Project) -> Project:
    """With time for windows of half a second."""
    project.pytester.makeini("""
        [pytest]
        energy_meter = nvml
        energy_max_seconds = 1.5
    """)
    return project


@pytest.mark.every_python
def test_prefill_and_decode_are_told_apart(project: Project) -> None:
    project.write(GENERATOR.format(tokens=5))
    project.run("--energy-report").assert_outcomes(passed=1)
    (outcome,) = project.measured
    assert outcome["tokens_per_inference"] == 5
    assert outcome["run"]["tokens_per_inference"] == 5
    prefill, decode = (outcome["phases"][name] for name in ("prefill", "decode"))
    assert prefill["joules_per_inference"] == pytest.approx(300 * 0.1, rel=0.1)
    assert decode["joules_per_inference"] == pytest.approx(300 * 0.2, rel=0.1)
    assert decode["seconds_per_inference"] == pytest.approx(0.2, rel=0.1)
    assert prefill["tokens_per_inference"] == 20
    assert prefill["joules_per_token"] == pytest.approx(prefill["joules_per_inference"] / 20)
    assert decode["joules_per_token"] == pytest.approx(decode["joules_per_inference"] / 4)
    assert outcome["joules_per_token"] == pytest.approx(outcome["joules_per_inference"] / 5)


def test_more_tokens_are_named_as_the_cause(project: Project) -> None:
    project.write(GENERATOR.format(tokens=5))
    project.run("--energy-update").assert_outcomes(passed=1)
    project.write(GENERATOR.format(tokens=9))
    result = project.run("--energy-report")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_it: * J/token, prefill * J (* J/token), decode * J (* J/token)",
            "  change = tokens +80.0 % x time per token -* % x power *",
        ]
    )
    details = project.measured[0]["details"]
    assert details["tokens_ratio"] == pytest.approx(1.8, rel=1e-3)
    assert details["time_per_token_ratio"] == pytest.approx(0.5 / 0.3 / 1.8, rel=0.1)
    assert details["time_ratio"] == pytest.approx(
        details["tokens_ratio"] * details["time_per_token_ratio"]
    )


def test_a_comparison_by_turns_knows_the_tokens(project: Project) -> None:
    project.write("""
        import time
        from pytest_inferenergy import Workload

        def test_it(energy):
            long = Workload(time.sleep, (0.2,), tokens=20, inferences=2)
            short = Workload(time.sleep, (0.1,), tokens=5)
            assert abs(energy.compare(long, short, name="a").tokens_ratio - 2) < 1e-9
            assert energy.compare(long, Workload(time.sleep, (0.1,))).tokens_ratio is None
    """)
    project.run("-o", "energy_max_seconds=3").assert_outcomes(passed=1)
    assert [turns["tokens_ratio"] for turns in project.results["comparisons"]] == [
        pytest.approx(2),
        None,
    ]


def test_an_error_of_prefill_is_the_tests_own(project: Project) -> None:
    project.write("""
        import time

        def test_it(energy):
            energy.run(time.sleep, (0.3,), prefill=lambda seconds: 1 / 0)
    """)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *ZeroDivisionError: division by zero"])
    assert "pytest_inferenergy/" not in result.stdout.str()
    assert project.measured == []


def test_unmeasured_prefill_is_not_called(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_it(energy):
            energy.run(len, ("a film",), prefill=lambda text: 1 / 0)
    """)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable")
    result.assert_outcomes(passed=1)
