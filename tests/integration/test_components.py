"""The ini key ``energy_components``: what the figure adds up, where a CPU is measured, too."""

from __future__ import annotations

import time

import pytest

from pytest_inferenergy.meters import select
from pytest_inferenergy.meters.base import MeterProfile, Reading
from tests.integration.conftest import BLOCK, Project

GPU, CPU = 300.0, 100.0


class SteadyCpu:
    """A processor whose counter says 100 W, always."""

    name = "rapl"
    covered = edge = staticmethod(time.perf_counter)

    def attach(self) -> None:
        """There is one processor."""

    def profile(self) -> MeterProfile:
        return MeterProfile(meter=self.name, device="A steady CPU", count=1)

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        """All is known at once."""

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        joules = CPU * (end - start)
        return (Reading("cpu", "measured", joules, 0.001 * joules, "rapl-package-0"),)

    def forget(self, before: float) -> None:
        """Nothing is kept."""

    close = attach


@pytest.fixture
def both(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A GPU and a CPU that both tell their energy."""
    monkeypatch.setattr(select, "_rapl", SteadyCpu)
    project.write(BLOCK)
    return project


@pytest.mark.parametrize(
    ("components", "watts"),
    [(None, GPU), ("gpu", GPU), ("cpu", CPU), ("gpu cpu", GPU + CPU)],
)
def test_the_figure_adds_up_what_was_asked_for(
    both: Project, components: str | None, watts: float
) -> None:
    wanted = "" if components is None else f"energy_components = {components}\n"
    both.pytester.makeini(f"[pytest]\n{wanted}")
    both.run().assert_outcomes(passed=1)
    (measured,) = both.measured
    assert measured["mean_watts"] == pytest.approx(watts, rel=0.03)
    gated = {name for name, part in measured["components"].items() if part["gated"]}
    assert gated == set((components or "gpu").split())
    assert set(measured["components"]) == {"gpu", "cpu"}  # the rest is told, and not added


def test_other_components_are_another_machine(both: Project) -> None:
    both.run("--energy-meter=auto", "--energy-update")
    both.pytester.makeini("[pytest]\nenergy_components = gpu cpu\n")
    both.run("--energy-update").stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    assert len(list((both.path / "energy_baselines").iterdir())) == 2


def test_a_component_that_nothing_measures_is_said(project: Project) -> None:
    project.write(BLOCK)
    project.pytester.makeini("[pytest]\nenergy_meter = nvml\nenergy_components = cpu\n")
    result = project.run("--energy-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy was not measured: *cpu*"])
