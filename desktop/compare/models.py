"""One side of a comparison as a Qt model."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.compare.state import Row

ROW = int(Qt.ItemDataRole.UserRole) + 1
_ROOT = QModelIndex()


class SideModel(QAbstractListModel):
    """The rows of one side; one that is awaited is None."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row | None, ...] = ()

    def show_rows(self, rows: Sequence[Row | None]) -> None:
        """Show these instead of what was there; where the products are the same, the selection stays."""
        before, rows = self._rows, tuple(rows)
        if rows == before:
            return
        if rows and [_product(row) for row in rows] == [_product(row) for row in before]:
            self._rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, place: int) -> Row | None:
        """Return a row, None where there is none."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def place(self, product_id: str) -> int | None:
        """Return where a product stands, None where it does not."""
        return next((at for at, row in enumerate(self._rows) if row is not None and row.card.id == product_id), None)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:  # noqa: N802
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row shows."""
        row = self.row(index.row()) if index.isValid() else None
        if role == ROW or row is None:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.card.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.card.rank}, {row.card.title}, {row.spoken}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.card.title}\n{row.spoken}\n{row.card.why}"
        return None


def _product(row: Row | None) -> str | None:
    return None if row is None else row.card.id
