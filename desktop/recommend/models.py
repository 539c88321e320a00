"""Segments as a Qt model; a proxy sorts it."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QIcon

from desktop.bridge.behaviour import Segment
from desktop.i18n import formats, tr
from desktop.recommend.state import named
from desktop.widgets.tables import Index, TableModel

SORT = int(Qt.ItemDataRole.UserRole) + 1
_COLUMNS: tuple[tuple[Callable[[], str], Callable[[Segment], str], Callable[[Segment], Any]], ...] = (
    (lambda: tr("Segment"), lambda one: str(one.number), lambda one: one.number),
    (lambda: tr("Customers"), lambda one: formats.number(one.customers), lambda one: one.customers),
    (lambda: tr("Share"), lambda one: formats.percent(one.share), lambda one: one.share),
    (lambda: tr("Products"), lambda one: named(one.products), lambda one: named(one.products)),
    (lambda: tr("Tags"), lambda one: named(one.tags), lambda one: named(one.tags)),
)
_NUMBERS = (0, 1, 2)


class SegmentsModel(TableModel[Segment]):
    """One row a segment, beside it the sign by which the map shows it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([heading for heading, *_ in _COLUMNS], parent)
        self._signs: tuple[QIcon, ...] = ()

    def show_segments(self, rows: Sequence[Segment], signs: Sequence[QIcon] = ()) -> None:
        """Show these instead of what was there; `signs` are by row, none where there is no map."""
        self.beginResetModel()
        self._rows, self._signs = tuple(rows), tuple(signs)
        self.endResetModel()

    def segment(self, row: int) -> Segment | None:
        """Return the segment of a row, None where there is none."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def place(self, number: int) -> int | None:
        """Return the row of a segment, None where it has none."""
        return next((row for row, one in enumerate(self._rows) if one.number == number), None)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or what it is sorted by."""
        one = self.row(index)
        if one is None:
            return None
        _, text, order = _COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return text(one)
        if role == SORT:
            return order(one)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and index.row() < len(self._signs):
            return self._signs[index.row()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None
