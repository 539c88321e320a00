"""A row of a comparison: rank, photo, title, and how far the product moved."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.compare.models import ROW
from desktop.compare.state import Row
from desktop.theme import NORMAL, UNIT, Theme
from desktop.widgets.cards import draw_photo, draw_shares, draw_title
from desktop.widgets.thumbnails import Thumbnails

HEIGHT = 72
_RANK, _PHOTO, _MOVE = 36, 56, 72
_MOST_RATING = 3


class RowDelegate(QStyledItemDelegate):
    """Draws rows: those that are only here on a coloured ground, and said in words beside."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme, self._thumbnails = theme, thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        """Return the size of every row."""
        return QSize(200, HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        row: Row | None = index.data(ROW)
        box: QRect = option.rect.adjusted(2, 2, -2, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QColor(self.theme.accent if selected else self.theme.line))
        painter.setBrush(QColor(self._ground(row, selected)))
        painter.drawRoundedRect(box, 6, 6)
        if row is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.bone))
            painter.drawRoundedRect(QRect(box.left() + _RANK, box.top() + 6, _PHOTO, _PHOTO), 4, 4)
            painter.drawRoundedRect(box.adjusted(_RANK + _PHOTO + UNIT, 12, -_MOVE, -40), 4, 4)
        else:
            self._row(painter, box, row)
        painter.restore()

    def _ground(self, row: Row | None, selected: bool) -> str:
        if selected:
            return self.theme.chosen
        if row is not None and row.other_rank is None:
            return self.theme.good_back if row.side == "right" else self.theme.bad_back
        return self.theme.surface

    def _row(self, painter: QPainter, box: QRect, row: Row) -> None:
        theme = self.theme
        font = QFont(painter.font())
        font.setPixelSize(NORMAL)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        painter.drawText(
            QRect(box.left(), box.top(), _RANK, box.height()), Qt.AlignmentFlag.AlignCenter, str(row.card.rank)
        )
        photo = QRect(box.left() + _RANK, box.top() + 6, _PHOTO, _PHOTO)
        draw_photo(painter, photo, self._thumbnails.pixmap(row.card.generation, row.card.id), row.card.initial, theme)
        left = photo.right() + UNIT
        title = QRect(left, box.top() + 8, box.right() - _MOVE - left, 34)
        draw_title(painter, title, row.card, font, theme, lines=2)
        draw_shares(painter, QRect(left, box.bottom() - 14, min(title.width(), 160), 6), row.card.shares, theme)
        if row.rating is not None:
            self._rating(painter, QRect(box.right() - _MOVE, box.bottom() - 26, _MOVE - UNIT, 20), row.rating)
        painter.setFont(bold)
        colour = theme.muted
        if row.other_rank is None or row.moved:
            colour = theme.good if row.moved > 0 or (row.other_rank is None and row.side == "right") else theme.bad
        painter.setPen(QColor(theme.text if row.other_rank is None else colour))
        height = box.height() if row.rating is None else box.height() - 24
        move = QRect(box.right() - _MOVE, box.top(), _MOVE - UNIT, height)
        painter.drawText(move, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row.movement)

    def _rating(self, painter: QPainter, box: QRect, rating: int) -> None:
        """Draw how relevant people said a product is: filled and empty dots, and the number."""
        painter.setPen(QColor(self.theme.text))
        dots = "●" * rating + "○" * (_MOST_RATING - rating)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{dots} {rating}")
