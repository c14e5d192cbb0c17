"""The fixtures of the examples: a device and the two models, loaded once a session.

To measure a model of your own, let ``classifier`` or ``generator`` load it by name instead of from
the folder that ``small_models`` fills.
"""

from __future__ import annotations

import pytest
import torch

from . import small_models
from .inference import Classifier, Generator


@pytest.fixture(scope="session")
def device() -> torch.device:
    """The GPU where there is one, else one thread of the CPU: threads that wait draw power too."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    torch.set_num_threads(1)
    return torch.device("cpu")


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory, device: torch.device) -> Classifier:
    """A sentiment classifier, trained here on the reviews in ``text/``."""
    folder = tmp_path_factory.mktemp("classifier")
    small_models.make_classifier(folder)
    return Classifier(str(folder), device)


@pytest.fixture(scope="session")
def generator(tmp_path_factory: pytest.TempPathFactory, device: torch.device) -> Generator:
    """A text generator with random weights."""
    folder = tmp_path_factory.mktemp("generator")
    small_models.make_generator(folder)
    return Generator(str(folder), device)


@pytest.fixture(scope="session")
def reviews() -> list[tuple[str, str]]:
    """Labelled sentences that the classifier has not seen: (label, sentence)."""
    return small_models.read_reviews("reviews_held_out.txt")
