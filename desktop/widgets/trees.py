"""Trees: frozen branches as a Qt model, and bars in a column."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from desktop.branches import Branch
from desktop.theme import UNIT, Theme

BRANCH = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_BAR_WIDTH = 56


class TreeModel(QAbstractItemModel):
    """Branches under headings. An index carries its row's place in the flat list, never a pointer."""

    def __init__(self, headings: Sequence[Callable[[], str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headings = tuple(headings)
        self._top: tuple[Branch, ...] = ()
        self._flat: list[tuple[Branch, int, int]] = []  # a branch, its parent's place (-1: none), its own row
        self._places: dict[str, int] = {}
        self._first: dict[int, int] = {}  # the place of a branch's first child

    def show(self, branches: Sequence[Branch]) -> None:
        """Show these instead of what was there."""
        if tuple(branches) == self._top:
            return
        self.beginResetModel()
        self._top = tuple(branches)
        self._flat, self._first = [(one, -1, row) for row, one in enumerate(self._top)], {}
        for place, (one, _, _) in enumerate(self._flat):  # grows while it is walked: level after level
            if one.children:
                self._first[place] = len(self._flat)
                self._flat += [(child, place, row) for row, child in enumerate(one.children)]
        self._places = {one.key: place for place, (one, _, _) in enumerate(self._flat)}
        self.endResetModel()

    def branch(self, index: Index) -> Branch | None:
        """Return what a row shows, None where there is none."""
        return self._flat[index.internalId()][0] if index.isValid() and index.internalId() < len(self._flat) else None

    def place(self, key: str) -> QModelIndex:
        """Return where a branch stands; an invalid index where it does not."""
        found = self._places.get(key)
        return QModelIndex() if found is None else self.createIndex(self._flat[found][2], 0, found)

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        """Return the index of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        first = self._first[parent.internalId()] if parent.isValid() else 0
        return self.createIndex(row, column, first + row)

    def parent(self, index: Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        """Return the row above."""
        above = self._flat[index.internalId()][1] if index.isValid() else -1
        return QModelIndex() if above < 0 else self.createIndex(self._flat[above][2], 0, above)

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of rows below."""
        if not parent.isValid():
            return len(self._top)
        return len(self._flat[parent.internalId()][0].children) if parent.column() == 0 else 0

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of columns."""
        return len(self._headings)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        one = self.branch(index)
        if one is None:
            return None
        if role == BRANCH:
            return one
        cell = one.cells[index.column()] if index.column() < len(one.cells) else ""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return cell
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return one.spoken or ", ".join(part for part in one.cells if part)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name of a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._headings[section]() if 0 <= section < len(self._headings) else None
        return None


class ShareDelegate(QStyledItemDelegate):
    """Draws a branch's share as a bar before its text; both say the same."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        one: Branch | None = index.data(BRANCH)
        if one is None or one.share is None:
            super().paint(painter, option, index)
            return
        box = QRect(option.rect)
        bar = QRect(box.left() + 4, box.center().y() - 4, _BAR_WIDTH, UNIT)
        option.rect = box.adjusted(_BAR_WIDTH + UNIT, 0, 0, 0)
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.raised))
        painter.drawRect(bar)
        painter.setBrush(QColor(self.theme.accent))
        painter.drawRect(QRect(bar.left(), bar.top(), round(bar.width() * min(max(one.share, 0.0), 1.0)), UNIT))
        painter.restore()
