"""Contrast as it is drawn: what a page shows is drawn into a picture, and each text in it is measured."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QAbstractListModel, QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QWidget,
)

from desktop.app import Desktop
from desktop.theme import contrast
from tests.desktop.conftest import WAIT
from tests.fixtures.bridge import Bridge

LEAST = 4.5
PAGES = ("search", "compare", "label", "tags", "rules", "train", "map", "recommend")


def measured(picture: QImage, box: QRect) -> tuple[float, str, str] | None:
    """Return the contrast of the ground (the commonest colour) with the text on it, and both; None without text.

    The text is the colour farthest from the ground: the edges of letters lie between the two.
    """
    seen: Counter[str] = Counter()
    for y in range(max(box.top(), 0), min(box.bottom() + 1, picture.height())):
        for x in range(max(box.left(), 0), min(box.right() + 1, picture.width())):
            seen[QColor(picture.pixel(x, y)).name()] += 1
    if len(seen) < 2:
        return None
    ground = seen.most_common(1)[0][0]
    text = max(seen, key=lambda colour: contrast(colour, ground))
    return contrast(text, ground), text, ground


def texts(page: QWidget) -> Iterator[tuple[str, QWidget, QRect]]:
    """Yield every text on a page that can be read now, with its widget and where it stands in it."""
    for one in page.findChildren(QWidget):
        if not one.isVisible() or not one.isEnabled() or one.visibleRegion().isEmpty():
            continue
        inside = one.visibleRegion().boundingRect()
        if isinstance(one, QLabel | QAbstractButton) and one.text().strip():
            if isinstance(one, QLabel) and not one.pixmap().isNull():
                continue
            yield one.text(), one, inside.adjusted(4, 4, -4, -4)
        elif isinstance(one, QComboBox | QLineEdit):
            text = one.currentText() if isinstance(one, QComboBox) else one.text() or one.placeholderText()
            if text.strip():
                yield text, one, inside.adjusted(6, 6, -28, -6)
        elif isinstance(one, QHeaderView):
            yield "header", one, inside
        elif isinstance(one, QAbstractItemView):
            yield from cells(one)


def cells(view: QAbstractItemView) -> Iterator[tuple[str, QWidget, QRect]]:
    """Yield the first cells of a list that hold text only."""
    model, shown = view.model(), view.viewport().rect()
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    if type(view.itemDelegate()) is not QStyledItemDelegate:  # ours draw photos, too; the theme's pairs are tested
        return
    for row in range(min(model.rowCount(), 6)):
        for column in range(columns):
            index = model.index(row, column)
            box = view.visualRect(index).intersected(shown)
            if str(index.data() or "").strip() and box.width() > 12 and box.height() > 8:
                yield str(index.data()), view.viewport(), box.adjusted(1, 1, -1, -1)


def too_faint(page: QWidget) -> list[str]:
    """Return the texts of a page that cannot be read well."""
    picture = page.grab().toImage()
    found = []
    for text, widget, inside in texts(page):
        at = widget.mapTo(page, QPoint(0, 0))
        seen = measured(picture, inside.translated(at))
        if seen is not None and seen[0] < LEAST:
            found.append(f"{text!r} of a {type(widget).__name__}: {seen[1]} on {seen[2]} is {seen[0]:.2f}")
    return found


def test_a_faint_text_is_found(qtbot: Any) -> None:
    for colour, count in (("#777777", 1), ("#565e6c", 0)):
        page = QWidget()
        page.setStyleSheet(f"QWidget {{ background: #ffffff; color: {colour}; }}")
        label = QLabel("WWW MMM", page)
        label.setGeometry(4, 4, 120, 30)
        qtbot.addWidget(page)
        page.resize(200, 60)
        page.show()
        assert len(too_faint(page)) == count


@pytest.fixture
def shop(connected: Desktop, bridge: Bridge, qtbot: Any) -> Desktop:
    """A desktop on which every page has something to show."""
    connected.window.resize(1360, 860)
    for name in PAGES:
        connected.window.show_page(name)
    qtbot.waitUntil(lambda: connected.window.label.view.phase != "waiting", timeout=WAIT)
    connected.window.compare.text_changed("pan")
    qtbot.waitUntil(lambda: connected.window.compare.view.phase == "results", timeout=WAIT)
    return connected


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_text_of_every_page_can_be_read(shop: Desktop, theme: str, language: str, qtbot: Any) -> None:
    shop.desk.settings = replace(shop.desk.settings, theme=theme)
    shop.desk.dress()
    if language != "en":
        shop.choose_language(language)
        shop.window.resize(1360, 860)
    faint = []
    for name in PAGES:
        shop.window.show_page(name)
        qtbot.wait(300)
        faint += [f"{name}: {one}" for one in too_faint(shop.window)]
    assert faint == []
