"""Small models as users have them: folders written by ``save_pretrained``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BlipImageProcessor, PreTrainedTokenizerFast, ViTImageProcessor

from pytest_inferenergy.tasks.building import build
from pytest_inferenergy.tasks.ladder import find_architecture
from pytest_inferenergy.tasks.place import find_place
from pytest_inferenergy.tasks.task import find

SPECIAL = ("[PAD]", "[BOS]", "[EOS]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;'?-"
LONGEST = 128
SIZE = {"height": 32, "width": 32}


def tokenizer() -> Any:
    """A tokenizer that knows letters."""
    known = {token: index for index, token in enumerate((*SPECIAL, *LETTERS))}
    made = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 4), ("[SEP]", 5)],
    )
    names = ("pad", "bos", "eos", "unk", "cls", "sep", "mask")
    tokens = {f"{name}_token": token for name, token in zip(names, SPECIAL, strict=True)}
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=made, model_max_length=LONGEST, **tokens
    )


def write(folder: Path, task: str, name: str = "tiny") -> str:
    """A random model with all it needs; the folder's path as a user would give it."""
    wanted = find(task)
    one = find_architecture(wanted, name)
    build(one, wanted, find_place("cpu")).save_pretrained(folder)
    if one.kind == "captioner":
        BlipImageProcessor(size=SIZE).save_pretrained(folder)
    elif wanted.has_images:
        ViTImageProcessor(size=SIZE).save_pretrained(folder)
    if not wanted.has_images or one.kind == "captioner":
        tokenizer().save_pretrained(folder)
    return str(folder)


def write_pipeline(folder: Path) -> str:
    """A tiny Stable Diffusion with a real CLIP tokenizer."""
    from transformers import CLIPTokenizer

    from pytest_inferenergy.tasks.diffusion import build as build_pipeline

    pipeline = build_pipeline(find_architecture(find("text-to-image"), "tiny"), find_place("cpu"))
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    pipeline.tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=77)
    pipeline.save_pretrained(folder)
    return str(folder)
