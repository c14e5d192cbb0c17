"""Models made from a named architecture, with random weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_inferenergy.tasks.architecture import Architecture
from pytest_inferenergy.tasks.extras import need
from pytest_inferenergy.tasks.place import Place
from pytest_inferenergy.tasks.task import BY_NAME, Task


def build(one: Architecture, task: Task, place: Place, size: tuple[int, int] | None = None) -> Any:
    """The model as ``transformers`` makes it, initialised at random, ready to answer.

    ``size``: height and width of the images it will get, for those that learn positions.
    """
    transformers = need("transformers")
    config = one.config if size is None else resized(one.config, size)
    made = transformers.AutoConfig.for_model(one.model_type, **config)
    with place.building():
        model = getattr(transformers, auto_class(one, task)).from_config(made).eval()
    return model.to(place.device)  # some parts are made on the CPU whatever was asked for


def auto_class(one: Architecture, task: Task) -> str:
    """The class of ``transformers`` that makes it for a task; a generator stays what it is."""
    if task.name in one.tasks:
        return task.auto
    return BY_NAME["summarization" if one.kind == "seq2seq" else "text-generation"].auto


def resized(config: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    """A configuration for images of another size; at any depth, in the form it had."""
    changed: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            changed[key] = resized(value, size)
        elif key == "image_size":
            changed[key] = size[0] if isinstance(value, int) and size[0] == size[1] else list(size)
        else:
            changed[key] = value
    return changed
