"""Prices as shops write them: an amount and, where it is said, a currency."""

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

# A bare `$` or `¥` names several currencies; the most common one is meant unless a column `currency` says otherwise.
_SYMBOLS = {
    "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "US$": "USD",
    "R$": "BRL", "$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "CN¥": "CNY", "元": "CNY", "RMB": "CNY",
    "円": "JPY", "₹": "INR", "RS": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₫": "VND", "฿": "THB", "₴": "UAH",
    "₪": "ILS", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "LEI": "RON",
}  # fmt: skip
_CODES = frozenset([
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP",
    "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KRW", "KWD", "MAD", "MXN", "MYR", "NOK", "NZD", "PEN",
    "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD",
    "UYU", "VND", "ZAR",
])  # fmt: skip
# Where a point groups thousands: "1.299 €" is one thousand two hundred and ninety-nine.
_POINT_GROUPS = frozenset(["EUR", "DKK", "BRL", "TRY", "IDR", "VND", "ARS", "CLP", "COP"])
_PARTS = re.compile(r"^(?P<before>[^\d+\-.,]*)(?P<number>[\d.,'’ ]*\d)(?P<rest>.*)$")
_GROUPED = re.compile(r"^\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*$")


@dataclass(frozen=True)
class Price:
    """An amount in whole units of `currency` (ISO 4217), which is None where none was said."""

    amount: float
    currency: str | None = None


def parse_price(value: Any, currency: Any = None) -> Price | None:
    """Return the price that `value` means, or None where it means none.

    `value` is a number, text such as "£1,299.00", "1.299,00 €", "$5", "EUR 12", "5,-", or an object with `amount`
    or `value`, and `currency`. `currency` (a code or symbol from another column) goes before a symbol in the text.
    A lone comma before three digits groups thousands; a lone point does so only for currencies that write them so.
    Negative, infinite and ranged prices mean none.
    """
    if isinstance(value, dict):
        inner = value.get("amount", value.get("value"))
        return None if isinstance(inner, dict) else parse_price(inner, currency or value.get("currency"))
    said = parse_currency(currency)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Price(float(value), said) if math.isfinite(value) and value >= 0 else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    parts = _PARTS.match(" ".join(unicodedata.normalize("NFKC", value).split()))
    if parts is None:
        return None
    before, rest = parts["before"].strip(), parts["rest"].strip()
    rest = re.sub(r"^[.,]\s?[-–—]+", "", rest).strip()
    named = [parse_currency(word) for word in (before, rest) if word]
    if None in named or len(set(named)) > 1:
        return None
    found = named[0] if named else None
    amount = parse_number(parts["number"].strip(), point_groups=(said or found) in _POINT_GROUPS)
    return None if amount is None else Price(amount, said or found)


def parse_currency(value: Any) -> str | None:
    """Return the ISO 4217 code that a code or symbol means, or None."""
    if not isinstance(value, str):
        return None
    word = unicodedata.normalize("NFKC", value).strip().rstrip(".").upper().replace(" ", "")
    return word if word in _CODES else _SYMBOLS.get(word)


def parse_number(text: str, *, point_groups: bool = False) -> float | None:
    """Return the number that `text` writes with either decimal sign and any grouping, or None."""
    text = text.replace("’", "'")
    if text.isdigit():
        return _finite(text)
    last = max(text.rfind("."), text.rfind(","))
    grouped = _GROUPED.match(text)
    if grouped:
        sign = grouped[1]
        lone = text.count(sign) == 1
        decimal = (lone and sign == "." and not point_groups) or text.startswith("0")
        return _finite(text.replace(",", ".")) if decimal else _finite(text.replace(sign, ""))
    if last < 0:
        return None
    whole, cents = text[:last], text[last + 1 :]
    if not cents.isdigit():
        return None
    if whole and not whole.isdigit():
        grouped = _GROUPED.match(whole)
        if grouped is None or grouped[1] == text[last]:
            return None
        whole = whole.replace(grouped[1], "")
    return _finite(f"{whole or '0'}.{cents}")


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
