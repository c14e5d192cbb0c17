"""``--energy-model ID --energy-task TASK``: one model, measured as one item, with no test file.

Nothing of the current folder is imported: no conftest is loaded, and of the session nothing is
collected but the item below.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.names import FILE, RANDOM, item_name, model_name

if TYPE_CHECKING:
    from pytest_inferenergy.settings import Settings


class ModelPlugin:
    """Collects the one item; present only where the options were given."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._settings = settings
        config.args = [str(config.invocation_params.dir)]  # paths in addopts are not looked into

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        """In place of what the session would find: the model."""
        if not isinstance(collector, pytest.Session):
            return None
        file = ModelFile.from_parent(
            collector, path=collector.config.rootpath / FILE, settings=self._settings
        )
        return pytest.CollectReport(nodeid="", outcome="passed", longrepr=None, result=[file])


class ModelFile(pytest.File):
    """Stands where a test file would."""

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert settings.model is not None
        assert settings.task is not None
        self._model, self._task = settings.model, settings.task

    def collect(self) -> Iterator[pytest.Item]:
        """The one item."""
        folder, root = self.config.invocation_params.dir, self.config.rootpath
        name = item_name(self._task, model_name(self._model, folder, root))
        yield ModelItem.from_parent(self, name=name, model=self._model, task=self._task)


class ModelItem(pytest.Item):
    """Loads the model and measures it; what cannot be loaded fails it with one clear line."""

    def __init__(self, *, model: str, task: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model, self._task = model, task
        self.add_marker(pytest.mark.energy)

    def runtest(self) -> None:
        """Measure the model, with the inputs that the package has for its task."""
        from pytest_inferenergy import tasks
        from pytest_inferenergy.session.fixture import energy_of

        random_weights = self._model.startswith(RANDOM)
        try:
            workload = tasks.load(
                self._task, self._model.removeprefix(RANDOM), random_weights=random_weights
            )
        except InferenergyError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        energy_of(self)(workload)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Its name, for headings; it has no line."""
        return self.path, None, self.name
