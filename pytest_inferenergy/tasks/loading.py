"""`load`: from a task and a model to a `Workload`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.task import Task, find

if TYPE_CHECKING:
    from pytest_inferenergy.measure.workload import Workload
    from pytest_inferenergy.tasks.inputs import Inputs
    from pytest_inferenergy.tasks.subject import Subject, Wish

Size = int | tuple[int, int]


def load(
    task: str,
    model: str,
    *,
    device: Any = "auto",
    dtype: Any = None,
    batch_size: int = 1,
    random_weights: bool = False,
    max_new_tokens: int | None = None,
    image_size: Size | None = None,
    steps: int | None = None,
    inputs: Inputs | None = None,
) -> Workload:
    """Load a model for one of the ten tasks, ready to be measured: ``energy(tasks.load(...))``.

    ``model``: an id of the hub, a local folder, or with ``random_weights`` a named architecture
    (`architectures` lists them): then there is no tokenizer and texts are random token ids of a
    fixed length. A generator (Flan-T5, or any causal model) at text classification, question
    answering or summarization is asked in words: ``description["multi_purpose"]`` is then true.

    ``device``: ``auto`` takes the GPU where there is one. ``dtype``: a name or a type of ``torch``;
    float32 by default. ``batch_size``: inferences in one call.

    ``max_new_tokens``: so many are generated, no fewer, greedily (summarizers: by 4 beams); by
    default 10 at text generation, 13 at summarization, 20 at captioning, and where a generator is
    asked 3 at classification, 5 at question answering, 13 at summarization. ``image_size``: a side
    or (height, width) in pixels, of what the model gets or makes. ``steps``: of text-to-image, 50.

    ``inputs``: an iterable, or the path of a JSONL file whose lines are texts, ``{"text": ...}``,
    ``{"question": ..., "context": ...}`` or ``{"image": path}`` as the task needs; by default a
    small set of the package. They become a deck of full batches, and each window of a measurement
    goes through it a whole number of times.

    A call is a whole inference: texts are tokenised and image files decoded and resized in it, on
    the host, and the answer comes back to the host. Only random token ids are on the device before.

    Raises `MisuseError`: an unknown task, a model of another task or not to be found, inputs that
    cannot be read, an option that the task has no use for, or a library that is not installed.
    """
    from pytest_inferenergy.tasks.extras import need
    from pytest_inferenergy.tasks.place import find_place
    from pytest_inferenergy.tasks.subject import Wish

    wanted = find(task)
    if wanted.name == "text-to-image":  # first of all: its extra brings what the others need
        need("diffusers", "diffusion")
    _check(wanted, batch_size, max_new_tokens, image_size, steps)
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    wish = Wish(
        wanted,
        str(model),
        find_place(device, dtype),
        batch_size,
        max_new_tokens,
        size,
        steps,
        inputs,
    )
    return _workload(wish, _subject(wish, random_weights), random_weights)


def _subject(wish: Wish, random_weights: bool) -> Subject:
    from pytest_inferenergy.tasks import diffusion, from_hub, from_random

    if wish.task.name == "text-to-image":
        return diffusion.subject(wish, random_weights=random_weights)
    return from_random.subject(wish) if random_weights else from_hub.subject(wish)


def _workload(wish: Wish, subject: Subject, random_weights: bool) -> Workload:
    from pytest_inferenergy.measure.digest import input_digest
    from pytest_inferenergy.measure.workload import Workload

    tokens = subject.lengths.get("new_tokens")
    makes_images = wish.task.name == "text-to-image"
    description = {
        "task": wish.task.name,
        "model": _short(wish.model),
        "multi_purpose": subject.asked,
        "random_weights": random_weights,
        "parameters": subject.parameters,
        "dtype": wish.place.dtype_name,
        "device": wish.place.device.type,
        "batch_size": wish.batch_size,
        **subject.lengths,
    }
    if subject.study_model is not None:
        description["study_model"] = subject.study_model
    return Workload(
        subject.call,
        inputs=list(subject.cards),
        inferences=wish.batch_size,
        tokens=None if tokens is None else tokens * wish.batch_size,
        images=wish.batch_size if makes_images else None,
        prefill=None if tokens is None else subject.call.of_length(1),
        prompt_tokens=subject.prompt_tokens,
        description=description,
        digest_text=input_digest(subject.source, wish.batch_size, dict(subject.lengths)),
    )


def _short(model: str) -> str:
    """The model's id; of a folder its name, since where it lies is no property of it."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def _check(task: Task, batch_size: Any, max_new_tokens: Any, image_size: Any, steps: Any) -> None:
    """Refuse numbers that make no sense, and options that the task has no use for."""
    makes_images = task.name == "text-to-image"
    writes = task.new_tokens is not None or task.prompt is not None
    sides = image_size if isinstance(image_size, tuple) else (image_size, image_size)
    if len(sides) != 2:
        raise MisuseError(f"image_size={image_size!r}: give a side or (height, width) in pixels")
    for name, value, fits in (
        ("batch_size", batch_size, True),
        ("max_new_tokens", max_new_tokens, writes),
        ("image_size", sides[0], task.has_images or makes_images),
        ("image_size", sides[1], task.has_images or makes_images),
        ("steps", steps, makes_images),
    ):
        if value is None and name != "batch_size":
            continue
        if not fits:
            raise MisuseError(f"{name} has no meaning for {task.name}: leave it out")
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise MisuseError(f"{name}={value!r}: must be a whole number from 1 on")
