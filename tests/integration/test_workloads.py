"""A ready `Workload` in the place of a callable, and the task of a test."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL, Project

READY = """
    import time
    import pytest
    from pytest_inferenergy import Workload

    def load(**changes):
        description = {"task": "text-to-image", "model": "/models/tiny", "dtype": "float32",
                       "batch_size": 2, "device": "cuda:0", "parameters": 1000}
        return Workload(time.sleep, (0.25,), inferences=2, images=8,
                        description=description | changes)
"""


def test_the_fixture_takes_it_with_its_counts_and_description(project: Project) -> None:
    project.write(
        READY
        + """
    def test_call(energy):
        assert energy(load()) is None
        m = energy.result
        assert m.inferences == 2 * m.windows
        assert abs(m.joules_per_image - m.joules_per_inference / 4) < 1e-9
        assert m.joules_per_token is None
        assert m.description["model"] == "tiny"

    def test_run(energy):
        assert energy.run(load(), name="again").joules_per_image > 0
    """
    )
    project.run().assert_outcomes(passed=2)
    first, second = project.measured
    assert first["task"] == {
        "task": "text-to-image",
        "model": "tiny",
        "dtype": "float32",
        "batch_size": 2,
        "device": "cuda:0",
        "parameters": 1000,
    }
    assert first["images_per_inference"] == 4
    assert first["joules_per_image"] == pytest.approx(first["joules_per_inference"] / 4)
    assert first["run"]["description"] == first["task"]
    assert second["name"] == "again"


def test_two_of_them_are_compared(project: Project) -> None:
    project.write(
        READY
        + """
    def test_compare(energy):
        comparison = energy.compare(load(), Workload(time.sleep, (0.25,)))
        assert 0.4 < comparison.time_ratio < 0.6
    """
    )
    project.run("-o", "energy_max_seconds=3").assert_outcomes(passed=1)


def test_the_marker_names_the_task_of_a_callable(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy(task="fill-mask")
        def test_it():
            time.sleep(0.25)

        def test_without(energy):
            energy(time.sleep, 0.25)
    """)
    project.run("--energy-report").assert_outcomes(passed=2)
    assert [m["task"] for m in project.measured] == [{"task": "fill-mask"}, None]


def test_unmeasured_it_runs_once_and_says_its_task(project: Project) -> None:
    project.write(READY + "    def test_it(energy):\n        energy(load())\n")
    project.run("--energy-disable").assert_outcomes(passed=1)
    assert project.measured[0]["task"]["task"] == "text-to-image"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("dtype='float16'", "inputs changed: dtype float32 → float16"),
        ("model='other'", "inputs changed: model tiny → other"),
        ("batch_size=4", "inputs changed: batch_size 2 → 4"),
        ("device='cuda:1'", None),
        ("parameters=2000", None),
        ("revision='main'", None),
    ],
)
def test_another_model_or_dtype_cannot_be_compared(
    project: Project, change: str, reason: str | None
) -> None:
    project.write(READY + "    def test_it(energy):\n        energy(load())\n")
    project.run("--energy-update").assert_outcomes(passed=1)
    project.write(READY + f"    def test_it(energy):\n        energy(load({change}))\n")
    project.run().assert_outcomes(passed=1)
    (outcome,) = project.measured
    if reason is None:
        assert outcome["change"] is not None
        changed = ["parameters 1000 → 2000"] if "parameters" in change else []
        assert outcome["details"]["also_changed"] == changed
    else:
        assert (outcome["verdict"], outcome["change"]) == ("inconclusive", None)
        assert outcome["details"]["reason"] == reason


WRONG = [
    ("energy(ready, 5)", "args given beside a Workload, which brings its own: *"),
    ("energy.run(ready, tokens=5, images=2)", "tokens, images given beside a Workload, *"),
    ("energy.run(ready, inferences=2)", "inferences given beside a Workload, *"),
    ("energy.compare(ready, ready, ('',))", "args given beside a Workload, *"),
    ("energy.compare(len, ready, inferences=2)", "inferences given beside a Workload, *"),
    (
        "energy(replace(ready, inferences=3))",
        "the workload answers inferences=3 a call, the test's marker says inferences=2: *",
    ),
    (
        "energy(replace(ready, description={'task': 'fill-mask'}))",
        "the workload is of the task 'fill-mask', the test's marker says task='text-to-image': *",
    ),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[call for call, _ in WRONG])
def test_wrong_calls(pytester: pytest.Pytester, call: str, message: str) -> None:
    pytester.makepyfile(
        test_model=f"""
        from dataclasses import replace
        import pytest
        from pytest_inferenergy import Workload

        ready = Workload(len, ("",), inferences=2)

        @pytest.mark.energy(inferences=2, task="text-to-image")
        def test_it(energy):
            {call}
        """
    )
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E  *MisuseError: {message}"])
    assert "pytest_inferenergy/" not in result.stdout.str()
