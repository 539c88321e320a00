"""A tour for somebody who is here for the first time: one bubble after the other, each beside what it speaks of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.i18n import tr
from desktop.theme import UNIT

_WIDTH = 340


@dataclass(frozen=True)
class Stop:
    """One stop: `go` makes what is spoken of visible, `target` is the widget."""

    title: str
    text: str
    target: Callable[[], QWidget]
    go: Callable[[], object] = lambda: None


class Ring(QWidget):
    """A line around what is spoken of; the mouse goes through it."""

    def __init__(self, parent: QWidget, colour: str) -> None:
        super().__init__(parent)
        self._colour = colour
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setStyleSheet("background: transparent")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._colour), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 6, 6)


class Tour(QFrame):
    """The bubble. Enter goes on, Escape ends; `ended` is said once, also when it was seen to its end."""

    ended = Signal()

    def __init__(self, stops: Sequence[Stop], window: QWidget, colour: str) -> None:
        super().__init__(window)
        self._stops, self._place, self._window = stops, 0, window
        self.setProperty("look", "panel")
        self.setFixedWidth(_WIDTH)
        self._ring = Ring(window, colour)
        self.title, self.text, self.count = QLabel(), QLabel(), QLabel()
        self.title.setProperty("look", "title")
        self.count.setProperty("look", "muted")
        for label in (self.title, self.text):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.back, self.next, self.end = QPushButton(tr("Back")), QPushButton(), QPushButton(tr("End the tour"))
        self.next.setProperty("look", "main")
        self.back.clicked.connect(lambda: self.show_stop(self._place - 1))
        self.next.clicked.connect(lambda: self.show_stop(self._place + 1))
        self.end.clicked.connect(self.finish)
        row = QHBoxLayout()
        row.addWidget(self.end)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT * 2)
        column.setSpacing(UNIT)
        for part in (self.count, self.title, self.text):
            column.addWidget(part)
        column.addLayout(row)
        window.installEventFilter(self)
        self.show_stop(0)

    def show_stop(self, place: int) -> None:
        """Go to a stop; behind the last one the tour ends."""
        if place >= len(self._stops):
            self.finish()
            return
        self._place = max(0, place)
        stop = self._stops[self._place]
        stop.go()
        self.count.setText(tr("{place} of {count}", place=self._place + 1, count=len(self._stops)))
        self.title.setText(stop.title)
        self.text.setText(stop.text)
        self.setAccessibleName(f"{stop.title}. {stop.text}")
        self.back.setEnabled(self._place > 0)
        self.next.setText(tr("Done") if self._place == len(self._stops) - 1 else tr("Go on"))
        self.show()
        self._put()
        QTimer.singleShot(0, self._put)  # once more, when the page has its layout
        self.next.setFocus()

    def finish(self) -> None:
        """Take the bubble away."""
        self._ring.deleteLater()
        self._window.removeEventFilter(self)
        self.hide()
        self.ended.emit()
        self.deleteLater()

    def _put(self) -> None:
        """Put the ring around the target and the bubble where there is room beside it."""
        window = self._window
        target = self._stops[self._place].target()
        at = QRect(target.mapTo(window, QPoint(0, 0)), target.size()).adjusted(-4, -4, 4, 4) & window.rect()
        self._ring.setGeometry(at)
        self._ring.show()
        self._ring.raise_()
        self.adjustSize()
        gap, wide, tall = UNIT * 2, self.width(), self.height()
        if at.right() + gap + wide <= window.width():
            spot = QPoint(at.right() + gap, at.top())
        elif at.bottom() + gap + tall <= window.height():
            spot = QPoint(at.left(), at.bottom() + gap)
        else:
            spot = at.center() - QPoint(wide // 2, tall // 2)
        most_x, most_y = window.width() - wide - gap, window.height() - tall - gap
        self.move(max(gap, min(spot.x(), most_x)), max(gap, min(spot.y(), most_y)))
        self.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Go on by Enter, back by the left arrow, end by Escape."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
            self.show_stop(self._place + 1)
        elif event.key() == Qt.Key.Key_Left:
            self.show_stop(self._place - 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.finish()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stay beside the target when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            QTimer.singleShot(0, self._put)
        return super().eventFilter(watched, event)
