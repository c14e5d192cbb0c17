"""The ladder's text models: configurations as published, and the study's models that have them."""

from __future__ import annotations

from typing import Any

from pytest_inferenergy.tasks.architecture import Architecture


def _sizes(layers: int, hidden: int, heads: int, inner: int | None = None) -> dict[str, Any]:
    """The four sizes of a transformer under their usual names."""
    return {
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": inner or 4 * hidden,
    }


def _bart(encoder: int, decoder: int, model: int, heads: int, inner: int) -> dict[str, Any]:
    return {
        "encoder_layers": encoder,
        "decoder_layers": decoder,
        "d_model": model,
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": inner,
        "decoder_ffn_dim": inner,
    }


def _opt(layers: int, hidden: int, heads: int) -> dict[str, Any]:
    inner = {"ffn_dim": 4 * hidden, "word_embed_proj_dim": hidden}
    sizes = {"num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads}
    return {"vocab_size": 50272, **sizes, **inner}


def _t5(layers: int, model: int, heads: int, inner: int) -> dict[str, Any]:
    return {
        "vocab_size": 32128,
        "d_model": model,
        "d_kv": 64,
        "d_ff": inner,
        "num_layers": layers,
        "num_decoder_layers": layers,
        "num_heads": heads,
        "feed_forward_proj": "gated-gelu",
        "tie_word_embeddings": False,
        "decoder_start_token_id": 0,
    }


def _bloom(layers: int, hidden: int, heads: int) -> dict[str, Any]:
    return {"vocab_size": 250880, "n_layer": layers, "hidden_size": hidden, "n_head": heads}


_BASE = _sizes(12, 768, 12)
_LARGE = _sizes(24, 1024, 16)
_ROBERTA = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1}
_XLM_R = {**_ROBERTA, "vocab_size": 250002}
_RELATIVE = {
    "relative_attention": True,
    "max_relative_positions": -1,
    "pos_att_type": ["c2p", "p2c"],
    "position_biased_input": False,
    "type_vocab_size": 0,
}
_MDEBERTA = {
    **_RELATIVE,
    "vocab_size": 251000,
    "position_buckets": 256,
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
}
_DISTIL = {"dim": 768, "hidden_dim": 3072, "n_layers": 6, "n_heads": 12}
_ALBERT = {**_BASE, "vocab_size": 30000, "embedding_size": 128}
_ELECTRA = {**_BASE, "vocab_size": 30522, "embedding_size": 768}
_PEGASUS = {"vocab_size": 96103, "decoder_start_token_id": 0, "max_position_embeddings": 1024}

ENCODERS = (
    Architecture("tiny", "encoder", "bert", {"vocab_size": 1000, **_sizes(2, 32, 2)}),
    Architecture("small", "encoder", "bert", {"vocab_size": 10000, **_sizes(4, 256, 4)}),
    Architecture(
        "distilbert", "encoder", "distilbert", {"vocab_size": 30522, **_DISTIL},
        (
            "distilbert-base-uncased", "lvwerra/distilbert-imdb", "sbcBI/sentiment_analysis_model",
            "distilbert-base-uncased-finetuned-sst-2-english",
            "distilbert-base-uncased-distilled-squad",
        ),
    ),
    Architecture(
        "distilbert-cased", "encoder", "distilbert", {"vocab_size": 28996, **_DISTIL},
        (
            "distilbert-base-cased-distilled-squad",
            "elastic/distilbert-base-cased-finetuned-conll03-english",
        ),
    ),
    Architecture(
        "bert-base", "encoder", "bert", {"vocab_size": 30522, **_BASE}, ("bert-base-uncased",)
    ),
    Architecture(
        "bert-base-cased", "encoder", "bert", {"vocab_size": 28996, **_BASE},
        ("bert-base-cased", "dslim/bert-base-NER"),
    ),
    Architecture(
        "bert-large", "encoder", "bert", {"vocab_size": 30522, **_LARGE},
        (
            "bert-large-uncased-whole-word-masking-finetuned-squad",
            "deepset/bert-large-uncased-whole-word-masking-squad2",
        ),
    ),
    Architecture(
        "bert-large-cased", "encoder", "bert", {"vocab_size": 28996, **_LARGE},
        ("dslim/bert-large-NER",),
    ),
    Architecture(
        "roberta-base", "encoder", "roberta", {**_ROBERTA, **_BASE},
        (
            "roberta-base", "cardiffnlp/twitter-roberta-base-sentiment-latest",
            "deepset/roberta-base-squad2",
        ),
    ),
    Architecture(
        "roberta-large", "encoder", "roberta", {**_ROBERTA, **_LARGE},
        ("siebert/sentiment-roberta-large-english", "Jean-Baptiste/roberta-large-ner-english"),
    ),
    Architecture(
        "xlm-roberta-base", "encoder", "xlm-roberta", {**_XLM_R, **_BASE},
        ("xlm-roberta-base", "cardiffnlp/twitter-xlm-roberta-base-sentiment"),
    ),
    Architecture(
        "xlm-roberta-large", "encoder", "xlm-roberta", {**_XLM_R, **_LARGE},
        ("xlm-roberta-large-finetuned-conll03-english",),
    ),
    Architecture("electra-base", "encoder", "electra", _ELECTRA, ("deepset/electra-base-squad2",)),
    Architecture("albert-base", "encoder", "albert", _ALBERT, ("albert-base-v2",)),
    Architecture(
        "deberta-base", "encoder", "deberta", {"vocab_size": 50265, **_BASE, **_RELATIVE},
        ("microsoft/deberta-base",),
    ),
    Architecture(
        "mdeberta-v3-base", "encoder", "deberta-v2", {**_BASE, **_MDEBERTA},
        ("timpal0l/mdeberta-v3-base-squad2",),
    ),
)  # fmt: skip

CAUSAL = (
    Architecture(
        "tiny", "causal", "gpt2",
        {
            "vocab_size": 1000, "n_layer": 2, "n_embd": 32, "n_head": 2,
            "bos_token_id": 0, "eos_token_id": 0,
        },
    ),
    Architecture("small", "causal", "gpt2", {"n_layer": 4, "n_embd": 256, "n_head": 4}),
    Architecture("distilgpt2", "causal", "gpt2", {"n_layer": 6}, ("distilgpt2",)),
    Architecture("gpt2", "causal", "gpt2", {"n_layer": 12}, ("gpt2",)),
    Architecture(
        "gpt2-medium", "causal", "gpt2", {"n_layer": 24, "n_embd": 1024, "n_head": 16},
        ("gpt2-medium",),
    ),
    Architecture(
        "gpt2-xl", "causal", "gpt2", {"n_layer": 48, "n_embd": 1600, "n_head": 25}, ("gpt2-xl",)
    ),
    Architecture("opt-1.3b", "causal", "opt", _opt(24, 2048, 32), ("facebook/opt-1.3b",)),
    Architecture("opt-6.7b", "causal", "opt", _opt(32, 4096, 32), ("facebook/opt-6.7b",)),
    Architecture(
        "bloomz-560m", "causal", "bloom", _bloom(24, 1024, 16),
        ("bigscience/bloomz-560m", "bigscience/bloom-560m"),
    ),
    Architecture("bloomz-1b7", "causal", "bloom", _bloom(24, 2048, 16), ("bigscience/bloomz-1b7",)),
    Architecture("bloomz-3b", "causal", "bloom", _bloom(30, 2560, 32), ("bigscience/bloomz-3b",)),
    Architecture("bloomz-7b1", "causal", "bloom", _bloom(30, 4096, 32), ("bigscience/bloomz-7b1",)),
)  # fmt: skip

SUMMARIZERS = (
    Architecture("tiny", "summarizer", "bart", {"vocab_size": 1000, **_bart(2, 2, 32, 2, 64)}),
    Architecture(
        "small", "summarizer", "bart", {"vocab_size": 10000, **_bart(2, 2, 256, 4, 1024)}
    ),
    Architecture(
        "bart-base", "summarizer", "bart", {"vocab_size": 50265, **_bart(6, 6, 768, 12, 3072)},
        ("ainize/bart-base-cnn",),
    ),
    Architecture(
        "distilbart", "summarizer", "bart", {"vocab_size": 50264, **_bart(12, 6, 1024, 16, 4096)},
        ("sshleifer/distilbart-cnn-12-6",),
    ),
    Architecture(
        "bart-large", "summarizer", "bart", {"vocab_size": 50264, **_bart(12, 12, 1024, 16, 4096)},
        ("facebook/bart-large-cnn",),
    ),
    Architecture(
        "pegasus", "summarizer", "pegasus", {**_PEGASUS, **_bart(16, 16, 1024, 16, 4096)},
        ("google/pegasus-large", "google/pegasus-multi_news", "google/pegasus-xsum"),
    ),
)  # fmt: skip

SEQ2SEQ = (
    Architecture("tiny-t5", "seq2seq", "t5", {**_t5(2, 32, 2, 64), "vocab_size": 1000}),
    Architecture("small-t5", "seq2seq", "t5", {**_t5(2, 256, 4, 512), "vocab_size": 10000}),
    Architecture(
        "flan-t5-base", "seq2seq", "t5", _t5(12, 768, 12, 2048), ("google/flan-t5-base",)
    ),
    Architecture(
        "flan-t5-large", "seq2seq", "t5", _t5(24, 1024, 16, 2816), ("google/flan-t5-large",)
    ),
    Architecture("flan-t5-xl", "seq2seq", "t5", _t5(24, 2048, 32, 5120), ("google/flan-t5-xl",)),
    Architecture(
        "flan-t5-xxl", "seq2seq", "t5", _t5(24, 4096, 64, 10240), ("google/flan-t5-xxl",)
    ),
)  # fmt: skip
