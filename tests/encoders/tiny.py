"""Tiny transformers with random weights, as folders on disk: enough to prove that a layout is read rightly."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from encoders.export.described import TextSource
from encoders.export.folders import text_folder
from encoders.export.inputs import QUERIES, TITLES

WIDTH = 32


def tiny_folder(folder: Path, kind: str, **transformer: object) -> Path:
    """Write a model folder of a transformer `kind` (bert, distilbert, roberta, mpnet) as `save_pretrained` would."""
    from transformers import AutoConfig, AutoModel

    first = 1 if kind in ("roberta", "mpnet") else 0
    vocabulary = tiny_tokenizer(folder, pad=first)
    layers: dict[str, object] = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": WIDTH}
    layers |= {"intermediate_size": 64, "max_position_embeddings": 66}
    if kind == "distilbert":
        layers = {"n_layers": 2, "n_heads": 4, "dim": WIDTH, "hidden_dim": 64, "max_position_embeddings": 64}
    # A wide initial spread keeps texts apart: with the usual one all random vectors would be nearly the same.
    config = AutoConfig.for_model(
        kind, vocab_size=vocabulary, initializer_range=0.4, pad_token_id=first, **{**layers, **transformer}
    )
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    return folder


def tiny_tokenizer(folder: Path, *, pad: int) -> int:
    """Write a tokenizer over the words of the gate's own inputs; returns the size of its vocabulary."""
    special = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"] if pad else ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = {
        word for text in (*QUERIES, *TITLES) for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))
    }
    known = {word: row for row, word in enumerate([*special, *sorted(words)])}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", known["[CLS]"]), ("[SEP]", known["[SEP]"])]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    stated = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    stated |= {"cls_token": "[CLS]", "sep_token": "[SEP]", "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(stated), encoding="utf-8")
    return len(known)


def tiny_source(folder: Path, kind: str) -> TextSource:
    """Return a tiny transformer of `kind`, read from a folder as a user's would be."""
    return text_folder(tiny_folder(folder, kind), name=f"tiny-{kind}")
