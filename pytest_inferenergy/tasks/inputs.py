"""What the models are asked: the package's own inputs, or the user's from an iterable or a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks import images
from pytest_inferenergy.tasks.task import Task

Item = Mapping[str, Any]
"""One input: the fields of its task, such as ``{"question": ..., "context": ...}``."""
Inputs = str | os.PathLike[str] | Iterable[Any]


def items_of(task: Task, given: Inputs | None) -> list[Item]:
    """The inputs, each with all fields of the task; images as bytes of a file or as pixels.

    ``given``: the path of a JSONL file, or an iterable; each line or element is an object with the
    task's fields, or where there is one field, its value. Errors name the file and the line.
    """
    if given is None:
        return _own(task)
    if isinstance(given, str | os.PathLike):
        path = Path(given)
        found = [_item(task, line, where, path.parent) for where, line in _lines(path)]
        source = str(path)
    else:
        found = [_item(task, one, f"inputs[{number}]", Path()) for number, one in enumerate(given)]
        source = "inputs"
    if not found:
        raise MisuseError(f"{source} is empty: nothing to ask the model")
    return found


def cards_of(items: Sequence[Item], batch_size: int) -> list[list[Item]]:
    """The inputs in batches, all full: the last one is filled up from the beginning."""
    calls = -(-len(items) // batch_size)
    return [
        [items[(call * batch_size + place) % len(items)] for place in range(batch_size)]
        for call in range(calls)
    ]


def image_files(cards: Sequence[Sequence[Item]]) -> list[list[Item]]:
    """The cards with their drawn images as JPEG files, as images come to a service."""
    return [[{"image": _file(item["image"])} for item in card] for card in cards]


def _file(image: Any) -> bytes:
    return image if isinstance(image, bytes) else images.encode(image)


def _own(task: Task) -> list[Item]:
    if task.has_images:
        return [{"image": images.draw(number)} for number in range(task.calls)]
    text = resources.files(__package__).joinpath("texts").joinpath(f"{task.name}.jsonl")
    return [json.loads(line) for line in text.read_text(encoding="utf-8").splitlines()]


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Each line's place and value; blank lines are left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MisuseError(f"inputs {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise MisuseError(f"inputs {path}: not UTF-8 text (byte {error.start})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            yield where, json.loads(line)
        except json.JSONDecodeError as error:
            raise MisuseError(f"{where}: not JSON ({error.msg}, column {error.colno})") from None


def _item(task: Task, value: Any, where: str, folder: Path) -> Item:
    if not isinstance(value, Mapping) and len(task.fields) == 1:
        value = {task.fields[0]: value}
    if not isinstance(value, Mapping) or any(field not in value for field in task.fields):
        form = ", ".join(f'"{field}": ...' for field in task.fields)
        raise MisuseError(f"{where}: {task.name} needs {{{form}}}, got {value!r:.80}")
    if task.has_images:
        return {"image": _image(value["image"], where, folder)}
    for field in task.fields:
        if not isinstance(value[field], str) or not value[field].strip():
            raise MisuseError(f'{where}: "{field}" must be a text, got {value[field]!r:.80}')
    return {field: value[field] for field in task.fields}


def _image(value: Any, where: str, folder: Path) -> Any:
    """Bytes of an image file, from a path (relative to the file that names it), bytes or pixels."""
    if isinstance(value, str | os.PathLike):
        try:
            return images.read(folder / value)
        except MisuseError as error:
            raise MisuseError(f"{where}: {error}") from None
    if isinstance(value, bytes) or getattr(value, "shape", (0,))[2:] == (3,):
        return value
    raise MisuseError(f"{where}: give an image's path, its bytes or an array (height, width, 3)")
