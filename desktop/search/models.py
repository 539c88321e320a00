"""Results as a Qt model: one for the grid and the table. A row without a card is awaited, and drawn as a skeleton."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt

from desktop.i18n import tr
from desktop.search.state import Card
from desktop.widgets.tables import Index, TableModel

CARD = int(Qt.ItemDataRole.UserRole) + 1
_COLUMNS: tuple[tuple[Callable[[], str], Callable[[Card], str]], ...] = (
    (lambda: tr("Rank"), lambda card: str(card.rank)),
    (lambda: tr("Title"), lambda card: card.title),
    (lambda: tr("Brand"), lambda card: card.brand),
    (lambda: tr("Category"), lambda card: card.category),
    (lambda: tr("Price"), lambda card: card.price),
    (lambda: tr("Why"), lambda card: card.why),
)
_RIGHT = (0, 4)


class ResultsModel(TableModel[Card | None]):
    """The cards of one page of results."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([heading for heading, _ in _COLUMNS], parent)

    def show_skeleton(self, count: int) -> None:
        """Show that so many rows are awaited."""
        self.show_rows((None,) * count)

    def card(self, row: int) -> Card | None:
        """Return the card of a row, None where there is none."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        card = self.row(index)
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
