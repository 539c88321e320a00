"""A product as pairs are compared by: its words, model numbers, measures, colours, brand and price. Pure functions."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plugin_bridge.catalogue.prices import parse_number
from plugin_bridge.pairs.words import COLOURS, FOR, one_name

# Other shops name the same thing otherwise; the first name that a product has wins.
TITLE = ("title", "name", "product_name")
BRAND = ("brand", "manufacturer", "maker", "vendor")
MODEL = ("modelno", "model", "model_number", "mpn", "sku", "gtin", "ean")
CATEGORY = ("category", "categories", "product_type")
_NOT_TEXT = ("id", "price", "image", "images", "url", "label", "tags")

MAX_CHARACTERS = 4000  # more of a description tells nothing about which product it is, and costs time
_LANGUAGE = re.compile(r'"?@[a-z]{2}(?:-[a-z]{2,4})?\b', re.IGNORECASE)
WORD = re.compile(r"[^\W_]+(?:[./-][^\W_]+)*")
_PIECE = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d{2,}")
_NUMBER = re.compile(r"(?<![^\W_])\d+(?:\.\d+)?(?![^\W_])")
MEASURE = re.compile(
    r"(?<![\w.])(\d+(?:[.,]\d+)?)[\s-]*((?:gb|tb|mb|kb)/s(?:ec)?|gb|tb|mb|kb|(?<=\d)(?:go|to|mo)|ghz|mhz|hz|mm|cm|km|"
    r"in|inch|inches|\"|''|'|ft|feet|foot|m|"
    r"mp|megapixels?|w|watts?|kw|v|volts?|mah|ah|a|amps?|oz|ounces?|lbs?|g|kg|ml|l|liters?|litres?|qt|quarts?|gal|"
    r"gallons?|cu|cuft|pk|packs?|pcs|pieces?|ct|count|x|p|k|dpi|rpm|fps|bit|ch|channels?|btu|pin|port|ports|user|"
    r"users|cores?|years?|yr|months?|days?|hours?|min|sheets?|pages?|ohms?|db|bps|mbps|gbps)(?![^\W\d_])"
)
_SAME_UNIT = {
    "inch": "in", "inches": "in", '"': "in", "''": "in", "feet": "ft", "foot": "ft", "'": "in", "watt": "w",
    "watts": "w", "volt": "v", "volts": "v", "amp": "a", "amps": "a", "ounce": "oz", "ounces": "oz", "lb": "lbs",
    "megapixel": "mp", "megapixels": "mp", "liter": "l", "liters": "l", "litre": "l", "litres": "l", "quart": "qt",
    "quarts": "qt", "gallon": "gal", "gallons": "gal", "pack": "pk", "packs": "pk", "piece": "pcs", "pieces": "pcs",
    "count": "ct", "channel": "ch", "channels": "ch", "ports": "port", "users": "user", "core": "cores", "years": "yr",
    "year": "yr", "sheet": "sheets", "page": "pages", "ohm": "ohms", "month": "months", "day": "days", "hour": "hours",
    "gb/sec": "gb/s", "mb/sec": "mb/s", "kb/sec": "kb/s", "tb/sec": "tb/s", "go": "gb", "to": "tb", "mo": "mb",
}  # fmt: skip
_IN_UNIT = {"tb": ("gb", 1000.0), "ghz": ("mhz", 1000.0), "kg": ("g", 1000.0), "l": ("ml", 1000.0), "cm": ("mm", 10.0)}
_BINARY, _DECIMAL = 1024, 1000  # of megabytes in a gigabyte, as shops have it


@dataclass(frozen=True)
class Item:
    """What is compared of a product. Strings are lower case and in NFKC; `price` is None where it is unknown.

    In `title`, words that other languages have for the same thing are under one name; `spoken` is as it was written.
    """

    title: str
    text: str
    brand: str
    category: str
    stated_model: str
    price: float | None
    spoken: str = ""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Words of the title, parts of hyphenated ones apart."""
        return tuple(_PIECE.findall(self.title))

    @cached_property
    def all_words(self) -> frozenset[str]:
        """Words of title, brand, model number and every other text."""
        return frozenset(_PIECE.findall(self.whole))

    @cached_property
    def whole(self) -> str:
        """Every text of the product."""
        return " ".join(part for part in (self.title, self.brand, self.stated_model, self.text) if part)

    @cached_property
    def codes(self) -> frozenset[str]:
        """Words of the title that look like a model number (letters and digits, or a long number), squeezed."""
        return frozenset(codes(f"{self.title} {self.stated_model}"))

    @cached_property
    def all_codes(self) -> frozenset[str]:
        """The same of every text."""
        return frozenset(codes(self.whole))

    @cached_property
    def code_digits(self) -> frozenset[str]:
        """The runs of at least two digits in the title's model numbers: what shops write alike of them."""
        return frozenset(run for code in self.codes for run in _DIGITS.findall(code))

    @cached_property
    def all_code_digits(self) -> frozenset[str]:
        """The same of every text."""
        return frozenset(run for code in self.all_codes for run in _DIGITS.findall(code))

    @cached_property
    def squeezed(self) -> str:
        """Every text without anything but letters and digits: finds a model number however it is written."""
        return "".join(_PIECE.findall(self.whole))

    @cached_property
    def numbers(self) -> frozenset[float]:
        """Numbers that stand alone in the title."""
        return frozenset(float(found) for found in _NUMBER.findall(self.title))

    @cached_property
    def measures(self) -> Mapping[str, frozenset[float]]:
        """Values by unit in the title: {"gb": {8.0}}."""
        return measures(self.title)

    @cached_property
    def all_measures(self) -> Mapping[str, frozenset[float]]:
        """The same of every text."""
        return measures(self.whole)

    @cached_property
    def colours(self) -> tuple[str, ...]:
        """Colours that the title names, under one name in several languages, in their order, each once."""
        return tuple(dict.fromkeys(COLOURS[word] for word in _PIECE.findall(self.spoken) if word in COLOURS))

    @cached_property
    def wearers(self) -> frozenset[str]:
        """Whom the title says the product is for."""
        return frozenset(FOR[word] for word in _PIECE.findall(self.spoken) if word in FOR)


def item_of(product: Mapping[str, Any]) -> Item:
    """Return what is compared of a product; unknown attributes count as text, absent ones as nothing."""
    title, brand, model, category = (_first(product, names) for names in (TITLE, BRAND, MODEL, CATEGORY))
    named = {*TITLE, *BRAND, *MODEL, *CATEGORY, *_NOT_TEXT}
    rest = " ".join(plain(value) for key, value in sorted(product.items()) if key not in named and value)
    named_once = _PIECE.sub(lambda found: one_name(found[0]), title)
    return Item(named_once, rest[:MAX_CHARACTERS], brand, category, model, price_of(product.get("price")), title)


def price_of(value: Any) -> float | None:
    """Return a price as a number, None where there is none."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, int | float):
        return float(value) if value > 0 else None
    found = parse_number(str(value).strip().lstrip("$€£ "))
    return found if found is not None and found > 0 else None


def plain(value: Any) -> str:
    """Return a value as lower-case text, without the language marks of crawled titles (`"...\"@en`)."""
    if isinstance(value, Mapping):
        value = " ".join(str(part) for part in value.values())
    elif isinstance(value, list | tuple):
        value = " ".join(str(part) for part in value)
    text = unicodedata.normalize("NFKC", str(value)[:MAX_CHARACTERS]).lower()
    text = _LANGUAGE.sub(" ", text) if "@" in text else text
    return " ".join(text.replace('"null"', " ").split())


def codes(text: str) -> list[str]:
    """Return the words that look like a model number, squeezed to letters and digits."""
    found = []
    for word in WORD.findall(text):
        squeezed = "".join(_PIECE.findall(word))
        digits = sum(character.isdigit() for character in squeezed)
        letters = len(squeezed) - digits
        if digits and len(squeezed) >= 4 and (letters or digits >= 5) and not MEASURE.fullmatch(word):
            found.append(squeezed)
    return found


def measures(text: str) -> dict[str, frozenset[float]]:
    """Return the measures in a text: values by unit, one name a unit."""
    found: dict[str, set[float]] = {}
    for number, unit in MEASURE.findall(text):
        value = parse_number(number)
        if value is not None:
            unit, value = _in_one_unit(_SAME_UNIT.get(unit, unit), value)
            found.setdefault(unit, set()).add(value)
    return {unit: frozenset(values) for unit, values in found.items()}


def _in_one_unit(unit: str, value: float) -> tuple[str, float]:
    """Return a measure in the unit that its kin is compared in: 2048 mb and 2 gb are the same, as 1 tb and 1000 gb."""
    if unit == "mb" and value >= _DECIMAL:
        return "gb", value / (_BINARY if value % (_BINARY / 2) == 0 else _DECIMAL)
    if unit == "gb" and value and value % _BINARY == 0:
        return "gb", value / _BINARY * _DECIMAL
    name, times = _IN_UNIT.get(unit, (unit, 1.0))
    return name, round(value * times, 6)


def _first(product: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if product.get(name) and (text := plain(product[name]))), "")
