"""What the user asks for, and what becomes of it: a model's call, its deck, and words for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.answering import Forward, Generate, Prepare, generation_options
from pytest_inferenergy.tasks.answers import READERS
from pytest_inferenergy.tasks.inputs import Inputs
from pytest_inferenergy.tasks.place import Place
from pytest_inferenergy.tasks.reading import positions
from pytest_inferenergy.tasks.task import Task


@dataclass(frozen=True)
class Wish:
    """What `load` was asked for."""

    task: Task
    model: str
    place: Place
    batch_size: int
    new_tokens: int | None
    image_size: tuple[int, int] | None
    steps: int | None
    inputs: Inputs | None


@dataclass(frozen=True)
class Subject:
    """A model that is ready to answer."""

    call: Any
    cards: Sequence[Any]
    source: Any
    """What tells these inputs from others, whatever the model."""
    parameters: int
    asked: bool = False
    """Whether a multi-purpose generator is asked in words to do the task."""
    prompt_tokens: float | None = None
    study_model: str | None = None
    """The model of the study that an architecture stands for."""
    lengths: Mapping[str, int] = field(default_factory=dict)
    """What the energy hangs on, for the description: tokens, sizes, steps."""


def subject_of(
    wish: Wish,
    model: Any,
    prepare: Prepare,
    cards: Sequence[Any],
    source: Any,
    *,
    asked: bool = False,
    tokenizer: Any = None,
    lengths: Mapping[str, int] | None = None,
) -> Subject:
    """The subject made of a ``transformers`` model: one forward pass, or generation."""
    task = wish.task
    tokens, beams = (task.prompted_tokens, 1) if asked else (task.new_tokens, task.beams)
    parameters = model.num_parameters()
    if tokens is None:
        if wish.new_tokens is not None:
            raise MisuseError(f"max_new_tokens: {wish.model} writes no tokens at {task.name}")
        reader = READERS[task.name]
        answer = Forward(model, prepare, lambda out, ins: reader(out, ins, model.config, tokenizer))
        return Subject(answer, cards, source, parameters, lengths=lengths or {})
    tokens = wish.new_tokens or tokens
    with_prompt = not task.has_images and not model.config.is_encoder_decoder
    _check_room(wish, model.config, tokens, (lengths or {}).get("input_tokens", 1) * with_prompt)
    generate = Generate(
        model,
        prepare,
        generation_options(model, tokens, beams),
        tokenizer,
        with_prompt=with_prompt,
    )
    read = None if task.has_images else _tokens_read(prepare, cards)
    lengths = {**(lengths or {}), "new_tokens": tokens, "beams": beams}
    return Subject(generate, cards, source, parameters, asked, read, lengths=lengths)


def _check_room(wish: Wish, config: Any, tokens: int, read: int) -> None:
    """Refuse to write beyond the model's last position: on a GPU that ends the whole process."""
    room = positions(config)
    if room is not None and read + tokens > room:
        raise MisuseError(
            f"max_new_tokens={tokens}: {wish.model} has {room} positions"
            + (f", {read} of them for what it reads" if read else "")
            + f": give at most {room - read}"
        )


def _tokens_read(prepare: Prepare, cards: Sequence[Any]) -> float:
    """Tokens that a call reads, padding not counted; the mean over the deck."""
    return sum(float(prepare(card)["attention_mask"].sum()) for card in cards) / len(cards)
