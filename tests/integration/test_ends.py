"""Whatever fails, and however slow calls are: a measurement ends, by a figure or a reason."""

from __future__ import annotations

import time

import pytest

from tests.integration.conftest import BLOCK, Project

FAILS = """
    import time
    from tests.nvml.library import FakeDevice, FakeNvml

    calls = 0

    def model():
        global calls
        calls += 1
        if calls == 14:  # the warm-up is over: no window has an energy yet
            {act}
        time.sleep(0.1)

    def test_it(energy):
        energy(model)
"""
COUNTER = "nvmlDeviceGetTotalEnergyConsumption"


@pytest.mark.parametrize("function", [COUNTER, "nvmlDeviceGetSamples"])
def test_an_error_that_passes_costs_a_retry(project: Project, function: str) -> None:
    project.write(FAILS.format(act=f'FakeNvml.current().fail("{function}", 999, times=3)'))
    project.run("--energy-max-seconds=2").assert_outcomes(passed=1)
    (found,) = project.measured
    assert found["state"] == "measured"
    assert found["mean_watts"] == pytest.approx(300, rel=0.02)
    assert not {"no_counter", "no_samples"} & set(found["flags"])


@pytest.mark.parametrize(
    ("act", "flag"),
    [
        (f'FakeNvml.current().fail("{COUNTER}", 999)', "gpu_lost"),
        (f'FakeNvml.current().fail("{COUNTER}", 15)', "gpu_lost"),
        ('FakeNvml.current().counter("back")', "counter_back"),
    ],
    ids=["unknown error", "lost", "counter back"],
)
def test_an_error_that_stays_ends_it_by_name(project: Project, act: str, flag: str) -> None:
    project.write(FAILS.format(act=act))
    began = time.perf_counter()
    project.run("--energy-max-seconds=60").assert_outcomes(skipped=0, passed=1)
    assert time.perf_counter() - began < 40
    (found,) = project.measured
    assert found["state"] == "unmeasured"
    assert found["flags"] == [flag]


def test_opening_is_tried_twice(project: Project) -> None:
    project.write(BLOCK)
    project.gpu.fail("nvmlInit_v2", 999, times=1)
    project.run().assert_outcomes(passed=1)
    assert project.measured[0]["state"] == "measured"


def test_set_up_counts(project: Project) -> None:
    """A second and a half of windows at least, as much warm-up, and what surrounds them."""
    project.write("""
        import time

        def test_it(energy):
            energy.run(lambda: time.sleep(0.001), setup=lambda: (time.sleep(0.02), ())[1])
    """)
    began = time.perf_counter()
    project.run("--energy-max-seconds=1").assert_outcomes(passed=1)
    assert time.perf_counter() - began < 30  # it was 65 s, on a machine with nothing else to do
    assert project.measured[0]["inferences"] < 400


def test_a_first_call_that_compiles_makes_no_call_slow(project: Project) -> None:
    project.write("""
        import time

        calls = 0

        def model():
            global calls
            calls += 1
            time.sleep(1.5 if calls == 1 else 0.01)

        def test_it(energy):
            energy(model)
    """)
    project.run("--energy-max-seconds=1").assert_outcomes(passed=1)
    (found,) = project.measured
    assert found["seconds_per_inference"] < 0.1
    assert found["inferences"] > 60


def test_a_thread_that_outlives_its_session_does_not_keep_pytest(project: Project) -> None:
    project.write("""
        import threading, time

        def test_it(energy):
            work = lambda: energy.run(time.sleep, args=(0.002,), name="t")
            threading.Thread(target=work).start()
            time.sleep(1.5)
    """)
    began = time.perf_counter()
    result = project.run_apart("--energy-max-seconds=300")
    assert time.perf_counter() - began < 60
    result.stdout.fnmatch_lines(["*passed*"])


def test_windows_that_tell_no_order_of_magnitude_begin_no_baseline(project: Project) -> None:
    project.write("""
        import time

        calls = 0

        def model():
            global calls
            calls += 1
            time.sleep((0.3, 0.3, 2.5)[calls % 3])

        def test_it(energy):
            energy(model)
    """)
    project.run("--energy-update").assert_outcomes(passed=1)
    (found,) = project.measured
    assert found["verdict"] == "inconclusive"
    assert "order of magnitude" in found["details"]["reason"]
    assert not (project.path / "energy_baselines").exists()
