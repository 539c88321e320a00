"""A query's first results before and after, as two rows of small photos."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.bridge.releases import Change
from desktop.i18n import tr
from desktop.theme import NORMAL, UNIT, Theme
from desktop.train.releases import change_text
from desktop.widgets.cards import draw_photo
from desktop.widgets.thumbnails import Thumbnails

_SIDE, _GAP, _LABEL, _MOST = 40, 6, 56, 10


class ChangeStrip(QWidget):
    """What stays is drawn plainly; what leaves has a − and what comes a +, never colour alone."""

    def __init__(self, change: Change, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.theme, self._thumbnails, self._change = theme, thumbnails, change
        self.setFixedHeight(22 + 2 * (_SIDE + _GAP) + UNIT)
        self.setMinimumWidth(_LABEL + _MOST * (_SIDE + _GAP))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(change_text(change))
        self.setAccessibleDescription(_spoken(change))
        self.setToolTip(_spoken(change))
        thumbnails.arrived.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of two rows."""
        return QSize(self.minimumWidth(), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the query and both rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        font = QFont(painter.font())
        font.setPixelSize(NORMAL)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.text))
        heading = painter.fontMetrics().elidedText(change_text(self._change), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, 0, self.width(), 20), Qt.AlignmentFlag.AlignVCenter, heading)
        before, after = self._change.before[:_MOST], self._change.after[:_MOST]
        stay = {one for one, _ in before} & {one for one, _ in after}
        for row, (name, hits, sign) in enumerate(((tr("before"), before, "−"), (tr("after"), after, "+"))):
            top = 22 + row * (_SIDE + _GAP)
            painter.setFont(font)
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(QRect(0, top, _LABEL, _SIDE), Qt.AlignmentFlag.AlignVCenter, name)
            for place, (product, title) in enumerate(hits):
                box = QRect(_LABEL + place * (_SIDE + _GAP), top, _SIDE, _SIDE)
                self._product(painter, box, product, title, "" if product in stay else sign)

    def _product(self, painter: QPainter, box: QRect, product: str, title: str, sign: str) -> None:
        theme = self.theme
        initial = next((letter.upper() for letter in title if letter.isalnum()), "?")
        draw_photo(painter, box, self._thumbnails.pixmap("", product), initial, theme)
        if not sign:
            return
        colour = QColor(theme.good if sign == "+" else theme.bad)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2))
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        corner = QRect(box.right() - 13, box.top(), 14, 14)
        painter.fillRect(corner, QColor(theme.surface))
        font = QFont(painter.font())
        font.setPixelSize(NORMAL)
        painter.setFont(font)
        painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, sign)


def _spoken(change: Change) -> str:
    rows = ((tr("before"), change.before), (tr("after"), change.after))
    return "\n".join(f"{name}: " + ", ".join(title[:40] for _, title in hits[:_MOST]) for name, hits in rows)
