"""Two made-up shops that sell the same things under other titles: labelled pairs of theirs, written in a moment."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import orjson

_BRANDS = ("Akira", "Bosk", "Celto", "Dorma", "Elvin", "Forno")
_KINDS = ("wireless mouse", "desk lamp", "garden hose", "rain jacket", "chef knife", "yoga mat", "usb cable", "toaster")
_COLOURS = ("black", "white", "red", "blue")


def product_pairs(count: int, seed: int = 1, *, dissimilar: int = 3) -> list[dict[str, Any]]:
    """Return `count` similar pairs and `dissimilar` times as many others; most differ by their model number."""
    chance = np.random.default_rng(seed)
    left, right = [], []
    for number in range(count):
        brand, kind = _BRANDS[chance.integers(6)], _KINDS[chance.integers(8)]
        colour, code = _COLOURS[chance.integers(4)], f"{brand[:2].upper()}{chance.integers(1000, 9999)}X{number}"
        price = round(float(chance.uniform(5, 200)), 2)
        left.append({"title": f"{brand} {kind} {code} {colour}", "brand": brand, "price": price})
        right.append({"title": f"{kind.title()} by {brand}, {code.lower()}", "price": round(price * 1.04, 2)})
    rows = [{"left": one, "right": two, "label": 1} for one, two in zip(left, right, strict=True)]
    for number in range(count * dissimilar):
        other = (number + 1 + int(chance.integers(0, count - 2))) % count
        if other != number % count:
            rows.append({"left": left[number % count], "right": right[other], "label": 0})
    return rows


def write_pairs(folder: Path, splits: dict[str, list[dict[str, Any]]]) -> Path:
    """Write splits as the contract has them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in splits.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wb") as stream:
            stream.writelines(orjson.dumps(row) + b"\n" for row in rows)
    return folder


def shop_folder(folder: Path) -> Path:
    """Write a whole folder: 80, 30 and 30 similar pairs and the others with them."""
    return write_pairs(
        folder, {"train": product_pairs(80, 1), "valid": product_pairs(30, 2), "test": product_pairs(30, 3)}
    )
