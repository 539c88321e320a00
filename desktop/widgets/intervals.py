"""A difference and its interval as a bar around zero."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.theme import UNIT, Theme


class IntervalBar(QWidget):
    """Drawn: a line at zero, a bar from low to high, a dot at the difference. The words beside it say the same."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._figures = (0.0, 0.0, 0.0)
        self.setFixedHeight(UNIT * 3)
        self.setMinimumWidth(160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the usual size."""
        return QSize(280, UNIT * 3)

    def show_interval(self, difference: float, low: float, high: float, spoken: str) -> None:
        """Show a difference between two bounds."""
        self._figures = (difference, low, high)
        self.setAccessibleName(spoken)
        self.setToolTip(spoken)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the bar; the farther bound stands at the edge."""
        difference, low, high = self._figures
        theme, middle = self.theme, self.height() / 2
        reach = max(abs(low), abs(high), abs(difference), 1e-9) * 1.1
        half = self.width() / 2

        def at(value: float) -> float:
            return half + value / reach * (half - 4)

        colour = theme.good if low > 0 else theme.bad if high < 0 else theme.muted
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(4, middle), QPointF(self.width() - 4, middle))
        painter.setPen(QPen(QColor(theme.text), 2))
        painter.drawLine(QPointF(half, 2), QPointF(half, self.height() - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QColor(colour)
        bar.setAlpha(110)
        painter.setBrush(bar)
        painter.drawRoundedRect(QRectF(at(low), middle - 5, max(2.0, at(high) - at(low)), 10), 3, 3)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(at(difference), middle), 5, 5)
