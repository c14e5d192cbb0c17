"""A meter that was expected and does not answer: every report names it, and strict fails by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_inferenergy.meters import select
from pytest_inferenergy.meters.nvml import listed, visible
from tests.integration.conftest import BLOCK, Project
from tests.integration.test_components import SteadyCpu

DRIVER_NOT_LOADED = 9
AUTO = "--energy-meter=auto"
GPU = "not measured by nvml (a GPU is listed): *"
BASELINE = "not measured by nvml (a baseline of this test is by it): NVML does not answer: *"


@pytest.fixture
def fallback(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A CPU whose energy is known beside the GPU's."""
    monkeypatch.setattr(select, "_rapl", SteadyCpu)
    monkeypatch.setattr(listed, "DEVICES", project.path / "dev")
    project.write(BLOCK)
    return project


def says_nothing(result: pytest.RunResult) -> None:
    result.stdout.no_fnmatch_line("*not measured by*")


@pytest.mark.every_python
def test_a_gpu_that_is_listed_and_cannot_be_measured(fallback: Project) -> None:
    fallback.gpu.lose()
    result = fallback.run(
        AUTO, "--energy-report", "--energy-csv=r.csv", "--energy-markdown=r.md",
        "--energy-html=r.html",
    )  # fmt: skip
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [f"test_model.py::test_block: {GPU}", f"energy: 1 measured, 0 compared, 1 new, 1 {GPU}"]
    )
    (measured,) = fallback.measured
    assert measured["profile"]["meter"] == "rapl"
    assert measured["missing_meter"]["meter"] == "nvml"
    assert measured["missing_meter"]["expected_by"] == "gpu"
    for name in ("r.csv", "r.md", "r.html"):
        text = (fallback.path / name).read_text("utf-8")
        assert "not measured by nvml" in text, name


def test_strict_fails_with_that_reason(fallback: Project) -> None:
    fallback.gpu.lose()
    for options in ([], ["--energy-update"]):
        result = fallback.run(AUTO, "--energy-strict", *options)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([f"energy was {GPU}"])


def test_a_baseline_by_that_meter(fallback: Project) -> None:
    fallback.store()
    fallback.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    result = fallback.run(AUTO, "--energy-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"energy was {BASELINE}", f"energy: 1 measured, 0 compared, 1 new, 1 {BASELINE}"]
    )
    (measured,) = fallback.measured
    assert measured["missing_meter"]["expected_by"] == "baseline"


def test_a_device_of_the_driver_is_a_gpu_that_is_listed(fallback: Project) -> None:
    (fallback.path / "dev").mkdir()
    (fallback.path / "dev" / "nvidia0").touch()
    fallback.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    result = fallback.run(AUTO)
    result.stdout.fnmatch_lines([f"energy: 1 measured, 0 compared, 1 new, 1 {GPU}"])


def test_an_estimate_in_the_place_of_a_processor_that_was_measured(
    fallback: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallback.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    fallback.run(AUTO, "--energy-update").assert_outcomes(passed=1)
    from pytest_inferenergy.errors import MeterError

    def locked() -> SteadyCpu:
        raise MeterError("energy_uj may not be read")

    class Estimate(SteadyCpu):
        name = "codecarbon"

    monkeypatch.setattr(select, "_rapl", locked)
    monkeypatch.setattr(select, "_codecarbon", Estimate)
    fallback.run(AUTO).stdout.fnmatch_lines(
        ["energy: *, 1 new, 1 not measured by rapl (a baseline of this test is by it): energy_uj *"]
    )


@pytest.mark.parametrize("stored", [None, "test_model.py::test_other"])
def test_a_machine_without_a_gpu_misses_none(fallback: Project, stored: str | None) -> None:
    if stored is not None:
        fallback.store(stored)
    fallback.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    says_nothing(fallback.run(AUTO))
    assert fallback.measured[0]["missing_meter"] is None


def test_a_gpu_that_is_hidden_on_purpose_is_not_missed(
    fallback: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(visible, "cuda_visible_uuids", tuple)
    says_nothing(fallback.run(AUTO))
    assert fallback.measured[0]["profile"]["meter"] == "rapl"


def test_who_asks_for_another_meter_misses_none(fallback: Project) -> None:
    fallback.store()
    fallback.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    says_nothing(fallback.run("--energy-meter=rapl"))


def test_a_meter_that_answers_is_not_missed(fallback: Project) -> None:
    fallback.store()
    says_nothing(fallback.run(AUTO, "--energy-tolerance=40"))


def test_a_broken_file_of_another_machine_does_no_harm(fallback: Project) -> None:
    folder: Path = fallback.path / "energy_baselines"
    folder.mkdir()
    (folder / "other.json").write_text("{")
    fallback.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    fallback.run(AUTO).assert_outcomes(passed=1)
