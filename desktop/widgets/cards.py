"""A product as a card: photo, title with the words that matched, price, and the bar that says why."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
    QPixmap,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.bridge import Share
from desktop.search.models import CARD
from desktop.search.state import Card, marked
from desktop.theme import NORMAL, UNIT, Theme
from desktop.widgets.thumbnails import Thumbnails

WIDTH, PHOTO_HEIGHT = 224, 160
HEIGHT = PHOTO_HEIGHT + 124
_BAR = 8


def card_grid(delegate: "CardDelegate") -> QListView:
    """Return a view that shows its model's cards side by side, as many in a row as there is room for."""
    grid = QListView()
    grid.setViewMode(QListView.ViewMode.IconMode)
    grid.setResizeMode(QListView.ResizeMode.Adjust)
    grid.setMovement(QListView.Movement.Static)
    grid.setUniformItemSizes(True)
    grid.setSpacing(UNIT // 2)
    grid.setItemDelegate(delegate)
    grid.setMouseTracking(True)
    return grid


class CardDelegate(QStyledItemDelegate):
    """Draws the cards of the grid, and their skeletons while they are awaited."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme, self._thumbnails = theme, thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        """Return the size of every card."""
        return QSize(WIDTH, HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one card."""
        card: Card | None = index.data(CARD)
        theme, box = self.theme, option.rect.adjusted(2, 2, -2, -2)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(QColor(theme.accent if focused or selected else theme.line), 2 if focused else 1))
        painter.setBrush(QColor(theme.chosen if selected else theme.surface))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        inner = box.adjusted(UNIT, UNIT, -UNIT, -UNIT)
        if card is None:
            self._skeleton(painter, inner)
        else:
            self._card(painter, inner, card)
        painter.restore()

    def _skeleton(self, painter: QPainter, inner: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.bone))
        x, y, w = inner.left(), inner.top(), inner.width()
        top = y + PHOTO_HEIGHT + UNIT
        for bone in (
            QRect(x, y, w, PHOTO_HEIGHT), QRect(x, top, w, 14), QRect(x, top + 20, w * 2 // 3, 14),
            QRect(x, top + 46, w // 3, 14), QRect(x, inner.bottom() - 28, w, _BAR),
        ):  # fmt: skip
            painter.drawRoundedRect(bone, 4, 4)

    def _card(self, painter: QPainter, inner: QRect, card: Card) -> None:
        theme = self.theme
        photo = QRect(inner.left(), inner.top(), inner.width(), PHOTO_HEIGHT)
        draw_photo(painter, photo, self._thumbnails.pixmap(card.generation, card.id), card.initial, theme)
        font = QFont(painter.font())
        font.setPixelSize(NORMAL)
        metrics = QFontMetrics(font)
        line = metrics.lineSpacing()
        y = photo.bottom() + UNIT
        draw_title(painter, QRect(inner.left(), y, inner.width(), line * 2), card, font, theme, lines=2)
        y += line * 2 + 4
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        row = QRect(inner.left(), y, inner.width(), line)
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, card.price)
        used = QFontMetrics(bold).horizontalAdvance(card.price) + (UNIT if card.price else 0)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        rest = row.adjusted(used, 0, 0, 0)
        brand = metrics.elidedText(card.brand, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, brand)
        y += line + UNIT
        if not card.shares:  # a reason in words only, such as that of a recommendation, takes the bar's room, too
            layout = _laid_out(card.why, font, inner.width(), 2)
            painter.setPen(QColor(theme.muted))
            layout.draw(painter, QPointF(inner.left(), y))
            return
        draw_shares(painter, QRect(inner.left(), y, inner.width(), _BAR), card.shares, theme)
        painter.setPen(QColor(theme.muted))
        why = metrics.elidedText(card.why, Qt.TextElideMode.ElideRight, inner.width())
        below = QRect(inner.left(), y + _BAR + 2, inner.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, why)


def draw_photo(painter: QPainter, box: QRect, pixmap: QPixmap | None, initial: str, theme: Theme) -> None:
    """Draw a photo, whole, or a placeholder with the product's initial."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.raised))
    painter.drawRoundedRect(box, 4, 4)
    if pixmap is None:
        font = QFont(painter.font())
        font.setPixelSize(max(12, box.height() // 3))
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, initial)
        return
    size = pixmap.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(
        box.center().x() - size.width() // 2, box.center().y() - size.height() // 2, size.width(), size.height()
    )
    painter.drawPixmap(place, pixmap)


class Titled(Protocol):
    """What has a title, and words in it to be marked."""

    @property
    def title(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...


def draw_title(painter: QPainter, box: QRect, card: Titled, font: QFont, theme: Theme, *, lines: int) -> None:
    """Draw a title in so many lines, cut with an ellipsis, the words that matched on a marked ground."""
    layout = _laid_out(card.title, font, box.width(), lines, card.words, theme.mark)
    painter.setPen(QColor(theme.text))
    layout.draw(painter, QPointF(box.topLeft()))


def _laid_out(
    text: str, font: QFont, width: int, lines: int, words: tuple[str, ...] = (), mark: str = ""
) -> QTextLayout:
    """Return a text laid out in so many lines, and cut to them: it may be thousands of characters long."""
    layout = _layout(text, font, words, mark)
    end = _lay_out(layout, width, lines, font)
    if end < len(text):
        layout = _layout(text[: max(1, end - 2)].rstrip() + "…", font, words, mark)
        _lay_out(layout, width, lines, font)
    return layout


def _layout(text: str, font: QFont, words: tuple[str, ...], mark: str) -> QTextLayout:
    """Return a text not laid out yet, its words marked: formats that come later would undo the laying out."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    ranges, start = [], 0
    for piece, hit in marked(text, words) if words else ():
        if hit:
            one = QTextLayout.FormatRange()
            one.start, one.length = start, len(piece)
            look = QTextCharFormat()
            look.setBackground(QColor(mark))
            one.format = look
            ranges.append(one)
        start += len(piece)
    layout.setFormats(ranges)
    return layout


def _lay_out(layout: QTextLayout, width: int, lines: int, font: QFont) -> int:
    """Lay out the first lines and return where the text stands that no longer fits."""
    end, y = 0, 0.0
    layout.beginLayout()
    for _ in range(lines):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        line.setPosition(QPointF(0, y))
        y += max(line.height(), QFontMetrics(font).lineSpacing())  # letters of another font can be higher
        end = line.textStart() + line.textLength()
    layout.endLayout()
    return end


def draw_shares(painter: QPainter, box: QRect, shares: Sequence[Share], theme: Theme) -> None:
    """Draw the stacked bar: how much of the score each part made. The words beside it say the same."""
    painter.setPen(Qt.PenStyle.NoPen)
    x = float(box.left())
    for one in shares:
        wide = box.width() * one.share
        painter.setBrush(QColor(theme.part(one.part)))
        painter.drawRect(QRectF(x, box.top(), max(1.0, wide - 1), box.height()))
        x += wide
