"""Export of text encoders: fp32 and int8 files from one torch network, each through the parity gate."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from encoders.cards import (
    MODEL_FILE,
    TOKENIZER_FILE,
    ModelCard,
    Precision,
    fingerprint_of,
    name_at,
    sha256_of,
    write_card,
)
from encoders.export.described import TextSource
from encoders.export.graphs import export_text
from encoders.export.inputs import Inputs, inputs_for
from encoders.export.judgments import Judgments, ndcg_at_10
from encoders.export.options import Options
from encoders.export.parity import compare, judge
from encoders.export.quantise import quantise_text
from encoders.nets.threads import one_thread
from encoders.store import ModelStore
from encoders.text import TOKENS_PER_BATCH, TextEncoder


def install_text(
    source: TextSource, store: ModelStore, precisions: Sequence[Precision], options: Options
) -> list[ModelCard]:
    """Export a text source at each precision, pass the gate, install all of them or none."""
    options.report(f"running the original {source.name}")
    original = originals(source, options)
    cards = []
    names = {precision: name_at(source.name, precision) for precision in precisions}
    with store.installing(list(names.values())) as folders:
        fp32 = next(iter(folders.values())).parent / "fp32.onnx"
        options.report(f"exporting {source.name}")
        export_text(source.net, fp32, longest=int(source.preprocessing["max_tokens"]))
        for precision, name in names.items():
            options.report(f"building {name} and comparing it with its original")
            folder = folders[name]
            (folder / TOKENIZER_FILE).write_bytes(source.tokenizer.read_bytes())
            if precision == "int8":
                feeds = [_feed(ids) for ids in tokens_of(source, original.inputs.texts)]
                quantise_text(fp32, folder / MODEL_FILE, feeds)
            else:
                (folder / MODEL_FILE).write_bytes(fp32.read_bytes())
            card = _card(source, name, folder, precision)
            measured = prove_text(original, TextEncoder(folder, card), options)
            judge(card, measured)
            cards.append(replace(card, parity=measured))
            write_card(folder, cards[-1])
    return cards


@dataclass(frozen=True)
class Originals:
    """What the torch network makes of the gate's inputs, and of judged searches where these are given."""

    inputs: Inputs
    texts: np.ndarray
    judged: np.ndarray | None
    published_worst_cosine: float | None


def originals(source: TextSource, options: Options) -> Originals:
    """Run the torch original over the gate's inputs."""
    inputs = inputs_for(source.languages)
    tokens = tokens_of(source, inputs.texts)
    vectors = torch_vectors(source, tokens)
    published = None
    if source.published is not None:
        rows = np.stack([source.published(text, ids) for text, ids in zip(inputs.texts, tokens, strict=True)])
        published = float(np.sum(rows * vectors, axis=1).min())
    judged = None
    if options.judgments is not None:
        judged = torch_vectors(source, tokens_of(source, _judged_texts(options.judgments)))
    return Originals(inputs, vectors, judged, published)


def prove_text(original: Originals, encoder: TextEncoder, options: Options) -> dict[str, Any]:
    """Compare an exported encoder with its torch original on real texts; returns what the card keeps."""
    inputs = original.inputs
    measured = compare(original.texts, encoder.encode(inputs.texts), len(inputs.queries))
    measured["compared_on"] = f"{len(inputs.queries)} queries and {len(inputs.titles)} titles of Kindred's own"
    if original.published_worst_cosine is not None:
        measured["published_worst_cosine"] = original.published_worst_cosine
    if options.judgments is not None and original.judged is not None:
        measured |= _metric(original.judged, encoder.encode(_judged_texts(options.judgments)), options.judgments)
    return measured


def tokens_of(source: TextSource, texts: Sequence[str]) -> list[np.ndarray]:
    """Return the token ids (1, tokens) of each text as the original's own tokenizer gives them."""
    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(source.preprocessing["max_tokens"]))
    prefix = str(source.preprocessing["passage_prefix"])
    lowercase = bool(source.preprocessing["lowercase"])
    stated = [prefix + (text.lower() if lowercase else text) for text in texts]
    return [np.asarray([tokenizer.encode(text).ids], np.int64) for text in stated]


def torch_vectors(source: TextSource, tokens: Sequence[np.ndarray]) -> np.ndarray:
    """Encode token ids with the torch original; only texts of one length share a batch, so nothing is padded."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for row, ids in enumerate(tokens):
        by_length[ids.shape[1]].append(row)
    vectors = np.empty((len(tokens), source.dimension), np.float32)
    source.net.eval()
    with torch.inference_mode(), one_thread():
        for length, rows in by_length.items():
            step = max(1, TOKENS_PER_BATCH // length)
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                batch = torch.from_numpy(np.concatenate([tokens[row] for row in some]))
                vectors[some] = source.net(batch, torch.ones_like(batch)).numpy()
    return vectors


def _feed(ids: np.ndarray) -> dict[str, np.ndarray]:
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def _judged_texts(judgments: Judgments) -> list[str]:
    return [*judgments.queries.values(), *judgments.titles]


def _metric(original: np.ndarray, exported: np.ndarray, judgments: Judgments) -> dict[str, Any]:
    count = [len(judgments.queries)]
    before = ndcg_at_10(judgments, *np.split(original, count))
    after = ndcg_at_10(judgments, *np.split(exported, count))
    return {
        "metric": f"nDCG@10 of k-NN on {judgments.name}",
        "metric_original": before,
        "metric_exported": after,
        "metric_loss": 1 - after / before,
    }


def _card(source: TextSource, name: str, folder: Path, precision: Precision) -> ModelCard:
    files = {file: sha256_of(folder / file) for file in (MODEL_FILE, TOKENIZER_FILE)}
    return ModelCard(
        name=name,
        kind="text",
        revision=source.revision,
        dimension=source.dimension,
        pooling=source.net.pooling,
        preprocessing=source.preprocessing,
        languages=source.languages,
        licence=source.licence,
        source=source.source,
        precision=precision,
        files=files,
        fingerprint=fingerprint_of(files, source.preprocessing),
    )
