"""Two small models made on the spot, so that the examples need no network.

The classifier learns from ``text/reviews.txt`` in a few seconds. The generator's weights are random
(from a fixed seed): it writes nonsense at the price of a real model of its size.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

TEXT = Path(__file__).parent / "text"
LABELS = ("bad", "good")


def read_reviews(name: str) -> list[tuple[str, str]]:
    """Read (label, sentence) pairs, one a line."""
    lines = (TEXT / name).read_text(encoding="utf-8").splitlines()
    return [(label, sentence) for label, sentence in (line.split("\t") for line in lines)]


def read_prose() -> list[str]:
    """Read the paragraphs of ``text/prose.txt``."""
    return (TEXT / "prose.txt").read_text(encoding="utf-8").split("\n\n")


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train a lower-case byte-level BPE tokenizer; each text begins with ``<s>``."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        model_input_names=["input_ids", "attention_mask"],
    )


def make_classifier(folder: Path) -> None:
    """Train a DistilBERT of two layers on the reviews and save it."""
    torch.manual_seed(0)
    labels, sentences = zip(*read_reviews("reviews.txt"), strict=True)
    tokenizer = train_tokenizer(sentences)
    config = DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=128,
        hidden_dim=512,
        n_layers=2,
        n_heads=4,
        dropout=0.3,
        attention_dropout=0.3,
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    model = DistilBertForSequenceClassification(config)
    inputs = tokenizer(list(sentences), padding=True, return_tensors="pt")
    targets = torch.tensor([LABELS.index(label) for label in labels])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(12):
        for rows in torch.randperm(len(labels)).chunk(10):
            batch = {name: tensor[rows] for name, tensor in inputs.items()}
            model(**batch, labels=targets[rows]).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_generator(folder: Path) -> None:
    """Save a GPT-2 of four layers with random weights."""
    torch.manual_seed(0)
    tokenizer = train_tokenizer(read_prose())
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=256,
        n_layer=4,
        n_head=4,
        n_positions=512,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
