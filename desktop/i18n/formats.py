"""Numbers, prices and names of fields as people read them."""

from collections.abc import Callable
from typing import Any

from desktop.i18n import tr

_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "JPY": "¥", "INR": "₹"}
_WHOLE = {"JPY", "KRW"}
# English and Chinese write numbers alike; a language that does not wants its own row here.


def number(value: float) -> str:
    """Return a count: 54,667."""
    return f"{value:,.0f}"


def price(value: Any, currency: Any = None) -> str:
    """Return a price: £1,299.00; empty where there is none."""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return ""
    code = str(currency or "").upper()
    text = f"{amount:,.0f}" if code in _WHOLE else f"{amount:,.2f}"
    sign = _SIGNS.get(code)
    return f"{sign}{text}" if sign else f"{code} {text}".strip()


def percent(share: float) -> str:
    """Return a share of 0 to 1: 42 %."""
    return f"{share * 100:.0f} %"


def listed(value: Any) -> str:
    """Return a field's value: lists by commas, a category as a path."""
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def field_name(name: str) -> str:
    """Return the name of a product's field; a shop's own keep theirs."""
    known: dict[str, Callable[[], str]] = {
        "category": lambda: tr("Category"),
        "brand": lambda: tr("Brand"),
        "colour": lambda: tr("Colour"),
        "price": lambda: tr("Price"),
        "tags": lambda: tr("Tags"),
        "stock": lambda: tr("Stock"),
        "description": lambda: tr("Description"),
    }
    return known[name]() if name in known else name.replace("_", " ").strip().capitalize()


def mode_name(mode: str) -> str:
    """Return the name of a way to search."""
    names = {
        "hybrid": lambda: tr("Hybrid"),
        "keyword": lambda: tr("Keyword"),
        "vector": lambda: tr("Vector"),
        "native": lambda: tr("OpenSearch hybrid"),
    }
    return names[mode]() if mode in names else mode


def part_name(part: str) -> str:
    """Return the name of a part of a score."""
    names = {
        "keyword": lambda: tr("Words"),
        "text": lambda: tr("Meaning"),
        "photo": lambda: tr("Photo"),
        "rule": lambda: tr("Rule"),
    }
    return names[part]() if part in names else part
