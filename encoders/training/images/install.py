"""From a trained network to models of the store: ONNX in fp32 and int8, the parity gate, calibrated classes."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoders.cards import INT8_SUFFIX, MODEL_FILE, ModelCard, Precision, fingerprint_of, name_at, sha256_of, write_card
from encoders.errors import ParityError, PictureError, SourceError
from encoders.export.graphs import IMAGE_OUTPUT, export_image
from encoders.export.image import prove_image
from encoders.export.mending import mend_heads
from encoders.export.parity import compare, judge
from encoders.export.pictures import photos_for_export
from encoders.export.quantise import quantise_image
from encoders.heads import CLASSES_FILE, Classifier, PhotoClassifier, served, write_classes
from encoders.images import prepare
from encoders.nets.photonet import PhotoNet, SharedTrunk
from encoders.nets.threads import one_thread
from encoders.photosets import HeadClasses, Photo
from encoders.pictures import load_picture
from encoders.store import ModelStore
from encoders.training.images.calibrate import better_view
from encoders.training.images.views import augmented

CALIBRATING, MENDING, PROVING = 96, 640, 400
# Share of photos whose class the exported network may get wrong where its original did not, less those it mends.
ACCURACY_LOSS = 0.02


@dataclass(frozen=True)
class Trained:
    """A trained network with all that its card will say.

    `unseeing` are its weights of before it learned from the val photos, where it did.
    """

    name: str
    net: PhotoNet | SharedTrunk
    dimension: int
    heads: Sequence[HeadClasses]
    preprocessing: Mapping[str, Any]
    licence: str
    revision: str
    source: str
    unseeing: Mapping[str, torch.Tensor] | None = None


def install_trained(
    trained: Trained,
    train: Sequence[Photo],
    val: Sequence[Photo],
    store: ModelStore,
    report: Callable[[str], None],
    precisions: Sequence[Precision] = ("fp32", "int8"),
) -> list[ModelCard]:
    """Export at each precision, pass the gate, calibrate on the val photos, install.

    Where int8 does not pass, `report` is told, and fp32 is installed alone: an hour of training is not thrown away.

    Training photos calibrate the int8 network and tell its heads what rounding does; val photos, which quantisation
    has not seen, prove it. Where training has seen them, right answers are counted on views of them that it never
    drew, which are hard enough for rounding to show; and confidence is calibrated with what the network said before.
    """
    report("reading photos for the gate")
    proof = _proof(trained, *pictures_of(spread(val, PROVING)))
    report("exporting to ONNX")
    outputs = (IMAGE_OUTPUT, *(f"logits_{head.name}" for head in trained.heads), "class_maps")
    cards = []
    with tempfile.TemporaryDirectory(prefix="kindred-export-") as workshop:
        fp32 = Path(workshop) / "fp32.onnx"
        export_image(trained.net, fp32, size=int(trained.preprocessing["size"]), outputs=outputs)
        for precision in precisions:
            name = name_at(trained.name, precision)
            report(f"building {name} and comparing it with its original")
            try:
                with store.installing([name]) as folders:
                    folder = folders[name]
                    if precision == "int8":
                        quantise_image(fp32, folder / MODEL_FILE, _feeds(trained, spread(train, CALIBRATING)))
                        mend_heads(fp32, folder / MODEL_FILE, _feeds(trained, spread(train, MENDING)))
                    else:
                        (folder / MODEL_FILE).write_bytes(fp32.read_bytes())
                    card = _proven(trained, name, precision, folder, proof)
                    write_card(folder, card)
                cards.append(card)
            except ParityError as error:
                if precision != "int8" or not cards:
                    raise
                # An int8 form of an earlier training would not belong to this network.
                shutil.rmtree(store.folder(name), ignore_errors=True)
                report(f"{error}; {trained.name} serves in fp32")
    return cards


def compare_trained(card: ModelCard, store: ModelStore, photos: Path | None) -> dict[str, Any]:
    """Compare a trained network's int8 form with its fp32 one again: its torch original is not kept after training.

    Raises SourceError for the fp32 form, and ParityError where int8 no longer passes.
    """
    base = card.name.removesuffix(INT8_SUFFIX)
    if card.precision == "fp32" or base not in store.names():
        raise SourceError(
            f"{card.name} was trained here and its torch original is not kept; what the gate measured then stands in "
            f"its card, and `kindred models verify {base}{INT8_SUFFIX}` compares int8 with fp32"
        )
    some = photos_for_export(photos)
    original = store.open_image(base).encode(some.pictures[1::2])
    measured = {**prove_image(original, store.open_image(card.name), some), "compared_with": f"{base}, fp32"}
    judge(card, measured)
    return measured


def pictures_of(photos: Sequence[Photo]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the pictures that can be read, and their labels (pictures, heads)."""
    pictures, labels = [], []
    for photo in photos:
        try:
            pictures.append(load_picture(photo.path, name=photo.id, longest=512))
        except PictureError:
            continue  # training has listed it
        labels.append(photo.labels)
    return pictures, np.asarray(labels, np.int64)


def _feeds(trained: Trained, photos: Sequence[Photo]) -> list[dict[str, np.ndarray]]:
    return [{"pixels": prepare(one, trained.preprocessing)[None]} for one in pictures_of(photos)[0]]


def spread(photos: Sequence[Photo], count: int) -> Sequence[Photo]:
    """Return up to `count` photos, evenly chosen."""
    return photos[:: max(1, len(photos) // count)][:count]


def _proven(trained: Trained, name: str, precision: Precision, folder: Path, proof: "_Proof") -> ModelCard:
    write_classes(folder, Classifier(served(trained.heads)))
    draft = _card(trained, name, precision, folder)
    exported = PhotoClassifier(folder, draft)
    vectors, logits = exported.logits(proof.pictures)
    measured = compare(proof.vectors, vectors, 0)
    measured["compared_on"] = f"{len(proof.pictures)} photos"
    if proof.calibrated is not None:
        measured["compared_on"] += f", right answers on {len(proof.asked)} views never drawn"
    said = (proof.logits, logits[0] if proof.calibrated is None else exported.logits(proof.asked)[1][0])
    known = proof.truth[:, 0] >= 0
    right = [one.argmax(1)[known] == proof.truth[known, 0] for one in said]
    measured["accuracy_original"], measured["accuracy_exported"] = (float(one.mean()) for one in right)
    judge(draft, measured)
    if measured["accuracy_original"] - measured["accuracy_exported"] > ACCURACY_LOSS:
        raise ParityError(
            f"{name} ({precision}) tells {trained.heads[0].name} classes right in {measured['accuracy_exported']:.1%} "
            f"of the photos, its original in {measured['accuracy_original']:.1%}: it was not installed"
        )
    calibrated = proof.calibrated
    if calibrated is None:
        write_classes(folder, Classifier(served(trained.heads), mirrored=True))
        both = PhotoClassifier(folder, draft).logits(proof.pictures)[1]
        calibrated = better_view(served(trained.heads), logits, both, proof.truth)
    write_classes(folder, calibrated)
    return replace(_card(trained, name, precision, folder), parity=measured)


@dataclass(frozen=True)
class _Proof:
    """Photos by which exported networks are compared with their original, and what that says of them.

    Vectors are compared on `pictures`, right answers counted on `asked`, whose labels are `truth`: the same pictures,
    or views of them where training has seen them; then `calibrated` has the temperatures of before it did.
    """

    pictures: Sequence[np.ndarray]
    vectors: np.ndarray
    asked: Sequence[np.ndarray]
    truth: np.ndarray
    logits: np.ndarray
    calibrated: Classifier | None


def _proof(trained: Trained, pictures: Sequence[np.ndarray], truth: np.ndarray) -> _Proof:
    vectors, logits, *_ = _originals(trained, pictures)
    if trained.unseeing is None:
        return _Proof(pictures, vectors, pictures, truth, logits, None)
    asked, answers = _views(trained, pictures, truth)
    calibrated = _calibrated_before(trained, pictures, truth)
    return _Proof(pictures, vectors, asked, answers, _originals(trained, asked)[1], calibrated)


def _originals(trained: Trained, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return vectors and logits of the torch network, one photo after the other as they are served."""
    rows = []
    trained.net.eval()
    with torch.inference_mode(), one_thread():
        for picture in pictures:
            pixels = torch.from_numpy(prepare(picture, trained.preprocessing)[None].copy())
            rows.append([one.numpy() for one in trained.net(pixels)[:-1]])
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def _views(trained: Trained, pictures: Sequence[np.ndarray], truth: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return views of photos that training never drew, several of each where photos are few, and their labels."""
    size, times = int(trained.preprocessing["size"]), max(1, PROVING // max(1, len(pictures)))
    each = [
        augmented(one, size, np.random.default_rng([PROVING, at, view]))
        for view in range(times)
        for at, one in enumerate(pictures)
    ]
    return each, np.tile(truth, (times, 1))


def _calibrated_before(trained: Trained, pictures: Sequence[np.ndarray], truth: np.ndarray) -> Classifier:
    """Return temperatures and thresholds from what the network said of photos before it learned from them."""
    after = {name: value.clone() for name, value in trained.net.state_dict().items()}
    trained.net.load_state_dict(dict(trained.unseeing or {}))
    plain = _originals(trained, pictures)[1:]
    mirrored = _originals(trained, [np.ascontiguousarray(one[:, ::-1]) for one in pictures])[1:]
    trained.net.load_state_dict(after)
    both = [(one + other) / 2 for one, other in zip(plain, mirrored, strict=True)]
    return better_view(served(trained.heads), plain, both, truth)


def _card(trained: Trained, name: str, precision: Precision, folder: Path) -> ModelCard:
    files = {file: sha256_of(folder / file) for file in (MODEL_FILE, CLASSES_FILE)}
    return ModelCard(
        name=name,
        kind="image",
        revision=trained.revision,
        dimension=trained.dimension,
        pooling="averages of several maps, projected",
        preprocessing=trained.preprocessing,
        languages=(),
        licence=trained.licence,
        source=trained.source,
        precision=precision,
        files=files,
        fingerprint=fingerprint_of(files, trained.preprocessing),
    )
