"""A page's empty and failed states, and the calm strip on top."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop.i18n import tr
from desktop.theme import UNIT


class Message(QWidget):
    """One sentence, what to do, one button or two, and the details for who mends it."""

    acted = Signal()
    other_acted = Signal()
    details_copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.hint = QLabel(), QLabel()
        self.button, self.other, self.copy = QPushButton(), QPushButton(), QPushButton(tr("Copy details"))
        self._details = ""
        column = QVBoxLayout(self)
        column.setSpacing(UNIT * 2)
        column.addStretch(1)
        for label, look in ((self.title, "title"), (self.hint, "muted")):
            label.setProperty("look", look)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self.hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # commands are copied from it
        row = QHBoxLayout()
        row.addStretch(1)
        for one in (self.button, self.other, self.copy):
            row.addWidget(one)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(2)
        self.button.setProperty("look", "main")
        self.button.clicked.connect(self.acted)
        self.other.clicked.connect(self.other_acted)
        self.copy.clicked.connect(lambda: self.details_copied.emit(self._details))

    def say(self, title: str, action: str, *, hint: str = "", details: str = "", other: str = "") -> None:
        """Show a sentence; an empty `action`, and an empty `other` one, has no button."""
        self.title.setText(title)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.button.setText(action)
        self.button.setVisible(bool(action))
        self.other.setText(other)
        self.other.setVisible(bool(other))
        self._details = details
        self.copy.setVisible(bool(details))


class Stack(QStackedWidget):
    """What a page shows, or `message` in its place.

    `acted` and `copied` are the signals or slots for the message's button and for its details.
    """

    def __init__(self, *contents: QWidget, acted: object, copied: object) -> None:
        super().__init__()
        self.message = Message()
        self.message.acted.connect(acted)
        self.message.details_copied.connect(copied)
        for one in (*contents, self.message):
            self.addWidget(one)


class Strip(QFrame):
    """A line on top that says what is not as it should be; gone when there is nothing to say."""

    acted = Signal()

    def __init__(self, action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "strip")
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.button = QPushButton(action)
        self.button.setVisible(bool(action))
        self.button.clicked.connect(self.acted)
        row = QHBoxLayout(self)
        row.setContentsMargins(UNIT * 2, UNIT, UNIT * 2, UNIT)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text; an empty one hides the strip."""
        self.label.setText(text)
        self.setVisible(bool(text))
