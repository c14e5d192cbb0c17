"""What goes wrong is one clear line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy import tasks
from pytest_inferenergy.errors import MisuseError


def message_of(*args: Any, **options: Any) -> str:
    with pytest.raises(MisuseError) as info:
        tasks.load(*args, **options)
    assert "\n" not in str(info.value)
    return str(info.value)


def test_an_unknown_task_lists_the_ten() -> None:
    message = message_of("sentiment", "tiny")
    assert "'sentiment'" in message
    assert all(task in message for task in tasks.TASKS)


def test_no_network_and_no_such_folder() -> None:
    message = message_of("text-generation", "nobody/nothing")
    assert message.startswith("model 'nobody/nothing': no such folder, nor found on the hub")


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    assert "no such folder" in message_of("text-generation", str(tmp_path / "none"))


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    message = message_of("text-generation", str(tmp_path))
    assert message.startswith(f"the folder {tmp_path} holds no model for text-generation")


@pytest.mark.parametrize("task", ["text-to-image", "image-to-text"])
def test_other_loaders_speak_alike(task: str, tmp_path: Path) -> None:
    if task == "text-to-image":
        pytest.importorskip("diffusers")
    assert "no such folder" in message_of(task, "nobody/nothing")
    assert f"holds no model for {task}" in message_of(task, str(tmp_path))


def test_a_named_architecture_without_random_weights_is_told_so() -> None:
    message = message_of("text-classification", "roberta-large")
    assert "as a named architecture it needs random_weights=True" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0: must be a whole number from 1 on"),
        ({"batch_size": True}, "batch_size=True"),
        ({"max_new_tokens": 0}, "max_new_tokens=0"),
        ({"max_new_tokens": 5}, "max_new_tokens: tiny writes no tokens at text-classification"),
        ({"image_size": 224}, "image_size has no meaning for text-classification"),
        ({"steps": 5}, "steps has no meaning for text-classification"),
        ({"dtype": "int8"}, "dtype='int8': give float32, float16 or bfloat16"),
        ({"dtype": "single"}, "dtype='single'"),
        ({"device": "gpu"}, "device='gpu': give auto, cpu, cuda"),
        ({"inputs": ["a"]}, "inputs: random weights have no tokenizer"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    assert message in message_of("text-classification", "tiny", random_weights=True, **options)


def test_random_weights_write_no_further_than_their_places() -> None:
    message = message_of("text-generation", "tiny", random_weights=True, max_new_tokens=1000)
    assert message == (
        "max_new_tokens=1000: tiny has 1024 positions, 32 of them for what it reads: "
        "give at most 992"
    )


@pytest.mark.parametrize("size", [0, (224,), (224, 0), "large"])
def test_sizes_that_make_no_sense(size: Any) -> None:
    message = message_of("image-classification", "tiny", random_weights=True, image_size=size)
    assert message.startswith("image_size=")


def test_no_gpu() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    message = message_of("fill-mask", "tiny", random_weights=True, device="cuda")
    assert "sees no CUDA device" in message


@pytest.mark.parametrize(
    ("task", "missing", "extra"),
    [
        ("fill-mask", "torch", "tasks"),
        ("fill-mask", "transformers", "tasks"),
        ("image-to-text", "PIL", "tasks"),
        ("text-to-image", "diffusers", "diffusion"),
        ("text-to-image", "everything", "diffusion"),
    ],
)
def test_a_missing_library_names_the_command(
    task: str, missing: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = ["torch", "transformers", "diffusers"] if missing == "everything" else [missing]
    for name in [name for name in sys.modules if name.partition(".")[0] in libraries]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in libraries:
        monkeypatch.setitem(sys.modules, name, None)
    message = message_of(task, "tiny", random_weights=True)
    assert any(name in message for name in libraries)
    assert f"pip install 'pytest-inferenergy[{extra}]'" in message


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = (
        "import sys; from pytest_inferenergy import tasks; tasks.architectures('fill-mask');"
        "print([m for m in ('torch', 'transformers', 'diffusers', 'numpy', 'PIL') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
