"""A named architecture with random weights: no download, no tokenizer."""

from __future__ import annotations

from dataclasses import replace

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.architecture import Architecture, study_model
from pytest_inferenergy.tasks.building import build
from pytest_inferenergy.tasks.inputs import cards_of, image_files, items_of
from pytest_inferenergy.tasks.ladder import find_architecture
from pytest_inferenergy.tasks.reading import Ready, Resize, random_tokens
from pytest_inferenergy.tasks.subject import Subject, Wish, subject_of

PROMPT_TOKENS = 16
"""What asking in words adds to the length of an input."""


def subject(wish: Wish) -> Subject:
    """The architecture, asked with drawn images or with random tokens of the task's length."""
    one = find_architecture(wish.task, wish.model)
    return replace(_subject(wish, one), study_model=study_model(one, wish.task.name))


def _subject(wish: Wish, one: Architecture) -> Subject:
    if wish.inputs is not None and not wish.task.has_images:
        raise MisuseError(f"inputs: random weights have no tokenizer, {one.name} reads random ids")
    model = build(one, wish.task, wish.place, wish.image_size)
    if wish.task.has_images:
        size = wish.image_size or one.image_size or (224, 224)
        items = items_of(wish.task, wish.inputs)
        cards = image_files(cards_of(items, wish.batch_size))
        lengths = {"height": size[0], "width": size[1]}
        return subject_of(wish, model, Resize(size, wish.place), cards, items, lengths=lengths)
    asked = wish.task.name not in one.tasks
    length = (wish.task.input_tokens or 1) + PROMPT_TOKENS * asked
    shape = (wish.batch_size, length)
    tokens = random_tokens(model.config.get_text_config().vocab_size, shape, wish.place)
    source, lengths = ("random tokens", *shape), {"input_tokens": length}
    return subject_of(wish, model, Ready(), [tokens], source, asked=asked, lengths=lengths)
