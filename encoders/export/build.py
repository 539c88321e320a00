"""Make models of the store: load the original, export it, quantise it, pass the gate, write the card, install."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from encoders.errors import SourceError
from encoders.export.folders import text_folder
from encoders.export.graphs import export_image, export_text
from encoders.export.inputs import QUERIES, TITLES
from encoders.export.judgments import Judgments, ndcg_at_10
from encoders.export.parity import compare, judge
from encoders.export.pictures import Photos, photos_for_export
from encoders.export.quantise import quantise_image, quantise_text
from encoders.export.sources import ImageSource, TextSource, bge_small_en, efficientnet_lite0, minilm
from encoders.images import ImageEncoder, prepare
from encoders.store import ModelStore
from encoders.text import TextEncoder

INT8_SUFFIX = "-int8"
TEXT_MODELS: Mapping[str, Callable[[], TextSource]] = {
    "all-minilm-l6-v2": minilm,
    "bge-small-en-v1.5": bge_small_en,
}
IMAGE_MODELS: Mapping[str, Callable[[], ImageSource]] = {"efficientnet-lite0": efficientnet_lite0}
SHIPPED = (*TEXT_MODELS, *IMAGE_MODELS)


@dataclass(frozen=True)
class Options:
    """What the user may say about an export.

    `photos` is a folder of photos that calibrate and prove an image encoder; `judgments` a search folder whose
    metric a text encoder must keep; `report` is told each step.
    """

    photos: Path | None = None
    judgments: Judgments | None = None
    report: Callable[[str], None] = lambda step: None


def export_model(name: str, store: ModelStore, options: Options | None = None) -> list[ModelCard]:
    """Make a model that Kindred knows and return the cards made.

    NAME makes fp32 and int8, NAME-int8 the int8 one alone. Raises SourceError for what cannot be had and ParityError
    for what differs too much from its original; the store is then as it was.
    """
    options = options or Options()
    base = name.removesuffix(INT8_SUFFIX)
    precisions: Sequence[Precision] = ("int8",) if name.endswith(INT8_SUFFIX) else ("fp32", "int8")
    if base in TEXT_MODELS:
        options.report(f"loading {base}")
        return install_text(TEXT_MODELS[base](), store, precisions, options)
    if base in IMAGE_MODELS:
        options.report(f"loading {base}")
        return install_image(IMAGE_MODELS[base](), store, precisions, options)
    raise SourceError(
        f"no recipe for a model {name!r}; there are {', '.join(SHIPPED)}, and any model folder by its path"
    )


def export_folder(
    folder: Path,
    store: ModelStore,
    *,
    name: str | None = None,
    precisions: Sequence[Precision] = ("fp32", "int8"),
    options: Options | None = None,
    **stated: Any,
) -> list[ModelCard]:
    """Make a text encoder from a sentence-transformers or BERT folder; `stated` goes to `text_folder`."""
    options = options or Options()
    options.report(f"loading {folder}")
    chosen = name or folder.resolve().name.lower()
    store.folder(chosen)  # refuses a name that no model can have, before any work is done
    return install_text(text_folder(folder, name=chosen, **stated), store, precisions, options)


def install_text(
    source: TextSource, store: ModelStore, precisions: Sequence[Precision], options: Options
) -> list[ModelCard]:
    """Export a text source at each precision, pass the gate, install all of them or none."""
    texts = [*QUERIES, *TITLES]
    tokens = tokens_of(source, texts)
    original = torch_vectors(source, tokens)
    cards = []
    with store.installing([_named(source.name, one) for one in precisions]) as folders:
        fp32 = next(iter(folders.values())).parent / "fp32.onnx"
        options.report(f"exporting {source.name}")
        export_text(source.net, fp32, longest=int(source.preprocessing["max_tokens"]))
        for precision in precisions:
            name = _named(source.name, precision)
            options.report(f"building {name} and comparing it with its original")
            folder = folders[name]
            (folder / TOKENIZER_FILE).write_bytes(source.tokenizer.read_bytes())
            if precision == "int8":
                quantise_text(fp32, folder / MODEL_FILE, [_feed(ids) for ids in tokens])
            else:
                (folder / MODEL_FILE).write_bytes(fp32.read_bytes())
            card = _text_card(source, name, folder, precision)
            encoder = TextEncoder(folder, card)
            measured = compare(original, encoder.encode(texts), len(QUERIES))
            measured["compared_on"] = f"{len(QUERIES)} queries and {len(TITLES)} titles of Kindred's own"
            if source.published is not None:
                measured["published_worst_cosine"] = _like_published(source, tokens, original)
            if options.judgments is not None:
                measured |= _metric(source, encoder, options.judgments)
            judge(card, measured)
            cards.append(replace(card, parity=measured))
            write_card(folder, cards[-1])
    return cards


def install_image(
    source: ImageSource, store: ModelStore, precisions: Sequence[Precision], options: Options
) -> list[ModelCard]:
    """Export an image source at each precision, pass the gate, install all of them or none.

    Every other photo calibrates the int8 network; the rest, which calibration never saw, prove it.
    """
    options.report("reading photos")
    photos: Photos = photos_for_export(options.photos)
    calibrating, proving = photos.pictures[::2], photos.pictures[1::2]
    prepared = [prepare(picture, source.preprocessing)[None] for picture in proving]
    source.net.eval()
    with torch.inference_mode():
        original = np.concatenate([source.net(torch.from_numpy(pixels.copy())).numpy() for pixels in prepared])
    cards = []
    with store.installing([_named(source.name, one) for one in precisions]) as folders:
        fp32 = next(iter(folders.values())).parent / "fp32.onnx"
        options.report(f"exporting {source.name}")
        export_image(source.net, fp32, size=int(source.preprocessing["size"]))
        for precision in precisions:
            name = _named(source.name, precision)
            options.report(f"building {name} and comparing it with its original")
            folder = folders[name]
            if precision == "int8":
                feeds = [{"pixels": prepare(picture, source.preprocessing)[None]} for picture in calibrating]
                quantise_image(fp32, folder / MODEL_FILE, feeds)
            else:
                (folder / MODEL_FILE).write_bytes(fp32.read_bytes())
            card = _image_card(source, name, folder, precision)
            measured = compare(original, ImageEncoder(folder, card).encode(proving), 0)
            measured["compared_on"] = photos.source
            if precision == "int8":
                measured["calibrated_on"] = f"{len(calibrating)} others of {photos.source}"
            judge(card, measured)
            cards.append(replace(card, parity=measured))
            write_card(folder, cards[-1])
    return cards


def tokens_of(source: TextSource, texts: Sequence[str]) -> list[np.ndarray]:
    """Return the token ids (1, tokens) of each text as the original's own tokenizer gives them."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(source.preprocessing["max_tokens"]))
    prefix = str(source.preprocessing["passage_prefix"])
    lowercase = bool(source.preprocessing["lowercase"])
    stated = [prefix + (text.lower() if lowercase else text) for text in texts]
    return [np.asarray([tokenizer.encode(text).ids], np.int64) for text in stated]


def torch_vectors(source: TextSource, tokens: Sequence[np.ndarray]) -> np.ndarray:
    """Encode token ids with the torch original, one text at a time, so that no padding is involved."""
    source.net.eval()
    with torch.inference_mode():
        rows = [source.net(torch.from_numpy(ids), torch.ones(ids.shape, dtype=torch.int64)).numpy() for ids in tokens]
    return np.concatenate(rows)


def _feed(ids: np.ndarray) -> dict[str, np.ndarray]:
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def _like_published(source: TextSource, tokens: Sequence[np.ndarray], original: np.ndarray) -> float:
    assert source.published is not None
    published = np.stack([source.published(ids) for ids in tokens])
    return float(np.sum(published * original, axis=1).min())


def _metric(source: TextSource, encoder: TextEncoder, judgments: Judgments) -> dict[str, Any]:
    texts = [*judgments.queries.values(), *judgments.titles]
    count = len(judgments.queries)
    before = ndcg_at_10(judgments, *np.split(torch_vectors(source, tokens_of(source, texts)), [count]))
    after = ndcg_at_10(judgments, *np.split(encoder.encode(texts), [count]))
    return {
        "metric": f"nDCG@10 of k-NN on {judgments.name}",
        "metric_original": before,
        "metric_exported": after,
        "metric_loss": 1 - after / before,
    }


def _text_card(source: TextSource, name: str, folder: Path, precision: Precision) -> ModelCard:
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


def _image_card(source: ImageSource, name: str, folder: Path, precision: Precision) -> ModelCard:
    files = {MODEL_FILE: sha256_of(folder / MODEL_FILE)}
    return ModelCard(
        name=name,
        kind="image",
        revision=source.revision,
        dimension=source.dimension,
        pooling="global average",
        preprocessing=source.preprocessing,
        languages=source.languages,
        licence=source.licence,
        source=source.source,
        precision=precision,
        files=files,
        fingerprint=fingerprint_of(files, source.preprocessing),
    )


def _named(base: str, precision: Precision) -> str:
    return base + (INT8_SUFFIX if precision == "int8" else "")
