"""Product photos: found inside one folder only, read once, and a fault told by name instead of ending the load."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.errors import PictureError
from encoders.images import PICTURES_PER_BATCH, ImageEncoder
from encoders.pictures import load_picture

WAITING_BYTES = 96 * 2**20
_NOTED = "photos-folder.txt"
LONGEST_SIDE = 512  # enough for every network here; JPEG files are then decoded at a fraction of their size


@dataclass(frozen=True)
class Photo:
    """A photo's vector, or the fault: `missing`, `broken`, `outside`, `remote`; `hash` is of the file's content."""

    vector: np.ndarray | None = None
    hash: str | None = None
    fault: str | None = None
    reason: str = ""


def find_photo(image: str, folder: Path) -> Path | Photo:
    """Return the path that a product's `image` means inside `folder`, or the fault.

    `..`, absolute paths and links that lead out of the folder are refused: a product file must not make the
    loader read other files.
    """
    if "://" in image[:12]:
        return Photo(fault="remote", reason="photos are read from files, not fetched from addresses")
    if "\0" in image:
        return Photo(fault="missing", reason="the path holds a null character")
    root = folder.resolve()
    try:
        found = (root / image).resolve()
        if not found.is_relative_to(root):
            return Photo(fault="outside", reason=f"the path leads out of {folder}")
        if not found.is_file():
            return Photo(fault="missing", reason="no such file")
    except OSError as error:  # a name too long, a loop of links
        return Photo(fault="missing", reason=error.strerror or str(error))
    return found


def encode_photos(images: Sequence[str | None], folder: Path, encoder: ImageEncoder) -> list[Photo | None]:
    """Return for each image its Photo, None where there is none; only one batch of pictures is in memory."""
    photos: list[Photo | None] = [None] * len(images)
    waiting: list[tuple[int, str, np.ndarray]] = []

    def flush() -> None:
        if waiting:
            vectors = encoder.encode([picture for _, _, picture in waiting])
            for (row, content, _), vector in zip(waiting, vectors, strict=True):
                photos[row] = Photo(vector=vector, hash=content)
            waiting.clear()

    for row, image in enumerate(images):
        if image is None:
            continue
        found = find_photo(image, folder)
        if isinstance(found, Photo):
            photos[row] = found
            continue
        try:
            data = found.read_bytes()
            waiting.append((row, content_hash(data), load_picture(data, name=image, longest=LONGEST_SIDE)))
        except PictureError as error:
            photos[row] = Photo(fault="broken", reason=str(error))
        except OSError as error:
            photos[row] = Photo(fault="broken", reason=f"{image}: cannot be read ({error.strerror})")
        if len(waiting) == PICTURES_PER_BATCH or sum(p.nbytes for _, _, p in waiting) > WAITING_BYTES:
            flush()
    flush()
    return photos


def content_hash(data: bytes) -> str:
    """Return what tells one photo's content from another's."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def same_photo(image: str, folder: Path, known: str) -> bool:
    """Return whether the photo that `image` means has the content whose hash is `known`."""
    found = find_photo(image, folder)
    if isinstance(found, Photo):
        return False
    try:
        return content_hash(found.read_bytes()) == known
    except OSError:
        return False  # told as broken when it is read to be encoded


def note_folder(lists: Path, folder: Path) -> None:
    """Write down beside a load's lists where its photos are, for the bridge to show them."""
    lists.mkdir(parents=True, exist_ok=True)
    (lists / _NOTED).write_text(str(folder.absolute()) + "\n", encoding="utf-8")


def noted_folder(lists: Path) -> Path | None:
    """Return the folder that `note_folder` wrote down, None where there is none."""
    try:
        return Path((lists / _NOTED).read_text(encoding="utf-8").rstrip("\n"))
    except OSError:
        return None
