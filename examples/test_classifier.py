"""The energy of classifying text.

The limits here are loose on purpose, to hold on a laptop's CPU and on a GPU alike. In a project
of your own, leave regressions to the stored baselines and set a budget where there is a promise
to keep.
"""

from __future__ import annotations

import pytest

from pytest_inferenergy import Energy

from .inference import Classifier

pytestmark = pytest.mark.energy(max_seconds=5)  # at most so long on the windows of each test


def test_one_sentence(energy: Energy, classifier: Classifier) -> None:
    label = energy(classifier, "A fine film, funny and clever.")
    assert label == "good"
    assert energy.result.kwh_per_1k < 0.0023


@pytest.mark.parametrize("size", [1, 8, 32])
def test_batch(
    energy: Energy, classifier: Classifier, reviews: list[tuple[str, str]], size: int
) -> None:
    batch = [sentence for _, sentence in reviews[:size]]
    # Counted by the sentence, so the rows show what batching saves.
    m = energy.run(classifier.many, args=(batch,), inferences=size, budget="5 Wh")
    assert m.mean_watts < 2000


# No fixture: the whole test is measured, asserts and all. 40 reviews are 40 inferences.
@pytest.mark.energy(inferences=40)
@pytest.mark.energy_budget("5 Wh", per=1000)
def test_reviews_not_seen_in_training(
    classifier: Classifier, reviews: list[tuple[str, str]]
) -> None:
    answers = classifier.many([sentence for _, sentence in reviews])
    right = sum(answer == label for answer, (label, _) in zip(answers, reviews, strict=True))
    assert right / len(reviews) >= 0.8
