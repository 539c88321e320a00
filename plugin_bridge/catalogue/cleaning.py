"""From a row to a product: pure functions, one row in, one `Product` or `Rejected` out.

What was mended or left out on the way is told in notes; `report.CleaningReport` counts them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opensearch.generations import DEFAULT_RECIPE
from opensearch.mappings import INTERNAL_PREFIX, METADATA_FIELDS
from plugin_bridge.catalogue.prices import parse_currency, parse_price
from plugin_bridge.catalogue.readers import Row
from plugin_bridge.catalogue.recipes import embedding_text
from plugin_bridge.catalogue.text import Mended, clean_text
from plugin_bridge.catalogue.units import MEASURES, parse_measure

LONGEST_ID = 512  # bytes of UTF-8, OpenSearch's own limit for `_id`
TEXTS = ("title", "brand", "description")


@dataclass(frozen=True)
class Note:
    """What happened to one field. `loss` is true where something of the row is not in the product."""

    code: str
    field: str
    detail: str = ""
    loss: bool = False


@dataclass(frozen=True)
class Product:
    """A clean product. `text` is what the encoder reads, `image` the photo's path or address as the row has it."""

    id: str
    fields: dict[str, Any]
    text: str
    image: str | None = None
    line: int = 0
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A row that is no product. `code` is counted, `reason` is for people."""

    line: int
    code: str
    reason: str
    id: str | None = None


def clean(
    row: Row, *, recipe: str = DEFAULT_RECIPE, partial: bool = False, untitled: bool = False
) -> Product | Rejected:
    """Return the product that a row describes.

    Args:
        row: as the reader gives it.
        recipe: how the encoder's text is put together (see `recipes`).
        partial: the row holds changes to a product, so that a missing title is no fault and an explicit null
            stays, as the wish to remove the field.
        untitled: a product without a title is one, too.
    """
    data = row.data
    if all(value is None or value == "" or value == [] for value in data.values()):
        return Rejected(row.line, "empty", "the row is empty")
    identity, fault = clean_id(data.get("id"))
    if identity is None:
        return Rejected(row.line, "bad_id", fault)
    notes: list[Note] = []
    fields: dict[str, Any] = {"id": identity}
    for name, value in data.items():
        if name == "id":
            continue
        if value is None:
            if partial and (name in _CLEANERS or _usable(name)):
                fields[name] = None
            continue
        _CLEANERS.get(name, _keep)(name, value, fields, notes)
    _finish_price(data, fields, notes)
    if not untitled and not fields.get("title") and (not partial or "title" in fields):
        return Rejected(row.line, "no_title", _title_fault(data), identity)
    _normalise_units(fields, notes, partial=partial)
    return Product(
        id=identity,
        fields=fields,
        text=embedding_text(fields, recipe),
        image=fields.get("image"),
        line=row.line,
        notes=tuple(notes),
    )


def clean_id(value: Any) -> tuple[str | None, str]:
    """Return the id as text, or None and what is wrong with it. Inner spaces, slashes and case are kept."""
    if value is None or value == "":
        return None, "field id: missing"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None, "field id: must be text or a whole number"
    text = str(value).strip()
    if not text:
        return None, "field id: blank"
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        return None, "field id: not valid Unicode"
    if length > LONGEST_ID:
        return None, f"field id: {length} bytes long, the limit is {LONGEST_ID}"
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return None, "field id: holds a control character"
    return text, ""


def _text(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = " ".join(value)
    plain = _plain_text(name, value, notes)
    if plain:
        fields[name] = plain


def _plain_text(name: str, value: Any, notes: list[Note]) -> str | None:
    """Return a scalar as clean text; a number counts as text, anything else is left out with a note."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        notes.append(Note("converted", name))
        return str(value)
    if not isinstance(value, str):
        notes.append(Note("wrong_type", name, f"must be text, this is {_kind(value)}", loss=True))
        return None
    plain, mended = clean_text(value)
    if mended:
        notes.extend(Note(str(flag.name).lower(), name) for flag in Mended if flag in mended)
    return plain


def _texts(name: str, values: list[Any], notes: list[Note]) -> list[str]:
    found: dict[str, None] = {}
    for value in values:
        if isinstance(value, list):
            found.update(dict.fromkeys(_texts(name, value, notes)))
        elif value is not None and (plain := _plain_text(name, value, notes)):
            found[plain] = None
    return list(found)


def _category(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    """A path as a list, or as text with " > " or, where there is none, "/" between its levels."""
    if isinstance(value, str):
        plain = _plain_text(name, value, notes) or ""
        value = plain.split(">" if ">" in plain else "/")
    _store_list(name, value, fields, notes)


def _tags(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    """A list, or text with "|", ";" or "," between the tags (the first of these that occurs)."""
    if isinstance(value, str):
        value = value.split(next((sign for sign in "|;," if sign in value), ","))
    _store_list(name, value, fields, notes)


def _colour(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    if isinstance(value, list):
        _store_list(name, value, fields, notes)
    else:
        _text(name, value, fields, notes)


def _store_list(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    values = _texts(name, value if isinstance(value, list) else [value], notes)
    if values:
        fields[name] = values


def _image(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    if isinstance(value, list):
        value = value[0] if value else ""
    if not isinstance(value, str):
        notes.append(Note("wrong_type", name, f"must be a path or an address, this is {_kind(value)}", loss=True))
    elif value.strip():
        fields[name] = value.strip()


def _skip(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    """Price and currency are read together, at the end."""


def _finish_price(data: Mapping[str, Any], fields: dict[str, Any], notes: list[Note]) -> None:
    said = data.get("currency")
    if said not in (None, ""):
        code = parse_currency(said)
        if code is None:
            notes.append(Note("bad_currency", "currency", f"not a currency: {str(said)[:40]!r}", loss=True))
        else:
            fields["currency"] = code
    value = data.get("price")
    if value is None or value == "":
        return
    price = parse_price(value, said)
    if price is None:
        notes.append(Note("bad_price", "price", f"not a price: {str(value)[:40]!r}", loss=True))
        return
    if not isinstance(value, (int, float)):
        notes.append(Note("price_read", "price"))
    fields["price"] = price.amount
    if price.currency:
        fields["currency"] = price.currency


def _keep(name: str, value: Any, fields: dict[str, Any], notes: list[Note]) -> None:
    """Keep an attribute as it is, if OpenSearch can hold a field of that name."""
    if not _usable(name):
        notes.append(Note("reserved_name", name[:80], "OpenSearch or Kindred keeps this name", loss=True))
    elif name == "color" and isinstance(value, (str, list)):
        fields[name] = value
        fields.setdefault("colour", value)
    elif value != "" and value != []:
        fields[name] = value


def _usable(name: str) -> bool:
    if name in METADATA_FIELDS or name.startswith(INTERNAL_PREFIX):
        return False
    return all(part.strip() for part in name.split("."))


def _normalise_units(fields: dict[str, Any], notes: list[Note], *, partial: bool) -> None:
    """Add `weight_g` beside a `weight` of "1.5 kg": the attribute stays, the number can be filtered and sorted.

    In an update, a weight that is no measure any more takes the number away.
    """
    for name, base in MEASURES.items():
        if name not in fields:
            continue
        amount = parse_measure(fields[name], base)
        if amount is not None:
            fields.setdefault(f"{name}_{base}", amount)
            notes.append(Note("unit", name))
        elif partial:
            fields.setdefault(f"{name}_{base}", None)


def _title_fault(data: Mapping[str, Any]) -> str:
    value = data.get("title")
    if isinstance(value, (dict, list, bool)):
        return f"field title: must be text, this is {_kind(value)}"
    return "field title: missing or blank"


def _kind(value: Any) -> str:
    kinds = {list: "a list", dict: "an object", bool: "true or false", float: "not a number", str: "text"}
    return kinds.get(type(value), "a number")


_CLEANERS: dict[str, Callable[[str, Any, dict[str, Any], list[Note]], None]] = {
    **dict.fromkeys(TEXTS, _text),
    "category": _category,
    "tags": _tags,
    "colour": _colour,
    "image": _image,
    "price": _skip,
    "currency": _skip,
}
FIELDS = tuple(_CLEANERS)
"""The fields that Kindred knows; others are attributes."""
