"""Labelled products: read from a folder, split as the contract says, with what is wrong about the labels listed."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from plugin_bridge.catalogue.cleaning import Product, clean
from plugin_bridge.catalogue.readers import BadRow, Row, read_rows
from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.folders import PRODUCT_FILES
from plugin_bridge.loading.photos import find_photo
from plugin_bridge.tagging.suggesting import CATEGORY, TAGS, join_path

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
# Files that hold `text` and `category` instead of products.
_ROW_FILES = ("reviews.jsonl.gz", "reviews.jsonl", "rows.jsonl.gz", "rows.jsonl")
# What a tagger reads. Everything else may be a label, and no label is ever read.
TEXT_FIELDS = ("title", "brand", "description")
_NEVER_LABELS = frozenset({"id", "image", "price", "currency", "stock", "reviewed", "refused", *TEXT_FIELDS})
# An attribute is worth suggesting where it has few values that most products share.
_MOST_VALUES = 200
_LEAST_COVERED = 0.5
_LEAST_PER_VALUE = 5


@dataclass(frozen=True)
class LabelledProduct:
    """A product with its labels by field, a category as one path; `split` where the folder itself says it."""

    id: str
    fields: Mapping[str, Any]
    labels: Mapping[str, tuple[str, ...]]
    photo: Path | None = None
    split: Split | None = None

    @property
    def text(self) -> str:
        """What a tagger reads of it."""
        return tagging_text(self.fields)


@dataclass(frozen=True)
class LabelledSet:
    """The products of a folder. `rejected` counts rows that could not be read, by reason."""

    source: Path
    products: tuple[LabelledProduct, ...]
    rejected: Mapping[str, int]

    def of(self, split: Split) -> list[LabelledProduct]:
        """Return the products of a split: the folder's own, or the contract's by hash of the id (or text)."""
        return [one for one in self.products if (one.split or split_of(one.id)) == split]


@dataclass(frozen=True)
class Contradiction:
    """Products that read the same and look the same but have different labels for `field`."""

    field: str
    text: str
    values: tuple[str, ...]
    ids: tuple[str, ...]


def tagging_text(fields: Mapping[str, Any]) -> str:
    """Return the text from which labels are suggested: title, brand and description, never a label."""
    parts: list[str] = []
    for name in TEXT_FIELDS:
        value = str(fields.get(name) or "").strip()
        if value and value.casefold() not in " ".join(parts).casefold():
            parts.append(value)
    return ". ".join(parts)


def split_of(key: str) -> Split:
    """Return the contract's split of a product by its id, or of a row by its text."""
    place = int(hashlib.sha256(f"split:{key}".encode()).hexdigest(), 16) % 10
    return "train" if place < 8 else "valid" if place == 8 else "test"


def labels_of(fields: Mapping[str, Any], wanted: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Return what a product's fields say about the fields that can be labels; `wanted` names those to look at."""
    found = {}
    for name in fields if wanted is None else wanted:
        value = fields.get(name)
        if name in _NEVER_LABELS or name.startswith("kindred_"):
            continue
        if name == CATEGORY:
            values = [join_path([str(part) for part in value])] if isinstance(value, list) else [value]
        else:
            values = list(value) if isinstance(value, list) else [value]
        texts = tuple(one for one in values if isinstance(one, str) and one.strip())
        if texts:
            found[name] = texts
    return found


def taggable_fields(products: Sequence[LabelledProduct]) -> list[str]:
    """Return the fields worth suggesting: the category, tags, and attributes with few values on most products."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    covered: Counter[str] = Counter()
    for product in products:
        for name, values in product.labels.items():
            counts[name].update(values)
            covered[name] += 1
    fields = []
    for name, values_of in counts.items():
        usual = (
            len(values_of) <= _MOST_VALUES
            and covered[name] >= _LEAST_COVERED * len(products)
            and sum(values_of.values()) >= _LEAST_PER_VALUE * len(values_of)
        )
        if len(values_of) > 1 and (usual or name in (CATEGORY, TAGS)):
            fields.append(name)
    return sorted(fields, key=lambda name: (name != CATEGORY, name))


def has_many(products: Iterable[LabelledProduct], name: str) -> bool:
    """Return whether products have several values of a field. A category is one path."""
    return name != CATEGORY and any(len(product.labels.get(name, ())) > 1 for product in products)


def lonely(products: Iterable[LabelledProduct], name: str) -> list[str]:
    """Return the values of a field that a single product has: they are learned, but nothing can prove them."""
    counts = Counter(value for product in products for value in product.labels.get(name, ()))
    return sorted(value for value, count in counts.items() if count == 1)


def contradictions(products: Iterable[LabelledProduct], name: str) -> list[Contradiction]:
    """Return the products with the same words and the same photo file, or none, whose labels for a field differ."""
    alike: dict[str, list[LabelledProduct]] = defaultdict(list)
    for product in products:
        if product.labels.get(name) and product.text:
            alike[_plain(product.text)].append(product)
    found = []
    for text, group in alike.items():
        if len({product.labels[name] for product in group}) < 2:
            continue  # photos are only read where words alone leave a doubt
        by_photo: dict[bytes, list[LabelledProduct]] = defaultdict(list)
        for product in group:
            by_photo[_photo_key(product.photo)].append(product)
        for same in by_photo.values():
            values = sorted({" | ".join(product.labels[name]) for product in same})
            if len(values) > 1:
                found.append(Contradiction(name, text, tuple(values), tuple(product.id for product in same)))
    return found


def read_labelled(source: Path, images: Path | None = None) -> LabelledSet:
    """Read the labelled products of a folder or of one file.

    A folder holds `products.jsonl[.gz]` (or .csv, .parquet), or `{train,valid,test}.jsonl[.gz]`, or rows of `text` and
    `category`. Photos are looked for in `images`, by default the folder itself.

    Raises:
        EvaluationError: no such folder, nothing in it, or no product with a label; the message names the place.
        CatalogueError: a file that cannot be read.
    """
    if not source.exists():
        raise EvaluationError(f"{source}: no such folder")
    photos = images or (source if source.is_dir() else source.parent)
    rejected: Counter[str] = Counter()
    products: dict[str, LabelledProduct] = {}
    for path, split in _files(source):
        for product in _read_file(path, rejected):
            one = _labelled(product, photos)
            products.setdefault(one.id, replace(one, split=split))
    if not any(product.labels for product in products.values()):
        raise EvaluationError(f"{source}: none of its {len(products)} products has a label (category, tags, ...)")
    return LabelledSet(source, tuple(products.values()), dict(rejected))


def labelled_product(identity: str, fields: Mapping[str, Any], photos: Path | None = None) -> LabelledProduct:
    """Return a product with the labels that its fields hold."""
    image = fields.get("image")
    found = find_photo(str(image), photos) if image and photos is not None else None
    return LabelledProduct(identity, fields, labels_of(fields), found if isinstance(found, Path) else None)


def _files(source: Path) -> list[tuple[Path, Split | None]]:
    if source.is_file():
        return [(source, None)]
    for name in (*PRODUCT_FILES, *_ROW_FILES):
        if (source / name).is_file():
            return [(source / name, None)]
    found: list[tuple[Path, Split | None]] = [
        (source / f"{split}.jsonl{end}", split)
        for split in SPLITS
        for end in ("", ".gz")
        if (source / f"{split}.jsonl{end}").is_file()
    ]
    if not found:
        raise EvaluationError(
            f"{source}: there is no products.jsonl, plain or .gz (nor .csv, .parquet), and no train.jsonl"
        )
    return found


def _read_file(path: Path, rejected: Counter[str]) -> Iterator[Product]:
    for row in read_rows(path):
        if isinstance(row, BadRow):
            rejected["unreadable"] += 1
            continue
        data = row.data
        if "text" in data and "title" not in data:  # rows of text and category: the text is its own id
            text = str(data["text"])
            data = {"title": text, **{name: value for name, value in data.items() if name != "text"}}
            data.setdefault("id", hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24])
            outcome = clean(Row(row.line, data))
            if isinstance(outcome, Product):
                outcome = replace(outcome, id=str(row.data.get("id", text)))  # the contract splits by id or text
        else:
            outcome = clean(row)
        if isinstance(outcome, Product):
            yield outcome
        else:
            rejected[outcome.code] += 1


def _labelled(product: Product, photos: Path) -> LabelledProduct:
    return labelled_product(product.id, product.fields, photos)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def _photo_key(photo: Path | None) -> bytes:
    try:
        return b"" if photo is None else hashlib.blake2b(photo.read_bytes(), digest_size=16).digest()
    except OSError:
        return b""
