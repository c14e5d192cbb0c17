"""From inputs to tensors on the device: tokenising, decoding, resizing. Part of every call."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks import images
from pytest_inferenergy.tasks.extras import need
from pytest_inferenergy.tasks.inputs import Item
from pytest_inferenergy.tasks.place import Place
from pytest_inferenergy.tasks.task import Task

Tensors = dict[str, Any]


@dataclass(frozen=True)
class Ready:
    """Tensors that lie on the device already: random tokens, where there is no tokenizer."""

    def __call__(self, card: Tensors) -> Tensors:
        """The card as it is."""
        return card


@dataclass(frozen=True)
class Tokenise:
    """Texts to token ids, padded to the longest of the batch."""

    tokenizer: Any
    place: Place
    accepted: frozenset[str]
    """What the model takes of all that a tokenizer may give."""
    fields: tuple[str, ...] = ("text",)
    template: str | None = None
    longest: int | None = None
    """Tokens, beyond which a text is cut."""

    def __call__(self, card: Sequence[Item]) -> Tensors:
        """Token ids and masks, (batch, longest text)."""
        if self.template is None:
            columns = [[item[field] for item in card] for field in self.fields]
        else:
            columns = [[self.template.format(**item) for item in card]]
        encoded = self.tokenizer(
            *columns,
            padding=True,
            truncation=self._cut(len(columns)),
            max_length=self.longest,
            return_tensors="pt",
        )
        found = {name: tensor for name, tensor in encoded.items() if name in self.accepted}
        return {name: tensor.to(self.place.device) for name, tensor in found.items()}

    def fitted(self, item: Item) -> Item:
        """The item with its text cut so that the whole prompt fits, its closing words included."""
        if self.template is None or self._fits(item):
            return item
        field = self.fields[-1]
        text, kept, too_much = item[field], -1, len(item[field])
        while too_much - kept > 1:
            middle = (kept + too_much) // 2
            if self._fits({**item, field: text[:middle]}):
                kept = middle
            else:
                too_much = middle
        if kept < 0:
            raise MisuseError(
                f"the model has no room for the prompt: it can read {self.longest} tokens, and the "
                f"prompt takes more even without its {field}"
            )
        return {**item, field: text[:kept]}

    def _fits(self, item: Item) -> bool:
        if self.longest is None or self.template is None:
            return True
        ids = self.tokenizer(self.template.format(**item), verbose=False)["input_ids"]
        return len(ids) <= self.longest

    def _cut(self, columns: int) -> bool | str:
        if self.longest is None:
            return False
        return "only_second" if columns == 2 else True  # the question stays whole


@dataclass(frozen=True)
class Decode:
    """Image files to tensors: decoded on the host, then as the model's own processor does it."""

    processor: Any
    place: Place
    accepted: frozenset[str]
    """What the model takes of all that a processor may give."""
    options: Mapping[str, Any]
    """The processor's, where the images are to have another size than it would give them."""

    def __call__(self, card: Sequence[Item]) -> Tensors:
        """Pixel values (batch, 3, height, width) and what else the processor makes."""
        pictures = [images.decode(item["image"]) for item in card]
        made = self.processor(images=pictures, return_tensors="pt", **self.options)
        made = made.to(self.place.device, self.place.dtype)
        found = {name: tensor for name, tensor in made.items() if name in self.accepted}
        if self.options and "interpolate_pos_encoding" in self.accepted:
            found["interpolate_pos_encoding"] = True
        return found


@dataclass(frozen=True)
class Resize:
    """What a processor does, for models that have none: decode, resize, scale to -1 … 1."""

    size: tuple[int, int]
    place: Place

    def __call__(self, card: Sequence[Item]) -> Tensors:
        """Pixel values (batch, 3, height, width)."""
        height, width = self.size
        pictures = [images.decode(item["image"]).resize((width, height)) for item in card]
        pixels = np.stack([np.asarray(picture, np.float32) for picture in pictures])
        scaled = np.ascontiguousarray((pixels / 127.5 - 1).transpose(0, 3, 1, 2))
        tensor = need("torch").from_numpy(scaled)
        return {"pixel_values": tensor.to(self.place.device, self.place.dtype)}


def accepted_by(model: Any) -> frozenset[str]:
    """The names of a model's arguments."""
    return frozenset(inspect.signature(model.forward).parameters)


def longest_input(tokenizer: Any, config: Any, reserved: int = 0) -> int | None:
    """How many tokens a model can read and still write ``reserved``; ``None``: no limit known."""
    text = config.get_text_config()
    limits = [getattr(tokenizer, "model_max_length", None)]
    limits += [getattr(text, name, None) for name in ("max_position_embeddings", "n_positions")]
    known = [limit for limit in limits if isinstance(limit, int) and 0 < limit < 10**6]
    if not known:
        return None
    return max(1, min(known) - reserved)


def positions(config: Any) -> int | None:
    """How many tokens a model can have written; a causal one, read and written. ``None``: any."""
    text = config.get_text_config(decoder=True)
    if hasattr(text, "relative_attention_num_buckets"):  # T5 counts distances, not places
        return None
    known = [getattr(text, name, None) for name in ("max_position_embeddings", "n_positions")]
    return min((limit for limit in known if isinstance(limit, int) and limit > 0), default=None)


def random_tokens(vocabulary: int, shape: tuple[int, int], place: Place) -> Tensors:
    """Random ids and a mask of ones, (batch, length); the first ten ids, often special, unused."""
    torch = need("torch")
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(10, vocabulary, shape, generator=draw)
    return {
        "input_ids": ids.to(place.device),
        "attention_mask": torch.ones(shape, dtype=torch.long, device=place.device),
    }


def with_masks(task: Task, items: Sequence[Item], mask: str | None) -> list[Item]:
    """The texts with the tokenizer's own mask in place of ``[MASK]``."""
    if mask is None:
        raise MisuseError(f"the model's tokenizer has no mask token: {task.name} needs one")
    for number, item in enumerate(items):
        if "[MASK]" not in item["text"] and mask not in item["text"]:
            raise MisuseError(f"input {number + 1}: no [MASK] in {item['text']!r:.80}")
    return [{"text": item["text"].replace("[MASK]", mask)} for item in items]
