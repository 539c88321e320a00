"""Results as a Qt model: one for the grid and the table. A row without a card is awaited, and drawn as a skeleton."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.i18n import tr
from desktop.search.state import Card

CARD = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COLUMNS: tuple[tuple[Callable[[], str], Callable[[Card], str]], ...] = (
    (lambda: tr("Rank"), lambda card: str(card.rank)),
    (lambda: tr("Title"), lambda card: card.title),
    (lambda: tr("Brand"), lambda card: card.brand),
    (lambda: tr("Category"), lambda card: card.category),
    (lambda: tr("Price"), lambda card: card.price),
    (lambda: tr("Why"), lambda card: card.why),
)
_RIGHT = (0, 4)


class ResultsModel(QAbstractTableModel):
    """The cards of one page of results."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Card | None, ...] = ()

    def show_cards(self, cards: Sequence[Card]) -> None:
        """Show these instead of what was there."""
        self._reset(tuple(cards))

    def show_skeleton(self, count: int) -> None:
        """Show that so many rows are awaited."""
        self._reset((None,) * count)

    def card(self, row: int) -> Card | None:
        """Return the card of a row, None where there is none."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _reset(self, rows: tuple[Card | None, ...]) -> None:
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of rows; rows have none below them."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        card = self.card(index.row()) if index.isValid() else None
        if role == CARD or card is None:
            return card
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[index.column()][1](card)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (card.title, card.why) if part)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (str(card.rank), card.title, card.price, card.brand, card.why)
            return ", ".join(part for part in parts if part)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _RIGHT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name of a column; rows go by their number."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section][0]() if 0 <= section < len(_COLUMNS) else None
        return str(section + 1)
