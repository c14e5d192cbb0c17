"""Where nothing is measured, figures skip, strict fails, and the closing line says why."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, USUAL, Project

READS = """
    def test_plain(energy):
        assert energy(len, "a film") == 6
        assert energy.result.idle_watts is None

    def test_reads(energy):
        energy(len, "a film")
        assert energy.result.kwh_per_1k < 1e-9

    def test_reads_a_window(energy):
        with energy.window() as w:
            pass
        assert w.mean_watts < 1

    def test_unrelated():
        pass
"""


DRIVER_NOT_LOADED = 9


@pytest.fixture
def without_gpu(project: Project) -> Project:
    """A project that asks for NVML where there is no driver."""
    project.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    project.write(READS)
    return project


def test_without_a_meter_reading_a_figure_skips(without_gpu: Project) -> None:
    result = without_gpu.run("-rs")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "SKIPPED [[]1[]] test_model.py:*: energy was not measured: nothing to measure with *",
            "energy: 0 measured, 0 compared, 3 not measured; nothing was gated: nothing to measure "
            "with (nvml): *",
        ]
    )


def test_without_a_meter_strict_fails(without_gpu: Project) -> None:
    result = without_gpu.run("--energy-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        ["energy was not measured: nothing to measure with *", "energy was not measured: nothing *"]
    )
    assert "pytest_inferenergy/" not in result.stdout.str()


def test_disable_runs_each_body_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_model=READS)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", "-rs")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "SKIPPED * test_model.py:*: energy was not measured: disabled by --energy-disable",
            "energy: nothing was gated: disabled by --energy-disable (3 energy tests ran *)",
            "*= 2 passed, 2 skipped in *",
        ]
    )


@pytest.mark.parametrize("options", [[], ["-q"], ["--energy-report"]])
def test_disable_says_so_in_its_last_line(pytester: pytest.Pytester, options: list[str]) -> None:
    pytester.makepyfile(test_model=READS)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", *options)
    lines = [line for line in result.outlines if line.strip()]
    assert lines[-2].startswith("energy: nothing was gated: disabled by --energy-disable")


def test_disable_calls_once_even_where_it_would_repeat(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        calls = []

        def test_call(energy):
            energy(calls.append, 1)
            assert calls == [1]

        def test_deck(energy):
            energy.run(calls.append, inputs=[2, 3])
            assert calls == [1, 2]

        @pytest.mark.energy
        def test_marker_only():
            calls.append(4)

        def test_after():
            assert calls == [1, 2, 4]
    """)
    pytester.runpytest_inprocess(*USUAL, "--energy-disable").assert_outcomes(passed=4)


def test_a_figure_read_in_a_fixture_skips(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def watts(energy):
            energy(len, "a film")
            return energy.result.mean_watts

        def test_it(watts):
            assert watts < 500
    """)
    pytester.runpytest_inprocess(*USUAL, "--energy-disable").assert_outcomes(skipped=1)


def test_a_regression_is_not_hidden_by_a_later_figure_that_was_not_measured(
    project: Project,
) -> None:
    project.store(joules=30.0)
    project.write(BLOCK + "        assert energy.run(len, ('',), name='late').mean_watts < 500\n")
    result = project.run("--energy-session-seconds=0.15")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy regressed: *", "*1 not measured"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import pytest\n@pytest.mark.skip\ndef test_it(energy):\n    pass", {"skipped": 1}),
        (
            "import pytest\n@pytest.fixture\ndef model():\n    1 / 0\n"
            "def test_it(energy, model):\n    pass",
            {"errors": 1},
        ),
    ],
    ids=["skipped", "no model"],
)
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_energy_tests_that_never_came_to_measure_are_counted(
    pytester: pytest.Pytester, text: str, expected: dict[str, int], workers: list[str]
) -> None:
    pytester.makepyfile(text)
    result = pytester.runpytest_subprocess(*USUAL, *workers)
    result.assert_outcomes(**expected)
    result.stdout.fnmatch_lines(
        ["energy: 0 measured, 0 compared, 1 energy test without a measurement; nothing was gated"]
    )


def test_a_run_that_stops_early_says_what_it_did_not_gate(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_first():\n    assert 0\ndef test_it(energy):\n    pass")
    result = pytester.runpytest_inprocess(*USUAL, "-x")
    result.stdout.fnmatch_lines(["energy: 0 measured, *1 energy test without a measurement*"])


def test_without_energy_tests_nothing_is_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it():\n    pass")
    for options in ([], ["--energy-report"], ["--energy-disable"], ["--energy-strict"]):
        result = pytester.runpytest_inprocess(*USUAL, *options)
        result.assert_outcomes(passed=1)
        result.stdout.no_fnmatch_line("energy*")
