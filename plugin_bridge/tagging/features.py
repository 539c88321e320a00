"""What a trained tagger reads of a product: n-grams, the vector of its text, the vector of its photo."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.errors import PictureError
from encoders.images import PICTURES_PER_BATCH, ImageEncoder
from encoders.pictures import load_picture
from encoders.tagger import TagInputs, padded
from encoders.text import TextEncoder
from plugin_bridge.loading.photos import LONGEST_SIDE
from plugin_bridge.tagging.words import Words

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Read:
    """Inputs of n products and which of them have a text, a photo, (n,) bool each."""

    inputs: TagInputs
    has_text: np.ndarray
    has_photo: np.ndarray


def read_inputs(words: Words, texts: Sequence[str], text: np.ndarray, photo: np.ndarray, has_photo: np.ndarray) -> Read:
    """Return the inputs of products from their texts and the vectors (n, d) of text and photo."""
    ids, weights = padded([words.read(one) for one in texts], len(words))
    has_text = np.array([bool(one.strip()) for one in texts], bool)
    return Read(TagInputs(ids, weights, text.astype(np.float32), photo.astype(np.float32)), has_text, has_photo)


def text_vectors(texts: Sequence[str], encoder: TextEncoder) -> np.ndarray:
    """Return the vectors (n, dimension) of texts, zeros where a text is blank."""
    vectors = encoder.encode(texts)
    vectors[[not text.strip() for text in texts]] = 0
    return vectors


def photo_vectors(
    photos: Sequence[Path | None],
    encoder: ImageEncoder,
    *,
    cache: Path | None = None,
    progress: Progress = lambda photos: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors (n, dimension) and whether there is one, (n,); a photo that cannot be read has zeros.

    `cache` is a folder where vectors are kept by the photo's content and the encoder's fingerprint.
    """
    known = _Cache(cache, encoder)
    vectors = np.zeros((len(photos), encoder.card.dimension), np.float32)
    there = np.zeros(len(photos), bool)
    waiting: list[tuple[int, str, np.ndarray]] = []

    def flush() -> None:
        for (row, key, _), vector in zip(waiting, encoder.encode([one for _, _, one in waiting]), strict=True):
            vectors[row], there[row] = vector, True
            known.add(key, vector)
        waiting.clear()

    for row, photo in enumerate(photos):
        progress(1)
        try:
            data = photo.read_bytes() if photo is not None else b""
            key = hashlib.blake2b(data, digest_size=16).hexdigest()
            if not data:
                continue
            if key in known.vectors:
                vectors[row], there[row] = known.vectors[key], True
                continue
            waiting.append((row, key, load_picture(data, name=str(photo), longest=LONGEST_SIDE)))
        except (PictureError, OSError):
            continue  # as a product without a photo: the loader tells what is wrong with it
        if len(waiting) == PICTURES_PER_BATCH:
            flush()
    flush()
    known.save()
    return vectors, there


class _Cache:
    """Vectors of photos by their content, in one file for each encoder."""

    def __init__(self, folder: Path | None, encoder: ImageEncoder) -> None:
        self._path = None if folder is None else folder / f"photos-{encoder.card.fingerprint}.npz"
        self.vectors: dict[str, np.ndarray] = {}
        self._new = False
        if self._path is not None and self._path.is_file():
            try:
                with np.load(self._path) as stored:
                    self.vectors = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
            except (OSError, ValueError, KeyError):
                self.vectors = {}  # a cache that cannot be read is made again

    def add(self, key: str, vector: np.ndarray) -> None:
        self.vectors[key] = vector
        self._new = True

    def save(self) -> None:
        if self._path is None or not self._new:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".part.npz")
        np.savez(draft, keys=np.array(list(self.vectors)), vectors=np.stack(list(self.vectors.values())))
        draft.replace(self._path)
