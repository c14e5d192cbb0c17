"""One inference, from its inputs to its answer: what the measured call does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_inferenergy.tasks.extras import need
from pytest_inferenergy.tasks.reading import Tensors

Prepare = Callable[[Any], Tensors]


@dataclass(frozen=True)
class Forward:
    """One pass through a model, and what it says."""

    model: Any
    prepare: Prepare
    read: Callable[[Any, Tensors], list[Any]]
    """From the model's outputs and its inputs to an answer for each inference."""

    def __call__(self, card: Any) -> list[Any]:
        """An answer for each input of the card."""
        with need("torch").inference_mode():
            inputs = self.prepare(card)
            return self.read(self.model(**inputs), inputs)


@dataclass(frozen=True)
class Generate:
    """So many tokens for each input, no more and no fewer; greedy, or by beams."""

    model: Any
    prepare: Prepare
    options: Mapping[str, Any]
    tokenizer: Any = None
    with_prompt: bool = False
    """Whether the model gives back what it read, with what it wrote behind it."""

    def __call__(self, card: Any) -> list[Any]:
        """A text for each input of the card; without a tokenizer, the ids of its tokens."""
        with need("torch").inference_mode():
            inputs = self.prepare(card)
            ids = self.model.generate(**inputs, **self.options)
        if self.with_prompt:
            ids = ids[:, inputs["input_ids"].shape[1] :]
        if self.tokenizer is None:
            return list(ids.tolist())
        return list(self.tokenizer.batch_decode(ids, skip_special_tokens=True))

    def of_length(self, tokens: int) -> Generate:
        """The same with another number of new tokens."""
        return replace(self, options={**self.options, **_length(tokens)})


def generation_options(model: Any, tokens: int, beams: int) -> dict[str, Any]:
    """Fixed length, nothing drawn at random; all else as the model's own settings have it."""
    own = model.generation_config
    if own.pad_token_id is None:  # else each call warns that it takes the end of text for it
        own.pad_token_id = (
            own.eos_token_id[0] if isinstance(own.eos_token_id, list) else own.eos_token_id
        )
    sampling = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    return {**_length(tokens), **sampling, "num_beams": beams}


def _length(tokens: int) -> dict[str, int]:
    return {"min_new_tokens": tokens, "max_new_tokens": tokens}
