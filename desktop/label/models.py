"""The fields of a pair as a Qt model: name, left, right; those that differ are tinted and marked ≠."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from desktop.i18n import tr
from desktop.label.state import Attribute
from desktop.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COLUMNS = 3


class AttributesModel(QAbstractTableModel):
    """The rows of the pair that is shown."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: tuple[Attribute, ...] = ()

    def show_rows(self, rows: Sequence[Attribute]) -> None:
        """Show these instead of what was there."""
        if tuple(rows) != self._rows:
            self.beginResetModel()
            self._rows = tuple(rows)
            self.endResetModel()

    def use_theme(self, theme: Theme) -> None:
        """Tint in another theme."""
        self._theme = theme
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, _COLUMNS - 1))

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of rows; rows have none below them."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent.isValid() else _COLUMNS

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        text = (row.name, row.left, row.right)[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"≠ {text}" if row.differs and not index.column() else text
        if role == Qt.ItemDataRole.ToolTipRole:
            return text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{text}, {tr('differs')}" if row.differs else text
        if role == Qt.ItemDataRole.BackgroundRole and row.differs and index.column():
            return QColor(self._theme.mark)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._theme.text if index.column() else self._theme.muted)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name of a column; rows go by their number."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return (tr("Field"), tr("Left"), tr("Right"))[section] if 0 <= section < _COLUMNS else None
        return str(section + 1)
