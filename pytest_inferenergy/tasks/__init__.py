"""The ten inference tasks of the study "Power Hungry Processing", ready to be measured.

    from pytest_inferenergy import tasks

    @pytest.mark.parametrize("model", ["distilgpt2", "gpt2"])
    def test_generation(energy, model):
        energy(tasks.load("text-generation", model))

Nothing heavy is imported before `load` is called.
"""

from pytest_inferenergy.names import TASKS
from pytest_inferenergy.tasks.architecture import Architecture
from pytest_inferenergy.tasks.ladder import architectures
from pytest_inferenergy.tasks.loading import load

__all__ = ["TASKS", "Architecture", "architectures", "load"]
