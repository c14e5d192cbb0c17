"""Models and their processors from the hub, its cache or a local folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.extras import need
from pytest_inferenergy.tasks.ladder import architectures
from pytest_inferenergy.tasks.place import Place
from pytest_inferenergy.tasks.task import BY_NAME, Task


def is_folder(name: str) -> bool:
    """Whether the model is a folder of this machine."""
    return Path(name).is_dir()


def fetch(load: Callable[..., Any], name: str, task: Task, **options: Any) -> Any:
    """Call a ``from_pretrained``; what can go wrong becomes one clear line."""
    try:
        return load(name, **options)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error) or type(error).__name__
        raise MisuseError(
            f"{_what_it_is(name, task)} ({shorten(reason, 160, placeholder=' …')})"
        ) from None


def _what_it_is(name: str, task: Task) -> str:
    if is_folder(name):
        return f"the folder {name} holds no model for {task.name}"
    line = f"model {name!r}: no such folder, nor found on the hub or in its cache"
    if any(one.name == name for one in architectures(task.name)):
        line += "; as a named architecture it needs random_weights=True"
    return line


def class_for(task: Task, name: str) -> tuple[str, bool]:
    """The Auto class that loads this model for a task, and whether it must be asked in words.

    A generator at a task it was not made for is asked; any other model of another task is an error.
    """
    transformers = need("transformers")
    config = fetch(transformers.AutoConfig.from_pretrained, name, task)
    if task.prompt is not None and _is_multi_purpose(transformers, task, config):
        asked = "AutoModelForSeq2SeqLM" if config.is_encoder_decoder else "AutoModelForCausalLM"
        return asked, True
    if not _made_for(transformers, task, config):
        made = ", ".join(config.architectures or [type(config).__name__])
        fit = [one.name for one in BY_NAME.values() if _made_for(transformers, one, config)]
        hint = f"; it does {' or '.join(fit)}" if fit else ""
        raise MisuseError(f"{name} is a {made}, not a model for {task.name}{hint}")
    return auto_name(transformers, task), False


def auto_name(transformers: Any, task: Task) -> str:
    """The Auto class of a task; captioners had another before ``transformers`` 4.46."""
    return task.auto if hasattr(transformers, task.auto) else "AutoModelForVision2Seq"


def _is_multi_purpose(transformers: Any, task: Task, config: Any) -> bool:
    """Whether it is a general generator: a causal one, or a T5, asked even to summarize."""
    if _made_for(transformers, BY_NAME["text-generation"], config):
        return not _made_for(transformers, task, config)
    general = "t5" in config.model_type
    return general and _made_for(transformers, BY_NAME["summarization"], config)


def _made_for(transformers: Any, task: Task, config: Any) -> bool:
    """Whether the Auto class knows the model, and its class is named as those of this task."""
    auto = getattr(transformers, auto_name(transformers, task), None)
    if auto is None or type(config) not in auto._model_mapping:
        return False
    made = config.architectures or []
    return not made or any(name.endswith(task.heads) for name in made)


def load_model(auto: str, name: str, task: Task, place: Place) -> Any:
    """The model in its place, ready to answer."""
    transformers = need("transformers")
    load = getattr(transformers, auto).from_pretrained
    keyword = "torch_dtype" if transformers.__version__.startswith("4.") else "dtype"
    model = fetch(load, name, task, **{keyword: place.dtype})
    return model.to(place.device).eval()


def load_tokenizer(name: str, task: Task, *, left: bool = False) -> Any:
    """The tokenizer; where it has no padding, the end of text serves. Causal models pad left."""
    tokenizer = fetch(need("transformers").AutoTokenizer.from_pretrained, name, task)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if left:
        tokenizer.padding_side = "left"
    return tokenizer


def load_image_processor(name: str, task: Task) -> Any:
    """The image processor."""
    need("PIL.Image")
    return fetch(need("transformers").AutoImageProcessor.from_pretrained, name, task)
