"""The ladder's models that paint: a UNet, its text encoders and its autoencoder, as published."""

from __future__ import annotations

from typing import Any

from pytest_inferenergy.tasks.architecture import Architecture

_CLIP_L = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "projection_dim": 768,
}
_OPEN_CLIP_H = {
    "hidden_size": 1024,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "hidden_act": "gelu",
    "projection_dim": 512,
}
_OPEN_CLIP_G = {
    "hidden_size": 1280,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "intermediate_size": 5120,
    "hidden_act": "gelu",
    "projection_dim": 1280,
}
_ATTENTION = ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D")
_PLAIN = ("DownBlock2D", "UpBlock2D")


def _unet(channels: tuple[int, ...], attends: tuple[bool, ...], **more: Any) -> dict[str, Any]:
    """A UNet by the channels of its levels, and which of them have cross-attention."""
    kinds = [_ATTENTION if attention else _PLAIN for attention in attends]
    return {
        "block_out_channels": channels,
        "down_block_types": tuple(down for down, _ in kinds),
        "up_block_types": tuple(up for _, up in reversed(kinds)),
        **more,
    }


_FOUR = (True, True, True, False)
_SD = (320, 640, 1280, 1280)
_XL = {
    "cross_attention_dim": 2048,
    "attention_head_dim": (5, 10, 20),
    "transformer_layers_per_block": (1, 2, 10),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
_TINY_VAE = {
    "block_out_channels": (8, 8),
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "norm_num_groups": 4,
}
_TINY_CLIP = {
    "vocab_size": 1000,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
_TINY_UNET = _unet(
    (8, 16), (False, True), layers_per_block=1, norm_num_groups=4,
    cross_attention_dim=32, attention_head_dim=2,
)  # fmt: skip
_FEW_LEVELS = _unet(
    (32, 64), (False, True), layers_per_block=1, norm_num_groups=8,
    cross_attention_dim=32, attention_head_dim=8,
)  # fmt: skip
_SMALL_UNET = _unet(
    _SD[:3], (True, True, True), layers_per_block=1, mid_block_type=None,
    cross_attention_dim=768, attention_head_dim=8,
)  # fmt: skip

PAINTERS = (
    Architecture(
        "tiny", "diffusion", "stable-diffusion",
        {"unet": _TINY_UNET, "text": _TINY_CLIP, "vae": _TINY_VAE}, (), (32, 32),
    ),
    Architecture(
        "small", "diffusion", "stable-diffusion",
        {"unet": _FEW_LEVELS, "text": _TINY_CLIP, "vae": _TINY_VAE}, (), (64, 64),
    ),
    Architecture(
        "tiny-sd", "diffusion", "stable-diffusion", {"unet": _SMALL_UNET, "text": _CLIP_L},
        ("segmind/tiny-sd", "nota-ai/bk-sdm-tiny"), (512, 512),
    ),
    Architecture(
        "sd-1.5", "diffusion", "stable-diffusion",
        {
            "unet": _unet(_SD, _FOUR, cross_attention_dim=768, attention_head_dim=8),
            "text": _CLIP_L,
        },
        ("runwayml/stable-diffusion-v1-5", "CompVis/stable-diffusion-v1-4"), (512, 512),
    ),
    Architecture(
        "sd-2.1", "diffusion", "stable-diffusion",
        {
            "unet": _unet(
                _SD, _FOUR, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20),
                use_linear_projection=True,
            ),
            "text": _OPEN_CLIP_H,
        },
        ("stabilityai/stable-diffusion-2-1",), (768, 768),
    ),
    Architecture(
        "sdxl", "diffusion", "stable-diffusion-xl",
        {
            "unet": _unet(_SD[:3], (False, True, True), **_XL),
            "text": _CLIP_L,
            "text_2": _OPEN_CLIP_G,
        },
        ("stabilityai/stable-diffusion-xl-base-1.0",), (1024, 1024),
    ),
)  # fmt: skip
