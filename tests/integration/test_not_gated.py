"""Figures that no verdict can rest on: shown in every report, neither judged nor stored."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

WORK = """
    import time

    def test_block(energy):
        energy.run(time.sleep, (0.25,), budget="1 MJ")
"""
REASON = "not gated: the energy counter and the power samples of a device disagree"


@pytest.fixture
def superchip(project: Project, fake_nvml: MakeFakeNvml) -> Project:
    """A machine whose counter holds 150 W that its samples do not."""
    project.gpu = fake_nvml(FakeDevice(watts=150, beside_watts=150.0), in_process=True)
    return project


@pytest.mark.parametrize("joules", [75.0, 40.0, 120.0], ids=["equal", "risen", "fallen"])
def test_sensors_that_disagree_are_shown_and_neither_judged_nor_stored(
    superchip: Project, joules: float
) -> None:
    superchip.store(joules=joules)
    before = superchip.baseline_file.read_bytes()
    superchip.write(WORK)
    result = superchip.run(
        "--energy-report", "--energy-csv=r.csv", "--energy-markdown=r.md", "--energy-html=r.html",
        "--junitxml=r.xml", "--energy-update",
    )  # fmt: skip
    result.assert_outcomes(passed=1)
    (measured,) = superchip.measured
    assert measured["verdict"] == "inconclusive"
    assert measured["details"]["reason"].startswith(REASON)
    assert "sensors_disagree" in measured["flags"]
    assert measured["budget"]["word"] == "inconclusive"
    for name in ("r.csv", "r.md", "r.html", "r.xml"):
        assert "sensors_disagree" in (superchip.path / name).read_text("utf-8"), name
    assert "sensors_disagree" in result.stdout.str()
    assert superchip.baseline_file.read_bytes() == before
    superchip.run("--energy-strict").assert_outcomes(failed=1)


def test_a_first_figure_of_such_sensors_begins_no_baseline(superchip: Project) -> None:
    superchip.write(WORK)
    for option in ("--energy-update", "--energy-accept"):
        superchip.run(option)
        (measured,) = superchip.measured
        assert measured["verdict"] == "inconclusive"
        assert not (superchip.path / "energy_baselines").exists()


def test_a_module_that_nvml_tells_of_is_measured_as_one(
    project: Project, fake_nvml: MakeFakeNvml
) -> None:
    device = FakeDevice(watts=150, beside_watts=150.0, module_scope=True)
    project.gpu = fake_nvml(device, in_process=True)
    project.write(WORK)
    project.run("--energy-update").assert_outcomes(passed=1)
    (measured,) = project.measured
    assert measured["verdict"] == "new"
    assert measured["slug"] == "nvidia-h200-x1-700w-nvml-module"
    assert measured["mean_watts"] == pytest.approx(300, rel=0.05)
    assert "sensors_disagree" not in measured["flags"]
    assert list(measured["components"]) == ["module"]
    assert "test_model.py::test_block" in project.stored


def test_a_comparison_by_such_sensors_has_no_verdict(superchip: Project) -> None:
    superchip.write("""
        import time

        def test_pair(energy):
            found = energy.compare(lambda: time.sleep(0.3), lambda: time.sleep(0.2))
            assert found.verdict == "inconclusive"
            assert found.reason.startswith("the energy counter and the power samples")
    """)
    superchip.run("--energy-max-seconds=2").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ("power_limit_watts=500", "power_limit_changed"),
        ("sm_clock_mhz=1200", "clocks_changed"),
    ],
)
def test_a_setting_changed_during_a_run_is_seen(project: Project, change: str, flag: str) -> None:
    project.store(joules=18.0)
    project.write(f"""
        import threading, time
        from tests.nvml.library import FakeNvml

        def test_block(energy):
            gpu = FakeNvml.current()
            timer = threading.Timer(2.5, lambda: gpu.set({change}))
            timer.start()
            energy.run(time.sleep, (0.06,))
    """)
    project.run("--energy-update", "--energy-max-seconds=4").assert_outcomes(passed=1)
    (measured,) = project.measured
    assert measured["verdict"] == "inconclusive"
    assert flag in measured["flags"]
    assert measured["details"]["reason"].startswith("not gated: the ")
