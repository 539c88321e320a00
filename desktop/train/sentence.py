"""The training as a sentence with menus: train this on these labels from that model; one button."""

import re
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.i18n import tr
from desktop.theme import UNIT
from desktop.train.state import KINDS, TrainView, kind_name

_COLUMNS = 3


class Sentence(QFrame):
    """Emits what is chosen; the words stand in the order of the language."""

    kind_chosen = Signal(str)
    base_chosen = Signal(str)
    folder_chosen = Signal(str)
    setting_changed = Signal(str, object)
    started = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.kind, self.data, self.base = QComboBox(), QComboBox(), QComboBox()
        self.folder = QLineEdit()
        self.device = QLabel()
        self.device.setProperty("look", "strong")
        self.kind.setAccessibleName(tr("What to train"))
        self.data.setAccessibleName(tr("What to learn from"))
        self.base.setAccessibleName(tr("Model to start from"))
        self.folder.setAccessibleName(tr("Folder of the bridge"))
        self.folder.setPlaceholderText(tr("name of a folder"))
        self.base.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for kind in KINDS:
            self.kind.addItem(kind_name(kind), kind)
        self.data.addItem("", "")
        self.data.addItem(tr("a folder of the bridge"), "folder")
        self.kind.activated.connect(lambda _: self.kind_chosen.emit(self.kind.currentData()))
        self.base.activated.connect(lambda _: self.base_chosen.emit(self.base.currentData()))
        self.data.activated.connect(lambda _: self._data_chosen())
        self.folder.textEdited.connect(self.folder_chosen)
        self.button = QPushButton(tr("Train"))
        self.button.setProperty("look", "main")
        self.button.clicked.connect(self.started)
        self.more = QPushButton(tr("Settings"))
        self.more.setCheckable(True)
        self.form = QWidget()
        self.grid = QGridLayout(self.form)
        self.grid.setContentsMargins(0, UNIT, 0, 0)
        self.form.hide()
        self.more.toggled.connect(self.form.setVisible)
        self._fields: tuple[tuple[str, Any], ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT, UNIT * 2, UNIT)
        column.addLayout(self._words())
        column.addWidget(self.form)

    def _words(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        data = QWidget()
        both = QHBoxLayout(data)
        both.setContentsMargins(0, 0, 0, 0)
        both.addWidget(self.data)
        both.addWidget(self.folder)
        parts: dict[str, QWidget] = {"what": self.kind, "labels": data, "base": self.base, "device": self.device}
        text = tr("Train {what} on {labels} from {base} on {device}")
        for piece in re.split(r"(\{\w+\})", text):
            name = piece.strip("{}")
            if piece.startswith("{") and name in parts:
                row.addWidget(parts[name])
            elif piece.strip():
                row.addWidget(QLabel(piece.strip()))
        row.addStretch(1)
        row.addWidget(self.more)
        row.addWidget(self.button)
        return row

    def show_view(self, view: TrainView) -> None:
        """Show what is chosen."""
        self.kind.setCurrentIndex(max(0, self.kind.findData(view.kind)))
        self.data.setItemText(0, view.labels)
        bases = view.plan.bases if view.plan is not None else ()
        if [self.base.itemData(place) for place in range(self.base.count())] != list(bases):
            self.base.clear()
            for name in bases:
                self.base.addItem(name, name)
        self.base.setCurrentIndex(max(0, self.base.findData(view.base)))
        if not bases:
            self.base.addItem("–", "")
        self.base.setEnabled(bool(bases))
        by_folder = self.data.currentData() == "folder"
        self.folder.setVisible(by_folder)
        self.device.setText(view.device)
        self.button.setEnabled(view.can_start)
        if view.fields != self._fields:
            self._fields = view.fields
            self._fill(view)

    def _data_chosen(self) -> None:
        by_folder = self.data.currentData() == "folder"
        self.folder.setVisible(by_folder)
        self.folder_chosen.emit(self.folder.text() if by_folder else "")
        if by_folder:
            self.folder.setFocus()

    def _fill(self, view: TrainView) -> None:
        while (item := self.grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.deleteLater()
        for place, (name, default) in enumerate(view.fields):
            row, column = divmod(place, _COLUMNS)
            label = QLabel(name.replace("_", " "))
            label.setProperty("look", "muted")
            self.grid.addWidget(label, row, column * 2)
            self.grid.addWidget(self._field(name, default), row, column * 2 + 1)

    def _field(self, name: str, default: Any) -> QWidget:
        if isinstance(default, bool):
            box = QCheckBox()
            box.setChecked(default)
            box.setAccessibleName(name)
            box.toggled.connect(lambda on: self.setting_changed.emit(name, on))
            return box
        field = QLineEdit()
        field.setPlaceholderText("" if default is None else str(default))
        field.setAccessibleName(name)
        field.textEdited.connect(lambda text: self.setting_changed.emit(name, text.strip()))
        return field
