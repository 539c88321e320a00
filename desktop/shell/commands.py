"""What can be done, by name and by key: the palette, the sheet of shortcuts and the keys come from one list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.i18n import tr
from desktop.theme import UNIT


@dataclass(frozen=True)
class Command:
    """Something that can be done. `key` is Qt's way of writing it, empty where it has none."""

    title: str
    run: Callable[[], object]
    key: str = ""


def matching(commands: Sequence[Command], text: str) -> list[Command]:
    """Return the commands whose title holds all words of the text; those that begin with it come first."""
    words = text.lower().split()
    found = [one for one in commands if all(word in one.title.lower() for word in words)]
    return sorted(found, key=lambda one: not one.title.lower().startswith(text.strip().lower()))


class Palette(QDialog):
    """Type a command, or words to search for; Enter does the first."""

    def __init__(self, commands: Sequence[Command], search: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(tr("Command palette"))
        self._commands, self._search = commands, search
        self.box, self.list = QLineEdit(), QListWidget()
        self.box.setPlaceholderText(tr("Type a command, or words to search for"))
        self.box.setAccessibleName(tr("Command"))
        self.list.setAccessibleName(tr("Commands"))
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, UNIT, UNIT, UNIT)
        column.addWidget(self.box)
        column.addWidget(self.list)
        self.resize(520, 380)
        self.box.textChanged.connect(self._fill)
        self.box.returnPressed.connect(lambda: self._do(self.list.currentItem()))
        self.list.itemActivated.connect(self._do)
        self.box.installEventFilter(self)
        self._fill("")

    def _fill(self, text: str) -> None:
        self.list.clear()
        found = matching(self._commands, text)
        if text.strip():
            search = Command(tr("Search for “{text}”", text=text.strip()), lambda: self._search(text.strip()))
            found = [*found, search]
        for one in found:
            item = QListWidgetItem(f"{one.title}    {one.key}" if one.key else one.title)
            item.setData(Qt.ItemDataRole.UserRole, one)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _do(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.accept()
            item.data(Qt.ItemDataRole.UserRole).run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let arrow keys move in the list while the box keeps the focus."""
        arrows = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in arrows:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


class ShortcutSheet(QDialog):
    """All keys at a glance."""

    def __init__(self, commands: Sequence[Command], keys: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        grid = QGridLayout(self)
        grid.setContentsMargins(UNIT * 3, UNIT * 3, UNIT * 3, UNIT * 3)
        grid.setHorizontalSpacing(UNIT * 4)
        rows = [(one.key, one.title) for one in commands if one.key]
        rows += [
            ("Enter", tr("Show items similar to the chosen result")),
            ("Ctrl+V", tr("Search by the picture on the clipboard")),
            ("Tab", tr("Go to the next control")),
            *keys,
        ]
        half = -(-len(rows) // 2)
        for place, (key, title) in enumerate(rows):
            label = QLabel(key)
            label.setProperty("look", "strong")
            grid.addWidget(label, place % half, place // half * 2)
            grid.addWidget(QLabel(title), place % half, place // half * 2 + 1)
