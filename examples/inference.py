"""The code under test: what a project that serves these models would have in its own package.

Both classes take what ``from_pretrained`` takes: a folder, as in these examples, or a model's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)


def load(kind: Any, name: str, device: torch.device) -> Any:
    """Load a model from disk, ready to answer."""
    return kind.from_pretrained(name, local_files_only=True).to(device).eval()


class Classifier:
    """Says of sentences which label they have."""

    def __init__(self, name: str, device: torch.device) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=True)
        self.model: Any = AutoModelForSequenceClassification.from_pretrained(
            name, local_files_only=True
        )
        self.model.to(device).eval()

    def __call__(self, sentence: str) -> str:
        """Label one sentence."""
        return self.many([sentence])[0]

    def many(self, sentences: Sequence[str]) -> list[str]:
        """Label sentences in one batch."""
        inputs = self.tokenizer(list(sentences), padding=True, return_tensors="pt")
        with torch.inference_mode():
            logits = self.model(**inputs.to(self.model.device)).logits
        return [self.model.config.id2label[index] for index in logits.argmax(dim=-1).tolist()]


class Generator:
    """Goes on with prompts, greedily, by a fixed number of tokens."""

    def __init__(self, name: str, device: torch.device) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=True)
        self.tokenizer.padding_side = "left"
        self.model = load(AutoModelForCausalLM, name, device)

    def __call__(self, prompts: Sequence[str], new_tokens: int) -> list[str]:
        """Go on with each prompt by ``new_tokens`` tokens."""
        inputs = self.tokenizer(list(prompts), padding=True, return_tensors="pt")
        with torch.inference_mode():
            outputs = self.model.generate(
                **inputs.to(self.model.device),
                do_sample=False,
                min_new_tokens=new_tokens,
                max_new_tokens=new_tokens,
                pad_token_id=self.tokenizer.pad_token_id,
            )
        added = outputs[:, inputs["input_ids"].shape[1] :]
        return list(self.tokenizer.batch_decode(added, skip_special_tokens=True))
