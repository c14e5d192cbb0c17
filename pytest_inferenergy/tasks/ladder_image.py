"""The ladder's models that look at images: configurations as published."""

from __future__ import annotations

from typing import Any

from pytest_inferenergy.tasks.architecture import Architecture

_LABELS = {"num_labels": 1000}
_BASIC = {"layer_type": "basic", "hidden_sizes": [64, 128, 256, 512]}
_RESNET_50 = {
    "layer_type": "bottleneck",
    "embedding_size": 64,
    "hidden_sizes": [256, 512, 1024, 2048],
    "depths": [3, 4, 6, 3],
}
_TINY_VIT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "patch_size": 16,
    "image_size": 32,
}
_SMALL_VIT = {
    "hidden_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 768,
    "patch_size": 16,
    "image_size": 96,
}
_BASE_VIT = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "patch_size": 16,
}


def _vit(size: int) -> dict[str, Any]:
    return {**_BASE_VIT, "image_size": size}


CLASSIFIERS = (
    Architecture("tiny", "classifier", "vit", {**_TINY_VIT, "num_labels": 10}, (), (32, 32)),
    Architecture("small", "classifier", "vit", {**_SMALL_VIT, **_LABELS}, (), (96, 96)),
    Architecture(
        "mobilenet-v1-0.75-192", "classifier", "mobilenet_v1",
        {"depth_multiplier": 0.75, "image_size": 192, "num_labels": 1001},
        ("google/mobilenet_v1_0.75_192",), (192, 192),
    ),
    Architecture(
        "resnet-18", "classifier", "resnet", {**_BASIC, "depths": [2, 2, 2, 2], **_LABELS},
        ("microsoft/resnet-18",), (224, 224),
    ),
    Architecture(
        "resnet-50", "classifier", "resnet", {**_RESNET_50, **_LABELS},
        ("microsoft/resnet-50",), (224, 224),
    ),
    Architecture(
        "vit-b-16-224", "classifier", "vit", {**_vit(224), **_LABELS},
        ("google/vit-base-patch16-224",), (224, 224),
    ),
    Architecture(
        "vit-b-16-384", "classifier", "vit", {**_vit(384), **_LABELS},
        ("google/vit-base-patch16-384",), (384, 384),
    ),
    Architecture(
        "convnextv2-tiny", "classifier", "convnextv2",
        {"depths": [3, 3, 9, 3], "hidden_sizes": [96, 192, 384, 768], **_LABELS},
        ("facebook/convnextv2-tiny-1k-224",), (224, 224),
    ),
)  # fmt: skip


def _yolos(hidden: int, heads: int, size: tuple[int, int], middle: bool) -> dict[str, Any]:
    return {
        "hidden_size": hidden,
        "num_hidden_layers": 12,
        "num_attention_heads": heads,
        "intermediate_size": 4 * hidden,
        "image_size": list(size),
        "num_detection_tokens": 100,
        "use_mid_position_embeddings": middle,
        "num_labels": 91,
    }


_BACKBONE = {**_RESNET_50, "model_type": "resnet"}
_DETR = {
    "use_timm_backbone": False,
    "backbone": None,
    "use_pretrained_backbone": False,
    "num_labels": 91,
}
_STAGES = ["stage2", "stage3", "stage4"]

DETECTORS = (
    Architecture(
        "tiny", "detector", "yolos",
        {**_TINY_VIT, "image_size": [32, 32], "num_detection_tokens": 5, "num_labels": 3},
        (), (32, 32),
    ),
    Architecture(
        "small", "detector", "yolos",
        {**_SMALL_VIT, "image_size": [96, 128], "num_detection_tokens": 20, "num_labels": 91},
        (), (96, 128),
    ),
    Architecture(
        "yolos-tiny", "detector", "yolos", _yolos(192, 3, (800, 1328), False),
        ("hustvl/yolos-tiny",), (800, 1056),
    ),
    Architecture(
        "yolos-small", "detector", "yolos", _yolos(384, 6, (512, 864), True),
        ("hustvl/yolos-small",), (800, 1056),
    ),
    Architecture(
        "detr-resnet-50", "detector", "detr",
        {**_DETR, "backbone_config": {**_BACKBONE, "out_features": ["stage4"]}},
        ("facebook/detr-resnet-50",), (800, 1066),
    ),
    Architecture(
        "deformable-detr", "detector", "deformable_detr",
        {**_DETR, "backbone_config": {**_BACKBONE, "out_features": _STAGES}},
        ("SenseTime/deformable-detr",), (800, 1066),
    ),
)  # fmt: skip

_TINY_TEXT = {
    "vocab_size": 1000,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "projection_dim": 32,
    "encoder_hidden_size": 32,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "sep_token_id": 2,
    "pad_token_id": 0,
}
_SMALL_TEXT = {
    **_TINY_TEXT,
    "vocab_size": 10000,
    "hidden_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 768,
    "projection_dim": 192,
    "encoder_hidden_size": 192,
}
_GIT_VISION = {**_BASE_VIT, "image_size": 224}
_VIT_GPT2 = {
    "encoder": {"model_type": "vit", **_vit(224)},
    "decoder": {"model_type": "gpt2", "is_decoder": True, "add_cross_attention": True},
    "decoder_start_token_id": 50256,
    "pad_token_id": 50256,
    "eos_token_id": 50256,
}
_BLIP_2 = {
    "vision_config": {
        "hidden_size": 1408,
        "num_hidden_layers": 39,
        "num_attention_heads": 16,
        "intermediate_size": 6144,
        "patch_size": 14,
        "image_size": 224,
    },
    "qformer_config": {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "encoder_hidden_size": 1408,
    },
    "text_config": {
        "model_type": "opt",
        "vocab_size": 50304,
        "hidden_size": 2560,
        "word_embed_proj_dim": 2560,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "ffn_dim": 10240,
    },
    "num_query_tokens": 32,
    "image_token_index": 50265,
}

CAPTIONERS = (
    Architecture(
        "tiny", "captioner", "blip",
        {"vision_config": _TINY_VIT, "text_config": _TINY_TEXT, "projection_dim": 32},
        (), (32, 32),
    ),
    Architecture(
        "small", "captioner", "blip",
        {"vision_config": _SMALL_VIT, "text_config": _SMALL_TEXT, "projection_dim": 192},
        (), (96, 96),
    ),
    Architecture(
        "git-base", "captioner", "git", {"vision_config": _GIT_VISION, "vocab_size": 30522},
        ("microsoft/git-base",), (224, 224),
    ),
    Architecture(
        "vit-gpt2", "captioner", "vision-encoder-decoder", _VIT_GPT2,
        ("nlpconnect/vit-gpt2-image-captioning", "ydshieh/vit-gpt2-coco-en"), (224, 224),
    ),
    Architecture(
        "blip-base", "captioner", "blip",
        {"vision_config": _vit(384), "text_config": {"vocab_size": 30524}},
        ("Salesforce/blip-image-captioning-base",), (384, 384),
    ),
    Architecture(
        "blip-2", "captioner", "blip-2", _BLIP_2, ("Salesforce/blip2-opt-2.7b",), (224, 224)
    ),
)  # fmt: skip
