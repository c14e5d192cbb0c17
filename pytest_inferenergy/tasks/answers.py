"""From a model's outputs to answers, one function for each task that takes one forward pass.

Each gets the outputs, the inputs (tensors), the model's configuration and its tokenizer, and gives
a list with an answer for each inference. Without a tokenizer, token ids stand for their texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_inferenergy.tasks.reading import Tensors

Read = Callable[[Any, Tensors, Any, Any], list[Any]]


def labels(output: Any, inputs: Tensors, config: Any, tokenizer: Any) -> list[str]:
    """The most likely label of each input."""
    return [config.id2label[index] for index in output.logits.argmax(-1).tolist()]


def token_labels(output: Any, inputs: Tensors, config: Any, tokenizer: Any) -> list[list[str]]:
    """The most likely label of each token of each input."""
    found = output.logits.argmax(-1).tolist()
    masks = inputs["attention_mask"].tolist()
    return [
        [config.id2label[index] for index, seen in zip(row, mask, strict=True) if seen]
        for row, mask in zip(found, masks, strict=True)
    ]


def fillings(output: Any, inputs: Tensors, config: Any, tokenizer: Any) -> list[Any]:
    """The most likely token at each mask of each input; at the first place without a tokenizer."""
    found = output.logits.argmax(-1)
    if tokenizer is None:
        return list(found[:, 0].tolist())
    masked = inputs["input_ids"] == tokenizer.mask_token_id
    return [tokenizer.decode(row[mask]) for row, mask in zip(found, masked, strict=True)]


def spans(output: Any, inputs: Tensors, config: Any, tokenizer: Any) -> list[Any]:
    """The passage from the likeliest start to the likeliest end behind it."""
    starts = output.start_logits.argmax(-1).tolist()
    ids = inputs["input_ids"].tolist()
    ends = [
        start + logits[start:].argmax().item()
        for start, logits in zip(starts, output.end_logits, strict=True)
    ]
    found = [row[start : end + 1] for row, start, end in zip(ids, starts, ends, strict=True)]
    return found if tokenizer is None else [tokenizer.decode(span) for span in found]


def boxes(output: Any, inputs: Tensors, config: Any, tokenizer: Any) -> list[list[dict[str, Any]]]:
    """Things seen with a probability above a half: label, score, box.

    A box is its centre's x and y, width and height, as fractions of the image.
    """
    logits = output.logits
    if logits.shape[-1] > config.num_labels:  # the last class says that there is nothing
        scores, classes = logits.softmax(-1)[..., :-1].max(-1)
    else:
        scores, classes = logits.sigmoid().max(-1)
    rows = zip(scores.tolist(), classes.tolist(), output.pred_boxes.tolist(), strict=True)
    return [
        [
            {"label": config.id2label[index], "score": score, "box": box}
            for score, index, box in zip(*row, strict=True)
            if score > 0.5
        ]
        for row in rows
    ]


READERS: Mapping[str, Read] = {
    "text-classification": labels,
    "token-classification": token_labels,
    "fill-mask": fillings,
    "question-answering": spans,
    "image-classification": labels,
    "object-detection": boxes,
}
