"""Prices and measures as shops write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.catalogue.prices import Price, parse_currency, parse_price
from plugin_bridge.catalogue.units import parse_measure


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("£1,299.00", Price(1299.0, "GBP")),
        ("1.299,00 €", Price(1299.0, "EUR")),
        ("$5", Price(5.0, "USD")),
        ("US$ 5.50", Price(5.5, "USD")),
        ("EUR 12", Price(12.0, "EUR")),
        ("12 eur", Price(12.0, "EUR")),
        ("1 299,50 kr", None),  # kroner, kronor or krónur
        ("1 299,50 SEK", Price(1299.5, "SEK")),
        ("CHF 1'299.95", Price(1299.95, "CHF")),
        ("₹1,29,900", None),  # Indian grouping is not read: better no price than a wrong one
        ("¥1,299", Price(1299.0, "JPY")),
        ("￥1299", Price(1299.0, "JPY")),
        ("1.299 €", Price(1299.0, "EUR")),
        ("1.299", Price(1.299, None)),
        ("0.999", Price(0.999, None)),
        ("1,299", Price(1299.0, None)),
        ("12,5", Price(12.5, None)),
        ("1.299.000", Price(1299000.0, None)),
        ("1,299,000.50", Price(1299000.5, None)),
        ("5,-", Price(5.0, None)),
        ("€ 5,–", Price(5.0, "EUR")),
        (".99", Price(0.99, None)),
        (19.99, Price(19.99, None)),
        (0, Price(0.0, None)),
        ({"amount": "5,50", "currency": "EUR"}, Price(5.5, "EUR")),
        ({"value": 7}, Price(7.0, None)),
        ("$10 - $20", None),
        ("-5", None),
        (-5, None),
        ("call us", None),
        ("", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        ([5], None),
        ({"amount": {"amount": 5}}, None),
        ("5 for 10", None),
        ("9" * 400, None),
    ],
)
def test_prices(value: object, price: Price | None) -> None:
    assert parse_price(value) == price


def test_a_currency_column_goes_before_the_symbol() -> None:
    assert parse_price("$5", "AUD") == Price(5.0, "AUD")
    assert parse_price("1.299", "EUR") == Price(1299.0, "EUR")
    assert parse_currency("zł") == "PLN"
    assert parse_currency("doubloons") is None


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]))
def test_any_grouping_reads_back(whole: int, cents: int, signs: tuple[str, str]) -> None:
    group, decimal = signs
    written = f"{whole:,}".replace(",", group) + f"{decimal}{cents:02d}"
    assert parse_price(f"£{written}") == Price(float(f"{whole}.{cents:02d}"), "GBP")


@given(st.one_of(st.text(max_size=70), st.floats(), st.dictionaries(st.text(), st.floats(), max_size=3)))
def test_no_value_breaks_it(value: object) -> None:
    price = parse_price(value)
    assert price is None or price.amount >= 0


@pytest.mark.parametrize(
    ("value", "base", "amount"),
    [
        ("1.5 kg", "g", 1500.0),
        ("1500g", "g", 1500.0),
        ("0,75 l", "ml", 750.0),
        ("12 in.", "mm", 304.8),
        ('12"', "mm", 304.8),
        ("12-inch", "mm", 304.8),
        ("6 fl. oz", "ml", 6 * 29.5735295625),
        ("2 lbs", "g", 907.18474),
        ("10 cm", "g", None),
        ("10", "g", None),
        ("big", "mm", None),
        (10, "mm", None),
        ("10 x 20 cm", "mm", None),
    ],
)
def test_measures(value: object, base: str, amount: float | None) -> None:
    found = parse_measure(value, base)
    assert found == (None if amount is None else pytest.approx(amount, abs=1e-5))
