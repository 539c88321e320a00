"""The compare page: widgets only."""

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.compare.delegate import RowDelegate
from desktop.compare.models import SideModel
from desktop.compare.side import RatedList, Side
from desktop.compare.state import DEPTH, CompareView
from desktop.i18n import tr
from desktop.theme import UNIT, Theme
from desktop.widgets.messages import Stack, Strip
from desktop.widgets.thumbnails import Thumbnails

_TYPING_MS, _SKELETON_MS = 120, 100


class ComparePage(QWidget):
    """Two lists of results with lines between the same products."""

    text_changed = Signal(str)
    side_changed = Signal(int, object)
    rated = Signal(str, int)
    undone = Signal()
    swapped = Signal()
    retried = Signal()
    details_copied = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = CompareView()
        self._delegate = RowDelegate(theme, thumbnails, self)
        self.models = (SideModel(self), SideModel(self))
        self.lists = (self._list(0), self._list(1))
        self.sides = (Side(tr("Left"), self.lists[0]), Side(tr("Right"), self.lists[1]))
        self._typing, self._skeleton = QTimer(self), QTimer(self)
        for timer, wait, then in (
            (self._typing, _TYPING_MS, self._typed), (self._skeleton, _SKELETON_MS, self._show_skeleton)
        ):  # fmt: skip
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(then)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        self.strip = Strip()
        column.addWidget(self.strip)
        self.links = Links(self.lists, self.models, theme)
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(self.sides[0], 1)
        row.addWidget(self.links)
        row.addLayout(self.sides[1], 1)
        self.stack = Stack(both, acted=self.retried, copied=self.details_copied)
        self.message = self.stack.message
        self.results = both
        column.addWidget(self.stack, 1)
        for side, controls in enumerate(self.sides):
            controls.changed.connect(lambda chosen, side=side: self.side_changed.emit(side, chosen))
        thumbnails.arrived.connect(self._redraw)
        self.show_view(self._view)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.query = QLineEdit()
        self.query.setPlaceholderText(tr("Words to compare the rankings for"))
        self.query.setAccessibleName(tr("Search words"))
        self.query.setMaxLength(2000)
        self.query.textEdited.connect(lambda _: self._typing.start())
        self.query.returnPressed.connect(self._typed)
        self.swap = QPushButton(tr("Swap sides"))
        self.swap.clicked.connect(self.swapped)
        self.summary = QLabel()
        row.addWidget(self.query, 1)
        row.addWidget(self.summary)
        row.addWidget(self.swap)
        return row

    def _list(self, side: int) -> RatedList:
        view = RatedList(self.models[side])
        view.setItemDelegate(self._delegate)
        view.setAccessibleName(tr("Right results") if side else tr("Left results"))
        view.rated.connect(self.rated)
        view.undone.connect(self.undone)
        view.verticalScrollBar().valueChanged.connect(lambda _: self.links.update())
        view.selectionModel().currentChanged.connect(lambda now, _: self._follow(side, now))
        return view

    def show_view(self, view: CompareView) -> None:
        """Show a view."""
        self._view = view
        if not self._typing.isActive() and self.query.text().split() != view.text.split():
            self.query.setText(view.text)
        for side, controls in enumerate(self.sides):
            controls.show_side(view, side)
        degraded = tr("Answered by keywords alone: {reason}", reason=view.degraded) if view.degraded else ""
        self.strip.say(view.notice or degraded)
        self.summary.setText(view.summary)
        if view.phase == "waiting":
            self._skeleton.start()
            return
        self._skeleton.stop()
        self.models[0].show_rows(view.comparison.left)
        self.models[1].show_rows(view.comparison.right)
        self.links.update()
        if view.phase == "results":
            self.stack.setCurrentWidget(self.results)
            return
        if view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        elif view.phase == "nothing":
            self.message.say(tr("Nothing was found."), "", hint=tr("Try other words."))
        else:
            hint = tr("Type words above: the same search runs in both ways, and lines join the same products.")
            self.message.say(tr("Compare two rankings"), "", hint=hint)
        self.stack.setCurrentWidget(self.message)

    def use_theme(self, theme: Theme) -> None:
        """Draw the rows in another theme."""
        self._delegate.theme = self.links.theme = theme
        self._redraw()

    def _redraw(self) -> None:
        for one in self.lists:
            one.viewport().update()
        self.links.update()

    def _show_skeleton(self) -> None:
        self.stack.setCurrentWidget(self.results)
        for model in self.models:
            model.show_rows((None,) * DEPTH)
        self.links.update()

    def _typed(self) -> None:
        self._typing.stop()
        self.text_changed.emit(self.query.text())

    def _follow(self, side: int, now: QModelIndex) -> None:
        """Show the same product on the other side."""
        row = self.models[side].row(now.row())
        place = self.models[1 - side].place(row.card.id) if row is not None else None
        if place is not None:
            self.lists[1 - side].scrollTo(self.models[1 - side].index(place))
        self.links.chosen = row.card.id if row is not None else ""
        self.links.update()


class Links(QWidget):
    """The lines between the same products of two lists."""

    def __init__(self, lists: tuple[QListView, QListView], models: tuple[SideModel, SideModel], theme: Theme) -> None:
        super().__init__()
        self._lists, self._models, self.theme = lists, models, theme
        self.chosen = ""
        self.setFixedWidth(UNIT * 8)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw a line for each product that both sides show."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._lists
        for place in range(self._models[0].rowCount()):
            row = self._models[0].row(place)
            other = self._models[1].place(row.card.id) if row is not None else None
            if row is None or other is None:
                continue
            start, end = self._height(left, place), self._height(right, other)
            strong = row.card.id == self.chosen
            colour = self.theme.accent if strong else self.theme.muted if row.moved else self.theme.line
            painter.setPen(QPen(QColor(colour), 3 if strong else 1.4))
            painter.drawLine(4, start, self.width() - 4, end)

    def _height(self, view: QListView, place: int) -> int:
        model = view.model()
        middle = view.visualRect(model.index(place, 0)).center()
        return self.mapFromGlobal(view.viewport().mapToGlobal(middle)).y()
