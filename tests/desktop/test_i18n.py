"""Every text is translated, and nothing else is in the catalogues."""

import ast
import string
from pathlib import Path

import pytest

from desktop import i18n
from desktop.i18n import formats

DESKTOP = Path(i18n.__file__).parents[1]
OTHERS = [language for language in i18n.LANGUAGES if language != "en"]


def texts() -> set[str]:
    found = set()
    for file in DESKTOP.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                text = node.args[0]
                assert isinstance(text, ast.Constant), f"{file.name}:{node.lineno}: tr wants the text itself"
                found.add(text.value)
    return found


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_catalogues_hold_exactly_the_texts_of_the_source(language: str) -> None:
    catalogue = i18n.catalogue(language)
    assert texts() - set(catalogue) == set(), "not translated"
    assert set(catalogue) - texts() == set(), "no longer used"
    for english, other in catalogue.items():
        assert places(english) == places(other), english
        assert other.strip()


def test_every_text_that_is_shown_goes_through_tr() -> None:
    """Words in the calls that show text are wrapped; signs and names of products are not words."""
    shows = {"QLabel", "QPushButton", "QCheckBox", "setText", "setToolTip", "setPlaceholderText", "setAccessibleName",
             "setWindowTitle", "addItem", "say"}  # fmt: skip
    plain = []
    for file in DESKTOP.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            # What else an item is given is its data, which nobody sees.
            for one in node.args[: 1 if name == "addItem" else None] if name in shows else ():
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and any(map(str.isalpha, one.value)):
                    plain.append(f"{file.name}:{node.lineno}: {one.value}")
    assert [one for one in plain if not one.endswith((": Kindred", ": UMAP"))] == []


def test_a_language_that_is_not_there_is_english() -> None:
    i18n.choose("tlh")
    assert i18n.chosen() == "en"
    i18n.choose("zh_CN")
    assert i18n.tr("Page {page} of {pages}", page=1, pages=3) == "第 1 / 3 页"


PRICES = [(1299, "GBP", "£1,299.00"), (5, "JPY", "¥5"), ("x", "", ""), (None, "EUR", ""), (3.5, "", "3.50")]


@pytest.mark.parametrize(("value", "currency", "shown"), [*PRICES, (2, "CHF", "CHF 2.00")])
def test_prices(value: object, currency: str, shown: str) -> None:
    assert formats.price(value, currency) == shown
