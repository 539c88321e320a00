"""Segments: customers as points on the left, the segments as a table on the right. Widgets only."""

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTableView,
    QTreeView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.branches import Branch
from desktop.bridge.behaviour import MOST_SEGMENTS, Segment, SegmentPoint
from desktop.i18n import formats, tr
from desktop.map.palette import place_of
from desktop.recommend.models import SORT, SegmentsModel
from desktop.recommend.pane import say_unready
from desktop.recommend.state import SegmentsView, segment_rows
from desktop.theme import UNIT, Theme
from desktop.widgets.messages import Stack
from desktop.widgets.plots import SaveButtons
from desktop.widgets.trees import ShareDelegate, TreeModel

_CANCEL_MS = 2000
_TAGS = 4  # the column


class SegmentsPane(QWidget):
    """Map, table, and what marks the chosen segment."""

    count_chosen = Signal(int)
    chosen = Signal(int)
    retried = Signal()
    cancelled = Signal()
    details_copied = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._view = theme, SegmentsView()
        self._drawn: tuple[SegmentPoint, ...] | None = None
        self.canvas: Any = None
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_CANCEL_MS)
        self._slow.timeout.connect(self._offer_cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self._map())
        self.body.addWidget(self._lists())
        self.body.setSizes([560, 680])
        self.body.setChildrenCollapsible(False)
        self.stack = Stack(self.body, acted=self._acted, copied=self.details_copied)
        self.message = self.stack.message
        column.addWidget(self.stack, 1)
        self.summary = QLabel()
        self.summary.setProperty("look", "muted")
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.summary)
        self.show_view(self._view)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        self.count = QSpinBox()
        self.count.setRange(1, MOST_SEGMENTS)
        self.count.setAccessibleName(tr("How many segments"))
        self.count.setKeyboardTracking(False)
        self.count.editingFinished.connect(lambda: self.count_chosen.emit(self.count.value()))
        self.go = QPushButton(tr("Group anew"))
        self.go.clicked.connect(lambda: self.count_chosen.emit(self.count.value()))
        self.save = SaveButtons("kindred-segments", lambda: self.frame, lambda: segment_rows(self._view.segments))
        row.addWidget(QLabel(tr("How many segments")))
        row.addWidget(self.count)
        row.addWidget(self.go)
        row.addWidget(self.save, 1)
        return row

    def _map(self) -> QFrame:
        self.frame = QFrame()
        self.frame.setProperty("look", "panel")
        self.frame.setMinimumWidth(320)
        self._inside = QVBoxLayout(self.frame)
        self._inside.setContentsMargins(1, 1, 1, 1)
        return self.frame

    def _lists(self) -> QSplitter:
        self.model, self.proxy = SegmentsModel(self), QSortFilterProxyModel(self)
        self.proxy.setSourceModel(self.model)
        self.proxy.setSortRole(SORT)
        self.table = QTableView()
        self.table.setModel(self.proxy)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName(tr("Segments"))
        self.table.horizontalHeader().setStretchLastSection(True)
        for place, width in enumerate((96, 100, 64, 250)):
            self.table.setColumnWidth(place, width)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._select(now))
        headings = (lambda: tr("What marks it"), lambda: tr("Times the usual"), lambda: tr("Share"))
        self.marks_model = TreeModel(headings, self)
        self.marks = QTreeView()
        self.marks.setModel(self.marks_model)
        self.marks.setUniformRowHeights(True)
        self.marks.setAlternatingRowColors(True)
        self.marks.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.marks.setAccessibleName(tr("What marks the segment"))
        self._shares = ShareDelegate(self._theme, self)
        self.marks.setItemDelegateForColumn(2, self._shares)
        header = self.marks.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place, width in ((1, 130), (2, 140)):
            self.marks.setColumnWidth(place, width)
        lists = QSplitter(Qt.Orientation.Vertical)
        lists.addWidget(self.table)
        lists.addWidget(self.marks)
        lists.setChildrenCollapsible(False)
        return lists

    def show_view(self, view: SegmentsView) -> None:
        """Show a view."""
        before, self._view = self._view, view
        if not self.count.hasFocus():
            self.count.setValue(view.count)
        there = view.phase == "results" and view.segments is not None
        self.save.setEnabled(there)
        self.go.setEnabled(view.phase != "waiting")
        self.summary.setText(view.summary if there else "")
        if view.phase == "waiting":
            if before.phase != "waiting":
                self._slow.start()
                if before.segments is None:
                    self.message.say(tr("Grouping the customers…"), "")
                    self.stack.setCurrentWidget(self.message)
            return
        self._slow.stop()
        if there:
            self._show_segments(view, before)
            self.stack.setCurrentWidget(self.body)
            return
        if view.phase == "unready":
            say_unready(self.message, view.failure.details if view.failure is not None else "")
        elif view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        else:
            hint = tr("Customers who buy alike, and the products that mark each group.")
            self.message.say(tr("Who are your customers?"), tr("Group the customers"), hint=hint)
        self.stack.setCurrentWidget(self.message)

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = self._shares.theme = theme
        self.marks.viewport().update()
        if self.canvas is not None:
            self.canvas.use_theme(theme)
            self._fill()

    def _show_segments(self, view: SegmentsView, before: SegmentsView) -> None:
        assert view.segments is not None
        points = view.segments.points
        if points != self._drawn:
            self._drawn = points
            self.frame.setVisible(bool(points))
            if points:
                self._draw(points)
        if before.segments is not view.segments:
            self._fill()
        self._mark(view)

    def _fill(self) -> None:
        from desktop.map.canvas import sign

        found = self._view.segments.found if self._view.segments is not None else ()
        signs = [sign(self._theme, place_of(one.number - 1)) for one in found] if self._drawn else []
        self.model.show_segments(found, signs)
        self.table.setColumnHidden(_TAGS, not any(one.tags for one in found))

    def _draw(self, points: tuple[SegmentPoint, ...]) -> None:
        if self.canvas is None:
            from desktop.map.canvas import MapCanvas

            self.canvas = MapCanvas(self._theme)
            self.canvas.setAccessibleName(tr("Map of the customers"))
            self.canvas.selected.connect(self._pointed)
            self._inside.addWidget(self.canvas)
        colours = [place_of(one.segment - 1) for one in points]
        self.canvas.show_points([one.x for one in points], [one.y for one in points], colours)

    def _mark(self, view: SegmentsView) -> None:
        one = view.segment
        row = self.model.place(view.chosen)
        if one is None or row is None:
            return
        place = self.proxy.mapFromSource(self.model.index(row, 0))
        if place.row() != self.table.currentIndex().row():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection = self.table.selectionModel()
            selection.blockSignals(True)
            selection.setCurrentIndex(place, flags)
            selection.blockSignals(False)
            self.table.viewport().update()
        self.marks_model.show(mark_rows(one))
        self.marks.expandAll()
        if self.canvas is not None and self._drawn:
            self.canvas.ring([at for at, point in enumerate(self._drawn) if point.segment == view.chosen])

    def _select(self, now: QModelIndex) -> None:
        one = self.model.segment(self.proxy.mapToSource(now).row())
        if one is not None and one.number != self._view.chosen:
            self.chosen.emit(one.number)

    def _pointed(self, places: list[int]) -> None:
        if places and self._drawn:
            self.chosen.emit(self._drawn[places[0]].segment)

    def _offer_cancel(self) -> None:
        self.message.say(tr("Grouping the customers…"), tr("Cancel"))

    def _acted(self) -> None:
        if self._view.phase == "waiting":
            self.cancelled.emit()
        else:
            self.retried.emit()


def mark_rows(one: Segment) -> tuple[Branch, ...]:
    """Return what marks a segment as rows: its products, then its tags."""
    found = []
    for name, title, marks in (
        ("product", tr("Products, by customers who buy them"), one.products),
        ("tag", tr("Categories and tags, by what is bought"), one.tags),
    ):
        rows = tuple(
            Branch(f"{name}\0{mark.field}\0{mark.id}", (mark.title, tr("{times} times", times=f"{mark.lift:.1f}"),
                                          formats.percent(mark.share)), mark, (), mark.share)
            for mark in marks
        )  # fmt: skip
        if rows:
            found.append(Branch(name, (title, "", ""), None, rows))
    return tuple(found)
