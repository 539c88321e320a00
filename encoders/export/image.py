"""Export of image encoders: fp32 and int8 files from one torch network, each through the parity gate."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoders.cards import MODEL_FILE, ModelCard, Precision, fingerprint_of, name_at, sha256_of, write_card
from encoders.export.described import ImageSource
from encoders.export.graphs import export_image
from encoders.export.options import Options
from encoders.export.parity import compare, judge
from encoders.export.pictures import Photos, photos_for_export
from encoders.export.quantise import quantise_image
from encoders.images import ImageEncoder, prepare
from encoders.nets.threads import one_thread
from encoders.store import ModelStore


def install_image(
    source: ImageSource, store: ModelStore, precisions: Sequence[Precision], options: Options
) -> list[ModelCard]:
    """Export an image source at each precision, pass the gate, install all of them or none.

    Every other photo calibrates the int8 network; the rest, which calibration never saw, prove it.
    """
    options.report("reading photos")
    photos = photos_for_export(options.photos)
    options.report(f"running the original {source.name}")
    original = torch_vectors(source, photos.pictures[1::2])
    cards = []
    names = {precision: name_at(source.name, precision) for precision in precisions}
    with store.installing(list(names.values())) as folders:
        fp32 = next(iter(folders.values())).parent / "fp32.onnx"
        options.report(f"exporting {source.name}")
        export_image(source.net, fp32, size=int(source.preprocessing["size"]))
        for precision, name in names.items():
            options.report(f"building {name} and comparing it with its original")
            folder = folders[name]
            if precision == "int8":
                calibrating = [prepare(picture, source.preprocessing)[None] for picture in photos.pictures[::2]]
                quantise_image(fp32, folder / MODEL_FILE, [{"pixels": pixels} for pixels in calibrating])
            else:
                (folder / MODEL_FILE).write_bytes(fp32.read_bytes())
            card = _card(source, name, folder, precision)
            measured = prove_image(original, ImageEncoder(folder, card), photos)
            if precision == "int8":
                measured["calibrated_on"] = f"the {len(calibrating)} others of these"
            judge(card, measured)
            cards.append(replace(card, parity=measured))
            write_card(folder, cards[-1])
    return cards


def prove_image(original: np.ndarray, encoder: ImageEncoder, photos: Photos) -> dict[str, Any]:
    """Compare an exported encoder with `original` vectors of every other photo; returns what the card keeps."""
    measured = compare(original, encoder.encode(photos.pictures[1::2]), 0)
    measured["compared_on"] = f"{len(original)} of {photos.source}"
    return measured


def torch_vectors(source: ImageSource, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Encode pictures with the torch original."""
    source.net.eval()
    rows = []
    with torch.inference_mode(), one_thread():
        for picture in pictures:
            pixels = prepare(picture, source.preprocessing)[None].copy()
            rows.append(source.net(torch.from_numpy(pixels)).numpy())
    return np.concatenate(rows)


def _card(source: ImageSource, name: str, folder: Path, precision: Precision) -> ModelCard:
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
