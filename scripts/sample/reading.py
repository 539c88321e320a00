"""Read the sample catalogue's source: `catalogue/*.txt`, the text that people write and edit.

A source file looks like this:

    = Garden > Hand tools
    * Title | Brand | price | colour | drawing | key=value; key=value | tag, tag
    One paragraph that describes it.
    + Title of a variant | price | colour
    Its own description. Brand, drawing, attributes and tags are those of the product above it.
    + Title of a variant | price | colour | key=value; key=value
    The same, with attributes of its own (`drawing=KIND` among them shows it by another drawing).

A price that starts with a pound sign stays text, as shops' exports have it; the loader cleans it.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent / "catalogue"


class SourceError(Exception):
    """A line of the source does not say what it must; the message names file and line."""


@dataclass(frozen=True)
class Entry:
    """One product as it was written, with the kind of drawing that shows it."""

    title: str
    description: str
    brand: str
    category: tuple[str, ...]
    price: float | str
    colour: str
    drawing: str
    attributes: dict[str, Any]
    tags: tuple[str, ...]

    @property
    def id(self) -> str:
        """The title as lower-case words joined by hyphens: it can be read, typed and put into an address."""
        plain = unicodedata.normalize("NFKD", self.title.replace("&amp;", "and"))
        plain = plain.encode("ascii", "ignore").decode().lower().replace("'", "")
        return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")

    def product(self) -> dict[str, Any]:
        """Return the row of `products.jsonl`."""
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "brand": self.brand,
            "category": list(self.category),
            "price": self.price,
            "currency": "GBP",
            "colour": self.colour,
            "stock": stock_of(self.id),
            "attributes": self.attributes,
            "tags": list(self.tags),
            "image": f"pictures/{self.id}.webp",
        }


def stock_of(name: str) -> int:
    """Return how many are in stock: settled by the id, and none of about one product in 25."""
    number = zlib.crc32(name.encode())
    return 0 if number % 25 == 0 else 1 + number % 140


def read_entries(folder: Path = SOURCE) -> list[Entry]:
    """Return every product of the source, in the order of the files. Raises SourceError."""
    entries = [entry for path in sorted(folder.glob("*.txt")) for entry in _read_file(path)]
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.id in seen:
            raise SourceError(f"two products get the id {entry.id!r}: {seen[entry.id]!r} and {entry.title!r}")
        seen[entry.id] = entry.title
    return entries


def _read_file(path: Path) -> Iterator[Entry]:
    category: tuple[str, ...] = ()
    above: Entry | None = None
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        mark, rest = line[:2], line[2:]
        if mark == "= ":
            category = tuple(part.strip() for part in rest.split(">"))
        elif mark in ("* ", "+ "):
            _, description = next(lines, (0, ""))
            try:
                above = _entry(mark, rest, description.strip(), category, above)
            except ValueError as error:
                raise SourceError(f"{path.name}, line {number}: {error}") from error
            yield above
        elif line.strip():
            raise SourceError(f"{path.name}, line {number}: neither a category, a product nor a variant")


def _entry(mark: str, rest: str, description: str, category: tuple[str, ...], above: Entry | None) -> Entry:
    parts = [part.strip() for part in rest.split("|")]
    if not description:
        raise ValueError("no description follows")
    if mark == "* ":
        if len(parts) != 7:
            raise ValueError(f"a product has 7 fields, this one {len(parts)}")
        title, brand, price, colour, drawing, attributes, tags = parts
        names = tuple(tag.strip() for tag in tags.split(","))
        return Entry(
            title, description, brand, category, _price(price), colour, drawing, _attributes(attributes), names
        )
    if above is None or len(parts) not in (3, 4):
        raise ValueError("a variant has 3 or 4 fields and follows a product")
    own = _attributes(parts[3]) if len(parts) == 4 else dict(above.attributes)
    drawing = own.pop("drawing", above.drawing)
    return Entry(parts[0], description, above.brand, category, _price(parts[1]), parts[2], drawing, own, above.tags)


def _price(text: str) -> float | str:
    return text if text.startswith("£") else float(text.replace(",", ""))


def _attributes(text: str) -> dict[str, Any]:
    pairs = (pair.split("=", 1) for pair in text.split(";"))
    return {key.strip(): _value(value.strip()) for key, value in pairs}


def _value(text: str) -> Any:
    if text in ("yes", "no"):
        return text == "yes"
    if re.fullmatch(r"\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else text
