"""What somebody has to look at: labels that were refused, pairs that people labelled differently."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop.bridge.labels import Conflict
from desktop.i18n import tr
from desktop.i18n.bridge import told
from desktop.label.presenter import Problems, label_name
from desktop.theme import UNIT


class ProblemsDialog(QDialog):
    """A list; what was done about a row is said by a signal, and the row goes."""

    settled = Signal(object, str)
    put_away = Signal(str)

    def __init__(self, problems: Problems, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("To look at"))
        self.resize(720, 420)
        inner = QWidget()
        self._rows = QVBoxLayout(inner)
        self._rows.setSpacing(UNIT * 2)
        for conflict in problems.conflicts:
            self._add_conflict(problems, conflict)
        for one in problems.refused:
            what = tr("{label} was refused: {reason}", label=label_name(one.label), reason=told(one.message))
            row = self._add(self._pair(problems, one.left, one.right), what)
            self._button(row, tr("Put away"), partial(self.put_away.emit, one.key))
        self._rows.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT * 2)
        column.addWidget(area, 1)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _add_conflict(self, problems: Problems, conflict: Conflict) -> None:
        said = " · ".join(f"{by}: {label_name(label)}" for by, label in conflict.labels)
        row = self._add(self._pair(problems, conflict.left, conflict.right), said)
        for label in ("similar", "dissimilar"):
            self._button(row, label_name(label), partial(self.settled.emit, conflict, label))

    def _pair(self, problems: Problems, left: str, right: str) -> str:
        return f"{problems.title(left)[:120]}\n{problems.title(right)[:120]}"

    def _add(self, pair: str, what: str) -> QWidget:
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        texts = QVBoxLayout()
        for text, look in ((pair, "strong"), (what, "muted")):
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setProperty("look", look)
            label.setWordWrap(True)
            texts.addWidget(label)
        across.addLayout(texts, 1)
        self._rows.addWidget(row)
        return row

    def _button(self, row: QWidget, text: str, act: Callable[[], None]) -> None:
        button = QPushButton(text)

        def pressed() -> None:
            row.setEnabled(False)
            act()

        button.clicked.connect(pressed)
        layout = row.layout()
        assert layout is not None
        layout.addWidget(button)
