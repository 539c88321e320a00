"""A small shop whose labels can be learned from words and from the colour of photos."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

KINDS = {
    "shirt": ["Apparel", "Shirts"],
    "jumper": ["Apparel", "Jumpers"],
    "boot": ["Shoes", "Boots"],
    "sandal": ["Shoes", "Sandals"],
}
COLOURS = {"red": (220, 20, 30), "blue": (20, 40, 210), "green": (30, 160, 40)}


def rows(count: int = 120, seed: int = 5) -> list[dict]:
    """Products with a category, a colour and tags; the photo shows the colour, the title names the kind."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        colour = list(COLOURS)[int(chance.integers(len(COLOURS)))]
        named = chance.random() < 0.5
        found.append(
            {
                "id": f"p{number}",
                "title": f"{'Nordhus' if number % 2 else 'Lune'} {colour if named else 'plain'} {kind} {number}",
                "category": KINDS[kind],
                "colour": colour,
                "tags": ["outdoor", "warm"]
                if kind in ("boot", "jumper")
                else ["outdoor" if kind == "sandal" else "light"],
                "image": f"{number}.png",
            }
        )
    return found


def write(folder: Path, products: list[dict]) -> Path:
    """Write products and their photos into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in products))
    for row in products:
        if "image" in row:
            Image.new("RGB", (32, 32), COLOURS[row["colour"]]).save(folder / row["image"])
    return folder
