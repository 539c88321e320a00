"""The fields of a pair as a Qt model: name, left, right; those that differ are tinted and marked ≠."""

from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor

from desktop.i18n import tr
from desktop.label.state import Attribute
from desktop.theme import Theme
from desktop.widgets.tables import Index, TableModel


class AttributesModel(TableModel[Attribute]):
    """The rows of the pair that is shown."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__((lambda: tr("Field"), lambda: tr("Left"), lambda: tr("Right")), parent)
        self._theme = theme

    def use_theme(self, theme: Theme) -> None:
        """Tint in another theme."""
        self._theme = theme
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, self.columnCount() - 1))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row = self.row(index)
        if row is None:
            return None
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
