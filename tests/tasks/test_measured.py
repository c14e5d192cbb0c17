"""The tasks under the fixture: every one is measured, and a task is compared done two ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_inferenergy import tasks
from tests.nvml.curve import TRACES
from tests.plugins import ALONE

pytest.importorskip("diffusers")
pytestmark = pytest.mark.one_python

REPLAY = f"--energy-meter=replay:{TRACES / 'steady_resnet50_b64.json.gz'}"

SHORT_WINDOWS = """
    from pytest_inferenergy.measure import warmup

    warmup.WINDOW_SECONDS = 0.05  # figures may be rough here, the tests quick
"""

EVERY_TASK = """
    import pytest
    from pytest_inferenergy import tasks

    @pytest.mark.parametrize("task", tasks.TASKS)
    def test_task(energy, task):
        more = {"steps": 2} if task == "text-to-image" else {}
        answers = energy(
            tasks.load(task, "tiny", random_weights=True, device="cpu", batch_size=2, **more)
        )
        assert len(answers) == 2
"""

TWO_WAYS = """
    from pytest_inferenergy import tasks

    def test_two_ways(energy):
        specific, asked = (
            tasks.load("text-classification", name, random_weights=True, device="cpu")
            for name in ("tiny", "tiny-t5")
        )
        assert asked.description["multi_purpose"]
        c = energy.compare(specific, asked, at_most=0.9)
        assert c.ratio < 0.9
"""


def measured(pytester: pytest.Pytester, text: str) -> dict[str, Any]:
    """Results of a run in a process of its own: torch cannot be loaded twice in one."""
    pytester.makepyfile(test_model=text)
    pytester.makeconftest(SHORT_WINDOWS)
    pytester.makeini("[pytest]\nenergy_max_seconds = 0.3\n")
    result = pytester.runpytest_subprocess(*ALONE, REPLAY, "--energy-json=results.json")
    assert result.ret == pytest.ExitCode.OK
    found: dict[str, Any] = json.loads((pytester.path / "results.json").read_text())
    return found


def test_every_task_is_measured(pytester: pytest.Pytester) -> None:
    results = measured(pytester, EVERY_TASK)["measurements"]
    found = {one["task"]["task"]: one for one in results}
    assert set(found) == set(tasks.TASKS)
    for task, one in found.items():
        assert one["joules_per_inference"] > 0, task
        assert one["task"]["model"] == "tiny"
    writers = {task for task, one in found.items() if one["joules_per_token"]}
    assert writers == {"summarization", "text-generation", "image-to-text"}


def test_a_task_specific_model_is_compared_with_a_multi_purpose_one(
    pytester: pytest.Pytester,
) -> None:
    assert measured(pytester, TWO_WAYS)
