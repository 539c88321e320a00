"""Make models of the store: load the original, export it, quantise it, pass the gate, write the card, install."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoders.cards import (
    MODEL_FILE,
    TOKENIZER_FILE,
    ModelCard,
    Precision,
    fingerprint_of,
    sha256_of,
    write_card,
)
from encoders.errors import EncoderError
from encoders.export.graphs import export_text
from encoders.export.inputs import QUERIES, TITLES
from encoders.export.parity import compare, judge
from encoders.export.quantise import quantise_text
from encoders.export.sources import TextSource, minilm
from encoders.store import ModelStore
from encoders.text import TextEncoder

INT8_SUFFIX = "-int8"
TEXT_MODELS: dict[str, Callable[[], TextSource]] = {"all-minilm-l6-v2": minilm}
Report = Callable[[str], None]


def export_model(name: str, store: ModelStore, *, report: Report = lambda _: None) -> list[ModelCard]:
    """Make model `name` in the store and return the cards made.

    NAME makes fp32 and int8, NAME-int8 makes the int8 one alone. Raises ParityError (nothing is installed then).
    """
    base = name.removesuffix(INT8_SUFFIX)
    precisions: Sequence[Precision] = ("int8",) if name.endswith(INT8_SUFFIX) else ("fp32", "int8")
    if base not in TEXT_MODELS:
        raise EncoderError(f"no recipe for model {name!r}; there are: {', '.join(TEXT_MODELS)}")
    report(f"loading {base}")
    return _export_text(TEXT_MODELS[base](), store, precisions, report)


def _export_text(
    source: TextSource, store: ModelStore, precisions: Sequence[Precision], report: Report
) -> list[ModelCard]:
    cards = []
    with store.installing([_named(source.name, one) for one in precisions]) as folders:
        first = next(iter(folders.values()))
        fp32 = first / "fp32.onnx"
        report(f"exporting {source.name}")
        export_text(source.net, fp32, longest=int(source.preprocessing["max_tokens"]))
        for precision in precisions:
            folder = folders[_named(source.name, precision)]
            report(f"{_named(source.name, precision)}: building and comparing with the original")
            (folder / TOKENIZER_FILE).write_bytes(source.tokenizer.read_bytes())
            if precision == "int8":
                quantise_text(fp32, folder / MODEL_FILE)
            else:
                (folder / MODEL_FILE).write_bytes(fp32.read_bytes())
            cards.append(_finish_text(source, folder, precision))
        fp32.unlink()
    return cards


def _finish_text(source: TextSource, folder: Path, precision: Precision) -> ModelCard:
    files = {file: sha256_of(folder / file) for file in (MODEL_FILE, TOKENIZER_FILE)}
    card = ModelCard(
        name=_named(source.name, precision),
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
    texts = [*QUERIES, *TITLES]
    encoder = TextEncoder(folder, card)
    measured = compare(torch_vectors(source, texts), encoder.encode(texts), len(QUERIES))
    judge(card.name, precision, measured)
    card = replace(card, parity=measured)
    write_card(folder, card)
    return card


def torch_vectors(source: TextSource, texts: Sequence[str]) -> np.ndarray:
    """Encode texts with the torch original, one by one, so that no padding is involved."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(source.preprocessing["max_tokens"]))
    source.net.eval()
    rows: list[Any] = []
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([tokenizer.encode(text).ids])
            rows.append(source.net(ids, torch.ones_like(ids))[0].numpy())
    return np.stack(rows)


def _named(base: str, precision: Precision) -> str:
    return base + (INT8_SUFFIX if precision == "int8" else "")
