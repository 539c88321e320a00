"""Folders of labelled pairs: `{train,valid,test}.jsonl.gz` of `left`, `right`, `label`, as the contract has them."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from plugin_bridge.errors import EvaluationError

SIZES = ("medium", "small")
_ENDINGS = (".jsonl.gz", ".jsonl")

Product = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two products and whether they are the same (1) or not (0)."""

    left: Product
    right: Product
    label: int


@dataclass(frozen=True)
class PairSet:
    """A folder's pairs by split. `halved` says that test is half of the folder's valid (there was no test file).

    `photos` holds vectors of the products' photos by identity, where they were read (`plugin_bridge.pairs.photos`).
    """

    folder: Path
    train: tuple[Pair, ...]
    valid: tuple[Pair, ...]
    test: tuple[Pair, ...]
    halved: bool = False
    photos: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def products(self) -> list[Product]:
        """Every product of the folder once, in the order of its first appearance."""
        seen: dict[str, Product] = {}
        for pair in (*self.train, *self.valid, *self.test):
            for product in (pair.left, pair.right):
                seen.setdefault(identity(product), product)
        return list(seen.values())


def read_pair_set(folder: Path, size: str | None = None) -> PairSet:
    """Read a folder of pairs.

    Of several sizes (`train-small`, `train-medium`) `medium` is taken unless `size` says otherwise. Where there is no
    test file, half of valid, by hash of the pair, becomes test and the other half stays valid.
    A snapshot of labels names products by id; they are looked up in its `products.jsonl.gz`.

    Raises EvaluationError naming the file, and the line where there is one.
    """
    if not folder.is_dir():
        raise EvaluationError(f"{folder} is no folder: pairs are read from train, valid and test.jsonl.gz in it")
    products = _products(folder)
    train = _split(folder, "train", size, products)
    valid = _split(folder, "valid", size, products)
    test = _split(folder, "test", None, products)
    if train is None and valid is None and test is None:
        raise EvaluationError(f"{folder} has no train.jsonl.gz, valid.jsonl.gz or test.jsonl.gz with pairs")
    halved = test is None and valid is not None
    if test is None and valid is not None:
        test = [pair for pair in valid if half(pair)]
        valid = [pair for pair in valid if not half(pair)]
    return PairSet(folder, tuple(train or ()), tuple(valid or ()), tuple(test or ()), halved)


def identity(product: Product) -> str:
    """Return what tells one product from another: its id where it has one, else all that it says."""
    if product.get("id") not in (None, ""):
        return str(product["id"])
    return orjson.dumps(dict(product), option=orjson.OPT_SORT_KEYS).decode()


def pair_hash(pair: Pair) -> int:
    """Return a number that depends on the two products only, not on their order."""
    sides = sorted((identity(pair.left), identity(pair.right)))
    return int(hashlib.sha256("\u0001".join(sides).encode()).hexdigest(), 16)


def half(pair: Pair) -> bool:
    """Whether a pair of a folder without test belongs to the half that is scored."""
    return pair_hash(pair) % 2 == 1


def _split(folder: Path, name: str, size: str | None, products: Mapping[str, Product]) -> list[Pair] | None:
    wanted = (size,) if size else SIZES
    stems = [*(f"{name}-{one}" for one in wanted), name]
    for stem in stems:
        for ending in _ENDINGS:
            path = folder / f"{stem}{ending}"
            if path.is_file():
                return list(_pairs(path, products))
    return None


def _pairs(path: Path, products: Mapping[str, Product]) -> Iterator[Pair]:
    for line, row in _rows(path):
        where = f"{path}, line {line}"
        missing = [key for key in ("left", "right", "label") if key not in row]
        if missing:
            raise EvaluationError(f"{where}: {', '.join(missing)} is missing; a pair has left, right and label")
        if row["label"] not in (0, 1):
            raise EvaluationError(f"{where}: label is {row['label']!r}, 0 (dissimilar) or 1 (similar) wanted")
        left, right = (_product(row[side], products, f"{where}: {side}") for side in ("left", "right"))
        yield Pair(left, right, int(row["label"]))


def _product(stated: Any, products: Mapping[str, Product], where: str) -> Product:
    if isinstance(stated, dict):
        return stated
    found = products.get(str(stated))
    if found is None:
        raise EvaluationError(f"{where} is {stated!r}, which is neither a product nor an id in products.jsonl.gz")
    return found


def _products(folder: Path) -> dict[str, Product]:
    for ending in _ENDINGS:
        path = folder / f"products{ending}"
        if path.is_file():
            return {str(row["id"]): row for _, row in _rows(path) if row.get("id") is not None}
    return {}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    line = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            for line, raw in enumerate(stream, 1):
                if not raw.strip():
                    continue
                row = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
                if not isinstance(row, dict):
                    raise EvaluationError(f"{path}, line {line}: an object wanted")
                yield line, row
    except orjson.JSONDecodeError as error:
        raise EvaluationError(f"{path}, line {line}: not valid JSON ({error})") from error
    except (OSError, EOFError) as error:
        raise EvaluationError(f"{path} cannot be read after line {line}: {error}") from error


def labels_of(pairs: Sequence[Pair]) -> list[int]:
    """Return the labels of pairs, in their order."""
    return [pair.label for pair in pairs]
