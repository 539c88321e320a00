"""Labelled photos: folders with `{train,val,test}.tsv`, or a catalogue whose products have photos. Needs no torch.

Two layouts are read:

- `train.tsv`, `val.tsv`, `test.tsv` (path, fine class, coarse class) with `classes.jsonl[.gz]` (`class_id`, `class`,
  `coarse_id`, `coarse`, and where a class has them `image`, one clean picture of it, and `description`);
- `products.jsonl[.gz]` (`id`, `image`, `category` as a path, `colour` where known), split by a hash of the id.

A photo that is named but not there is listed in `PhotoSet.missing`, and the others are used.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from encoders.errors import PhotoSetError

UNKNOWN = -1
SEPARATOR = " > "
SPLITS = ("train", "val", "test")
CLASS_FILES = ("classes.jsonl.gz", "classes.jsonl")
PRODUCT_FILES = ("products.jsonl.gz", "products.jsonl")

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class HeadClasses:
    """What one head tells apart: its classes, and for each the class of the head `parent` that holds it."""

    name: str
    classes: tuple[str, ...]
    parent: str | None = None
    parents: tuple[int, ...] = ()


@dataclass(frozen=True)
class Photo:
    """A photo with one class per head, `UNKNOWN` where nobody said."""

    id: str
    path: Path
    labels: tuple[int, ...]


@dataclass(frozen=True)
class PhotoSet:
    """Labelled photos. `heads` goes from fine to coarse; `icons` are clean pictures of single classes."""

    folder: Path
    heads: tuple[HeadClasses, ...]
    splits: Mapping[str, tuple[Photo, ...]]
    icons: tuple[Photo, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def photos(self, split: str) -> tuple[Photo, ...]:
        """Return the photos of a split; raises PhotoSetError where it is empty."""
        found = self.splits.get(split, ())
        if not found:
            gone = f"; {len(self.missing)} photos that it names are not there" if self.missing else ""
            raise PhotoSetError(f"{self.folder}: there are no {split} photos{gone}")
        return found


def read_photo_set(folder: Path) -> PhotoSet:
    """Read a folder of labelled photos; no picture is opened.

    Raises:
        PhotoSetError: no such folder, neither layout, a malformed line (the message names file and line), or no
            photo to train on.
    """
    if not folder.is_dir():
        raise PhotoSetError(f"{folder}: no such folder")
    if (folder / "train.tsv").is_file():
        found = _from_tables(folder)
    elif products := _first(folder, PRODUCT_FILES):
        found = _from_products(folder, products)
    else:
        raise PhotoSetError(f"{folder}: there is neither train.tsv nor products.jsonl[.gz]")
    found.photos("train")
    return found


def split_of(identity: str) -> Split:
    """Return the split of a row by its id: eight tenths train, one val, one test (docs/evaluation.md)."""
    tenth = int(hashlib.sha256(f"split:{identity}".encode()).hexdigest(), 16) % 10
    return "train" if tenth < 8 else "val" if tenth == 8 else "test"


def _from_tables(folder: Path) -> PhotoSet:
    classes = _read_classes(folder)
    heads = _table_heads(folder, classes)
    missing: list[str] = []
    splits = {split: tuple(_read_table(folder / f"{split}.tsv", heads, missing)) for split in SPLITS}
    icons, descriptions = [], {}
    for number, one in sorted(classes.items()):
        if one.get("description"):
            descriptions[str(one["class"])] = str(one["description"])
        if one.get("image"):
            path = folder / str(one["image"])
            coarse = (heads[0].parents[number],) if len(heads) > 1 else ()
            if path.is_file():
                icons.append(Photo(str(one["image"]), path, (number, *coarse)))
            else:
                missing.append(str(one["image"]))
    return PhotoSet(folder, heads, splits, tuple(icons), descriptions, tuple(missing))


def _read_classes(folder: Path) -> dict[int, dict[str, Any]]:
    path = _first(folder, CLASS_FILES)
    if path is None:
        return {}
    found: dict[int, dict[str, Any]] = {}
    for number, row in _json_lines(path):
        if not isinstance(row.get("class_id"), int) or not row.get("class"):
            raise PhotoSetError(f"{path}, line {number}: a class needs a whole number `class_id` and a name `class`")
        if row["class_id"] in found:
            raise PhotoSetError(f"{path}, line {number}: class_id {row['class_id']} was used further up")
        found[row["class_id"]] = row
    if sorted(found) != list(range(len(found))):
        raise PhotoSetError(f"{path}: class_id must count from 0 without gaps, to {len(found) - 1}")
    return found


def _table_heads(folder: Path, classes: Mapping[int, Mapping[str, Any]]) -> tuple[HeadClasses, ...]:
    """Return the heads `fine` and `coarse`; classes without a class file are named by their numbers."""
    if classes and all("coarse_id" in one for one in classes.values()):
        names = {int(one["coarse_id"]): str(one.get("coarse", one["coarse_id"])) for one in classes.values()}
        coarse = tuple(names.get(number, f"coarse {number}") for number in range(max(names) + 1))
        fine = tuple(str(classes[number]["class"]) for number in range(len(classes)))
        parents = tuple(int(classes[number]["coarse_id"]) for number in range(len(classes)))
        return HeadClasses("fine", fine, "coarse", parents), HeadClasses("coarse", coarse)
    parent_of: dict[int, int] = {}
    for split in SPLITS:
        for _, columns in _rows(folder / f"{split}.tsv"):
            parent_of[int(columns[1])] = int(columns[2]) if len(columns) > 2 else UNKNOWN
    fine = tuple(str(classes.get(number, {}).get("class", number)) for number in range(max(parent_of, default=-1) + 1))
    if UNKNOWN in parent_of.values():
        return (HeadClasses("fine", fine),)
    coarse = tuple(str(number) for number in range(max(parent_of.values(), default=-1) + 1))
    parents = tuple(parent_of.get(number, 0) for number in range(len(fine)))
    return HeadClasses("fine", fine, "coarse", parents), HeadClasses("coarse", coarse)


def _read_table(path: Path, heads: Sequence[HeadClasses], missing: list[str]) -> Iterator[Photo]:
    for number, columns in _rows(path):
        labels = tuple(int(one) for one in columns[1 : 1 + len(heads)])
        for head, label in zip(heads, labels, strict=False):
            if label >= len(head.classes):
                raise PhotoSetError(f"{path}, line {number}: there is no {head.name} class {label}")
        if len(labels) < len(heads):
            labels = (labels[0], heads[0].parents[labels[0]])
        photo = path.parent / columns[0]
        if photo.is_file():
            yield Photo(columns[0], photo, labels)
        else:
            missing.append(columns[0])


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers and columns of a table of photos; an absent table has none."""
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PhotoSetError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) < 2 or not all(column.isascii() and column.isdigit() for column in columns[1:3]):
            raise PhotoSetError(
                f"{path}, line {number}: expected a path, a fine and a coarse class number, got {line!r}"
            )
        yield number, columns


def _from_products(folder: Path, path: Path) -> PhotoSet:
    rows = []
    missing: list[str] = []
    for _, row in _json_lines(path):
        identity, image, category = row.get("id"), row.get("image"), row.get("category")
        if identity is None or not image or not category:
            continue
        if not (folder / str(image)).is_file():
            missing.append(str(image))
            continue
        path_parts = tuple(str(part) for part in category) if isinstance(category, list) else (str(category),)
        rows.append((str(identity), folder / str(image), path_parts, str(row.get("colour") or "")))
    heads = _product_heads([row[2] for row in rows], [row[3] for row in rows])
    places = {head.name: {name: at for at, name in enumerate(head.classes)} for head in heads}
    splits: dict[str, list[Photo]] = {split: [] for split in SPLITS}
    for identity, image_path, parts, colour in rows:
        whole = {"category": SEPARATOR.join(parts), "group": SEPARATOR.join(parts[:-1]) or parts[0]}
        stated = {**whole, "colour": colour}
        labels = tuple(places[head.name].get(stated[head.name], UNKNOWN) for head in heads)
        splits[split_of(identity)].append(Photo(identity, image_path, labels))
    frozen = {split: tuple(photos) for split, photos in splits.items()}
    return PhotoSet(folder, heads, frozen, missing=tuple(missing))


def _product_heads(paths: Sequence[tuple[str, ...]], colours: Sequence[str]) -> tuple[HeadClasses, ...]:
    """Return the heads `category` (whole paths), `group` (paths without their last part) and, if any, `colour`."""
    fine = sorted({SEPARATOR.join(parts) for parts in paths})
    group_of = {SEPARATOR.join(parts): SEPARATOR.join(parts[:-1]) or parts[0] for parts in paths}
    groups = sorted(set(group_of.values()))
    parents = tuple(groups.index(group_of[name]) for name in fine)
    known = sorted({colour for colour in colours if colour})
    heads = (HeadClasses("category", tuple(fine), "group", parents), HeadClasses("group", tuple(groups)))
    return (*heads, HeadClasses("colour", tuple(known))) if len(known) > 1 else heads


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise PhotoSetError(f"{path}, line {number}: expected a JSON object")
                yield number, row
    except json.JSONDecodeError as error:
        raise PhotoSetError(f"{path}, line {number}: not valid JSON ({error.msg})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PhotoSetError(f"{path} cannot be read: {error}") from error


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)
