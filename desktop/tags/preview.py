"""What a bulk decision would do, shown before it is made."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop.branches import Branch
from desktop.bridge.suggestions import Preview
from desktop.i18n import formats, tr
from desktop.search.state import SHOWN_CHARS
from desktop.tags.state import shown_value
from desktop.theme import UNIT
from desktop.widgets.trees import TreeModel


class PreviewDialog(QDialog):
    """Asks once, and says what it will touch and how many."""

    def __init__(self, preview: Preview, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Preview"))
        self.resize(760, 520)
        count, products = formats.number(preview.count), formats.number(preview.products)
        accepting = preview.action == "accept"
        asked = (
            tr("Accept {count} suggestions for {products} products?", count=count, products=products)
            if accepting
            else tr("Refuse {count} suggestions for {products} products?", count=count, products=products)
        )
        title = QLabel(asked)
        title.setProperty("look", "title")
        title.setWordWrap(True)
        values = ", ".join(f"{_value(name)} ({formats.number(many)})" for name, many in preview.by_value[:12])
        by_value = QLabel(values)
        by_value.setTextFormat(Qt.TextFormat.PlainText)
        by_value.setWordWrap(True)
        by_value.setProperty("look", "muted")
        self.model = TreeModel((lambda: tr("Title"), lambda: tr("Now"), lambda: tr("Then")), self)
        self.model.show(tuple(_row(place, change) for place, change in enumerate(preview.changes)))
        self.table = QTreeView()
        self.table.setModel(self.model)
        self.table.setRootIsDecorated(False)
        self.table.setAlternatingRowColors(True)
        self.table.setAccessibleName(tr("Changes"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 3, UNIT * 3, UNIT * 3, UNIT * 3)
        column.setSpacing(UNIT * 2)
        for one in (title, by_value, self.table):
            column.addWidget(one)
        if preview.conflicts:
            many = formats.number(len(preview.conflicts))
            left = QLabel(tr("{count} are left alone: {reason}", count=many, reason=preview.conflicts[0]))
            left.setTextFormat(Qt.TextFormat.PlainText)
            left.setWordWrap(True)
            column.addWidget(left)
        self.yes = QPushButton(tr("Accept {count}", count=count) if accepting else tr("Refuse {count}", count=count))
        self.yes.setProperty("look", "main")
        self.no = QPushButton(tr("Cancel"))
        buttons = QDialogButtonBox()
        buttons.addButton(self.yes, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.no, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.no.setDefault(True)


def _row(place: int, change: tuple[str, str, str, str]) -> Branch:
    title, name, before, after = change
    cells = (title, shown_value(name, before), shown_value(name, after))
    return Branch(str(place), tuple(cell[:SHOWN_CHARS] for cell in cells))


def _value(name: str) -> str:
    field, _, value = name.partition(": ")
    return f"{formats.field_name(field)}: {shown_value(field, value)}"[:120]
