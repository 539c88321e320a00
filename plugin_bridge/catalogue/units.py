"""Measures: "1.5 kg" and "1500 g" become one number that can be filtered and sorted."""

import re
import unicodedata
from typing import Any

from plugin_bridge.catalogue.prices import parse_number

MEASURES = {
    "weight": "g", "net_weight": "g", "mass": "g",
    "length": "mm", "width": "mm", "height": "mm", "depth": "mm", "diameter": "mm", "thickness": "mm",
    "volume": "ml", "capacity": "ml",
}  # fmt: skip

# Unit: (base unit, how many of it). International avoirdupois, inch and US liquid measures (NIST Handbook 44, C).
_UNITS: dict[str, tuple[str, float]] = {}
for _base, _table in {
    "g": {
        0.001: "mg milligram milligrams", 1: "g gr gram grams gramme grammes",
        1000: "kg kgs kilo kilos kilogram kilograms",
        28.349523125: "oz ounce ounces", 453.59237: "lb lbs pound pounds", 1e6: "t tonne tonnes",
    },
    "mm": {
        1: "mm millimetre millimetres millimeter millimeters", 10: "cm centimetre centimetres centimeter centimeters",
        1000: "m metre metres meter meters", 25.4: "in inch inches \" ″ ′′", 304.8: "ft foot feet ' ′",
        914.4: "yd yard yards",
    },
    "ml": {
        1: "ml millilitre millilitres milliliter milliliters cc", 10: "cl centilitre centilitres", 100: "dl",
        1000: "l ltr litre litres liter liters", 29.5735295625: "floz", 473.176473: "pt pint pints",
        946.352946: "qt quart quarts", 3785.411784: "gal gallon gallons",
    },
}.items():  # fmt: skip
    for _factor, _names in _table.items():
        _UNITS.update({name: (_base, float(_factor)) for name in _names.split()})

_MEASURE = re.compile(r"^(?P<number>[\d.,]+)\s*-?\s*(?P<unit>[^\d\s]+(?:\s[a-z]+)?)$")


def parse_measure(value: Any, base: str) -> float | None:
    """Return a measure such as "1.5 kg", "12in." or "0,75 l" in `base` units (g, mm or ml), or None."""
    if not isinstance(value, str) or len(value) > 32:
        return None
    found = _MEASURE.match(unicodedata.normalize("NFKC", value).strip().lower())
    if found is None:
        return None
    unit = _UNITS.get(found["unit"].rstrip(".").replace(" ", "").replace(".", ""))
    number = parse_number(found["number"])
    if unit is None or unit[0] != base or number is None:
        return None
    return round(number * unit[1], 6)
