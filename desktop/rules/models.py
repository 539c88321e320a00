"""Rules and their history as Qt models."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    Qt,
)

from desktop.bridge.rules import AuditEntry, RuleRow
from desktop.i18n import tr
from desktop.rules.state import RulesView, change_name, sentence, state_name, when
from desktop.widgets.tables import Index, TableModel

RULE = int(Qt.ItemDataRole.UserRole) + 1
_ROOT = QModelIndex()
_COLUMNS = (lambda: tr("When"), lambda: tr("Who"), lambda: tr("What"), lambda: tr("Before"), lambda: tr("After"))


class RulesModel(QAbstractListModel):
    """The saved rules, two lines each."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = RulesView()

    def show_view(self, view: RulesView) -> None:
        """Show the rules of a view."""
        before, self._view = self._view, view
        if before.rows != view.rows:
            self.beginResetModel()
            self.endResetModel()
        elif view.rows and (before.conflicts, before.titles) != (view.conflicts, view.titles):
            self.dataChanged.emit(self.index(0), self.index(len(view.rows) - 1))

    def row(self, place: int) -> RuleRow | None:
        """Return a rule, None where there is none."""
        return self._view.rows[place] if 0 <= place < len(self._view.rows) else None

    def place(self, number: int) -> int | None:
        """Return where a rule stands, None where it does not."""
        return next((at for at, row in enumerate(self._view.rows) if row.id == number), None)

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Return the number of rules."""
        return 0 if parent.isValid() else len(self._view.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row shows."""
        row = self.row(index.row()) if index.isValid() else None
        if role == RULE or row is None:
            return row
        said = sentence(row.draft, self._view.titles)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{said}\n{self._below(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (said, self._below(row), row.draft.note) if part)
        return None

    def _below(self, row: RuleRow) -> str:
        warned = tr("⚠ in conflict") if self._view.in_conflict(row.id) else ""
        parts = (state_name(row.state), when(row.draft), row.draft.owner, warned)
        return " · ".join(part for part in parts if part)


class AuditModel(TableModel[tuple[str, ...]]):
    """Who changed what, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)

    def show_entries(self, entries: Sequence[AuditEntry], view: RulesView) -> None:
        """Show these instead of what was there."""
        cells = (
            (
                one.at[:19].replace("T", " "),
                one.by,
                f"{one.rule}: {change_name(one.kind)}",
                sentence(one.before, view.titles) if one.before is not None else "",
                sentence(one.after, view.titles) if one.after is not None else "",
            )
            for one in entries
        )
        self.show_rows(tuple(cells))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        cells = self.row(index)
        shown = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        return cells[index.column()] if cells is not None and shown else None
