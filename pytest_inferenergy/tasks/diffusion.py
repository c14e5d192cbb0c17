"""Text-to-image by ``diffusers``: a pipeline from the hub or a folder, or one of random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pytest_inferenergy.tasks.architecture import Architecture, study_model
from pytest_inferenergy.tasks.extras import need
from pytest_inferenergy.tasks.inputs import Item, cards_of, items_of
from pytest_inferenergy.tasks.ladder import find_architecture
from pytest_inferenergy.tasks.place import Place
from pytest_inferenergy.tasks.pretrained import fetch
from pytest_inferenergy.tasks.reading import random_tokens
from pytest_inferenergy.tasks.subject import Subject, Wish

STEPS = 50
PROMPT_TOKENS = 77
"""What CLIP's text encoders always read."""

_VAE = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
}
"""The autoencoder of all Stable Diffusion models."""

_SCHEDULE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}


@dataclass(frozen=True)
class Paint:
    """An image for each prompt, guided (two passes of the UNet a step), the same each time."""

    pipeline: Any
    options: Mapping[str, Any]

    def __call__(self, card: Sequence[Item]) -> list[Any]:
        """The images, as `PIL` has them."""
        torch = need("torch")
        draw = torch.Generator().manual_seed(0)
        with torch.inference_mode():
            prompts = [item["text"] for item in card]
            return list(self.pipeline(prompts, generator=draw, **self.options).images)


def subject(wish: Wish, *, random_weights: bool) -> Subject:
    """A pipeline of the wish's model, and one call that answers a batch of prompts."""
    need("diffusers", "diffusion")
    size = wish.image_size
    study = None
    if random_weights:
        one = find_architecture(wish.task, wish.model)
        pipeline, size = build(one, wish.place), size or one.image_size
        study = study_model(one, wish.task.name)
    else:
        pipeline = _load(wish)
    pipeline.set_progress_bar_config(disable=True)
    items = items_of(wish.task, wish.inputs)
    # the package's own prompts make one call, since an image takes seconds
    cards = cards_of(items, wish.batch_size)[: wish.task.calls if wish.inputs is None else None]
    steps = wish.steps or STEPS
    options: dict[str, Any] = {"num_inference_steps": steps}
    lengths: dict[str, int] = {"steps": steps}
    if size is not None:
        sides = {"height": size[0], "width": size[1]}
        options, lengths = options | sides, lengths | sides
    modules = [part for part in pipeline.components.values() if hasattr(part, "parameters")]
    parameters = sum(weight.numel() for part in modules for weight in part.parameters())
    return Subject(
        Paint(pipeline, options), cards, items, parameters, study_model=study, lengths=lengths
    )


def _load(wish: Wish) -> Any:
    load = need("diffusers", "diffusion").AutoPipelineForText2Image.from_pretrained
    return fetch(load, wish.model, wish.task).to(wish.place.device, wish.place.dtype)


def build(one: Architecture, place: Place) -> Any:
    """A pipeline of random weights, with DDIM's steps: one pass (of two images) for each."""
    diffusers = need("diffusers", "diffusion")
    config = one.config
    parts = {
        "unet": _made(diffusers.UNet2DConditionModel, {**config["unet"]}, place),
        "vae": _made(diffusers.AutoencoderKL, {**_VAE, **config.get("vae", {})}, place),
        "scheduler": diffusers.DDIMScheduler(**_SCHEDULE),
        "text_encoder": _encoder("CLIPTextModel", config["text"], place),
        "tokenizer": AnyPrompt(config["text"].get("vocab_size", 49408)),
    }
    if "text_2" in config:
        parts["text_encoder_2"] = _encoder("CLIPTextModelWithProjection", config["text_2"], place)
        parts["tokenizer_2"] = parts["tokenizer"]
        return diffusers.StableDiffusionXLPipeline(**parts, add_watermarker=False)
    return diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )


def _made(kind: Any, config: Mapping[str, Any], place: Place) -> Any:
    with place.building():
        return kind(**config).eval()


def _encoder(kind: str, config: Mapping[str, Any], place: Place) -> Any:
    transformers = need("transformers")
    made = transformers.CLIPTextConfig(**config)
    with place.building():
        return getattr(transformers, kind)(made).eval()


class AnyPrompt:
    """Stands for a tokenizer where there is none: any prompt is the same 77 random tokens."""

    model_max_length = PROMPT_TOKENS

    def __init__(self, vocabulary: int) -> None:
        self._vocabulary = vocabulary

    def tokenize(self, _prompt: str) -> list[str]:
        """No words, so none that stands for several."""
        return []

    def __call__(self, prompt: str | list[str], **_: Any) -> Any:
        """Token ids, (prompts, 77), as a tokenizer gives them."""
        torch = need("torch")
        prompts = 1 if isinstance(prompt, str) else len(prompt)
        place = Place(torch.device("cpu"), torch.float32)
        ids = random_tokens(self._vocabulary, (1, PROMPT_TOKENS), place)["input_ids"]
        return SimpleNamespace(input_ids=ids.repeat(prompts, 1), attention_mask=None)
