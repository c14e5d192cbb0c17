"""``inferenergy compare``: ratios, what is left aside, and the exit code."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.stats.ratio import level_ratio
from tests.baselines.baseline_examples import H200, NOON, a_run
from tests.commands.conftest import DAY, Invoke, files, outcome, write_baselines, write_results
from tests.report.outcomes import unmeasured

A100 = MachineProfile("NVIDIA A100", 1, 400, False, "nvml", ("gpu",))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs of which the second took a fifth more."""
    a = write_results(tmp_path / "a.json", outcome(60.0))
    return a, write_results(tmp_path / "b.json", outcome(72.0, run={"time": NOON + DAY}))


class TestRatio:
    def test_of_one_run_each_is_as_sure_as_the_prior(self) -> None:
        ratio = level_ratio([a_run()], [a_run(log_joules=math.log(1.5))])
        assert ratio.ratio == pytest.approx(1.2)
        # t(0.995; 4 degrees) = 4.604, of √2 times 1.5 %
        half = 4.604 * math.sqrt(2 * 0.015**2 + 2 * 0.001**2)
        assert math.log(ratio.high / ratio.ratio) == pytest.approx(half, rel=1e-3)

    def test_more_sessions_narrow_it(self) -> None:
        few = level_ratio([a_run()], [a_run()])
        many = [a_run(time=NOON + DAY * n) for n in range(5)]
        assert level_ratio(many, many).high < few.high

    @given(st.floats(0.01, 100), st.floats(0.0, 0.2), st.integers(1, 5))
    def test_sides_swapped_give_the_inverse(self, factor: float, sd: float, count: int) -> None:
        old = [a_run(time=NOON + DAY * n, window_sd=sd) for n in range(count)]
        new = [a_run(log_joules=math.log(factor), window_sd=sd)]
        there, back = level_ratio(old, new), level_ratio(new, old)
        assert there.ratio * back.ratio == pytest.approx(1)
        assert there.low <= there.ratio <= there.high


def test_two_results(inferenergy: Invoke, pair: tuple[Path, Path]) -> None:
    result = inferenergy("compare", *pair)
    assert result.exit_code == 0
    assert "1.200" in result.stdout
    assert "0.0167" in result.stdout
    assert result.stdout.endswith("1 compared\n")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--fail-over", "15"], 1),
        (["--fail-over", "25"], 0),
        (["--fail-over", "15", "--sure"], 0),
        (["--fail-over", "5", "--sure"], 1),
    ],
)
def test_fail_over_sets_the_exit_code(
    inferenergy: Invoke, pair: tuple[Path, Path], options: list[str], code: int
) -> None:
    result = inferenergy("compare", *pair, *options)
    assert result.exit_code == code
    assert ("OVER" in result.stdout) == bool(code)


def test_a_fall_never_fails(inferenergy: Invoke, pair: tuple[Path, Path]) -> None:
    assert inferenergy("compare", *pair[::-1], "--fail-over", "0").exit_code == 0


def test_two_folders(inferenergy: Invoke, tmp_path: Path) -> None:
    a = write_baselines(tmp_path / "a", [60.0, 60.5, 59.5])
    b = write_baselines(tmp_path / "b", [66.0, 66.5, 65.5])
    result = inferenergy("compare", a, b, "--fail-over", "5")
    assert result.exit_code == 1
    assert "1.100" in result.stdout


def test_what_only_one_side_has_is_listed(inferenergy: Invoke, tmp_path: Path) -> None:
    a = write_results(tmp_path / "a.json", outcome(nodeid="t.py::gone"), outcome())
    b = write_results(tmp_path / "b.json", outcome(), outcome(nodeid="t.py::here", name="n"))
    out = inferenergy("compare", a, b).stdout
    assert "only in A: t.py::gone\n" in out
    assert "only in B: t.py::here n\n" in out
    assert out.endswith("1 compared, 2 on one side only\n")


def test_machines_are_not_compared_in_silence(inferenergy: Invoke, tmp_path: Path) -> None:
    a = write_results(tmp_path / "a.json", outcome(60.0))
    b = write_results(tmp_path / "b.json", outcome(90.0, A100))
    result = inferenergy("compare", a, b)
    assert "other machine: A on NVIDIA H200 x1, 700 W" in result.stdout
    assert "0 compared, 1 not compared" in result.stdout
    forced = inferenergy("compare", a, b, "--across-machines", "--fail-over", "20")
    assert forced.exit_code == 1
    assert "across machines" in forced.stdout


def test_folders_with_several_machines_pair_their_own(inferenergy: Invoke, tmp_path: Path) -> None:
    for folder, factor in (("a", 1.0), ("b", 1.1)):
        write_baselines(tmp_path / folder, [60.0 * factor])
        write_baselines(tmp_path / folder, [90.0 * factor], profile=A100)
    out = inferenergy("compare", tmp_path / "a", tmp_path / "b").stdout
    assert out.count("1.100") == 2
    assert "other machine" not in out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source": "estimated"}, "A is measured, B is estimated"),
        ({"run": {"inferences_per_call": 8}}, "inputs changed: inferences per call 1 → 8"),
    ],
)
def test_what_cannot_be_compared_says_why(
    inferenergy: Invoke, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    a = write_results(tmp_path / "a.json", outcome())
    b = write_results(tmp_path / "b.json", outcome(**change))
    assert reason in inferenergy("compare", a, b).stdout


def test_what_was_not_measured_says_why(inferenergy: Invoke, tmp_path: Path) -> None:
    a = write_results(tmp_path / "a.json", outcome())
    b = write_results(tmp_path / "b.json", unmeasured("no GPU"))
    assert "B: not measured: no GPU" in inferenergy("compare", a, b).stdout


def test_a_limit_that_nothing_can_be_held_to_is_an_error(
    inferenergy: Invoke, tmp_path: Path
) -> None:
    a = write_results(tmp_path / "a.json", outcome())
    b = write_results(tmp_path / "b.json", outcome(profile=A100))
    result = inferenergy("compare", a, b, "--fail-over", "5")
    assert result.exit_code == 2
    assert "nothing could be compared" in result.stderr


def test_a_failed_test_and_another_card_are_remarked(inferenergy: Invoke, tmp_path: Path) -> None:
    a = write_results(tmp_path / "a.json", outcome(run={"device": "one"}))
    b = write_results(tmp_path / "b.json", outcome(run={"device": "two"}, test_outcome="failed"))
    out = inferenergy("compare", a, b).stdout
    assert "other card of the same model" in out
    assert "its test failed in B" in out


def test_a_folder_and_a_file_are_refused(inferenergy: Invoke, tmp_path: Path) -> None:
    a = write_results(tmp_path / "a.json", outcome())
    b = write_baselines(tmp_path / "b", [60.0])
    result = inferenergy("compare", a, b)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "compare two files of results, or two folders of baselines" in result.stderr


def test_nothing_is_written(inferenergy: Invoke, pair: tuple[Path, Path], tmp_path: Path) -> None:
    before = files(tmp_path)
    inferenergy("compare", *pair)
    assert files(tmp_path) == before


def test_profiles_that_differ_in_one_fact_are_other_machines(
    inferenergy: Invoke, tmp_path: Path
) -> None:
    a = write_results(tmp_path / "a.json", outcome())
    b = write_results(tmp_path / "b.json", outcome(profile=replace(H200, power_limit_watts=600)))
    assert "other machine" in inferenergy("compare", a, b).stdout
