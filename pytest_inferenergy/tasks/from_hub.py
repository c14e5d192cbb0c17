"""A model from the hub or a local folder, with its own tokenizer or image processor."""

from __future__ import annotations

from typing import Any

from pytest_inferenergy.tasks import pretrained
from pytest_inferenergy.tasks.inputs import cards_of, image_files, items_of
from pytest_inferenergy.tasks.reading import (
    Decode,
    Tokenise,
    accepted_by,
    longest_input,
    with_masks,
)
from pytest_inferenergy.tasks.subject import Subject, Wish, subject_of


def subject(wish: Wish) -> Subject:
    """The model, asked with the package's inputs or the user's."""
    auto, asked = pretrained.class_for(wish.task, wish.model)
    items = items_of(wish.task, wish.inputs)
    if wish.task.has_images:
        return _of_images(wish, auto, items)
    causal = auto == "AutoModelForCausalLM"
    tokenizer = pretrained.load_tokenizer(wish.model, wish.task, left=causal)
    model = pretrained.load_model(auto, wish.model, wish.task, wish.place)
    written = wish.new_tokens or wish.task.prompted_tokens or wish.task.new_tokens or 0
    prepare = Tokenise(
        tokenizer,
        wish.place,
        accepted_by(model),
        wish.task.fields,
        wish.task.prompt if asked else None,
        longest_input(tokenizer, model.config, written if causal else 0),
    )
    asking = [prepare.fitted(item) for item in items]
    if wish.task.name == "fill-mask":
        asking = with_masks(wish.task, items, tokenizer.mask_token)
    cards = cards_of(asking, wish.batch_size)
    return subject_of(wish, model, prepare, cards, items, asked=asked, tokenizer=tokenizer)


def _of_images(wish: Wish, auto: str, items: list[Any]) -> Subject:
    processor = pretrained.load_image_processor(wish.model, wish.task)
    writes = wish.task.new_tokens is not None
    tokenizer = pretrained.load_tokenizer(wish.model, wish.task) if writes else None
    model = pretrained.load_model(auto, wish.model, wish.task, wish.place)
    options: dict[str, Any] = {}
    if wish.image_size is not None:
        options = resize_options(processor, wish.image_size)
    prepare = Decode(processor, wish.place, accepted_by(model), options)
    cards = image_files(cards_of(items, wish.batch_size))
    return subject_of(wish, model, prepare, cards, items, tokenizer=tokenizer)


def resize_options(processor: Any, size: tuple[int, int]) -> dict[str, Any]:
    """The arguments with which a processor makes images of this height and width."""
    exact = {"height": size[0], "width": size[1]}
    wanted = exact
    own = getattr(processor, "size", None) or {}
    if "shortest_edge" in own:
        wanted = {"shortest_edge": min(size)}
        if "longest_edge" in own:
            wanted["longest_edge"] = max(size)
    if getattr(processor, "do_center_crop", False):
        return {"size": wanted, "crop_size": exact}
    return {"size": wanted}
