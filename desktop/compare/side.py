"""One side of a comparison: how it searches, how good it is, and its results, which can be rated by key."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QListView,
    QVBoxLayout,
)

from desktop.compare.models import SideModel
from desktop.compare.state import CompareView, Configuration
from desktop.i18n import formats, tr
from desktop.search.state import MODES
from desktop.theme import UNIT

_MOST_WEIGHT, _STEP = 10.0, 0.25
_RATINGS = {Qt.Key.Key_0: 0, Qt.Key.Key_1: 1, Qt.Key.Key_2: 2, Qt.Key.Key_3: 3}
_PLAIN = Qt.KeyboardModifier.NoModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class RatedList(QListView):
    """A list of results: 0 to 3 rate the one with the focus, U goes to the next that nobody rated, Z takes back."""

    rated = Signal(str, int)
    undone = Signal()

    def __init__(self, model: SideModel) -> None:
        super().__init__()
        self._rows = model
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Rate, go on, or take back; other keys move in the list."""
        key = Qt.Key(event.key())
        if event.modifiers() not in (_PLAIN, _KEYPAD):
            super().keyPressEvent(event)
        elif key in _RATINGS:
            self._rate(_RATINGS[key])
        elif key == Qt.Key.Key_U:
            self.go_on()
        elif key == Qt.Key.Key_Z:
            self.undone.emit()
        else:
            super().keyPressEvent(event)

    def go_on(self) -> None:
        """Go to the next result that nobody rated, from the top again after the last."""
        start, count = self.currentIndex().row(), self._rows.rowCount()
        for step in range(1, count + 1):
            place = (start + step) % count
            row = self._rows.row(place)
            if row is not None and row.rating is None:
                self.setCurrentIndex(self._rows.index(place))
                return

    def _rate(self, rating: int) -> None:
        row = self._rows.row(self.currentIndex().row())
        if row is not None:
            self.rated.emit(row.card.id, rating)
            self.go_on()


class Side(QVBoxLayout):
    """The controls over one list. `changed` carries how the side shall search."""

    changed = Signal(object)

    def __init__(self, name: str, results: RatedList) -> None:
        super().__init__()
        self.mode, self.generation = QComboBox(), QComboBox()
        self.rules = QCheckBox(tr("Rules"))
        self.quality = QLabel()
        self.quality.setProperty("look", "strong")
        names = (tr("Words"), tr("Meaning"), tr("Photo"))
        self.weights = tuple(_weight(tr("{side}: weight of {part}", side=name, part=part), part) for part in names)
        self.mode.setAccessibleName(tr("{side}: way to search", side=name))
        self.generation.setAccessibleName(tr("{side}: generation", side=name))
        self.rules.setAccessibleName(tr("{side}: obey rules", side=name))
        self.rules.setToolTip(tr("Obey merchandising rules, or look at the ranking without them"))
        for mode in MODES:
            self.mode.addItem(formats.mode_name(mode), mode)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.mode, 1)
        first.addWidget(self.generation, 1)
        first.addWidget(self.rules)
        for one in self.weights:
            second.addWidget(one)
        second.addStretch(1)
        second.addWidget(self.quality)
        for row in (first, second):
            row.setSpacing(UNIT)
            self.addLayout(row)
        self.setSpacing(UNIT)
        self.addWidget(results, 1)
        for box in (self.mode, self.generation):
            box.activated.connect(lambda _: self._emit())
        self.rules.clicked.connect(lambda _: self._emit())
        for weight in self.weights:
            weight.valueChanged.connect(lambda _: self._emit())

    def show_side(self, view: CompareView, side: int) -> None:
        """Show how a side searches, and how good it is."""
        one = view.sides[side]
        self.mode.setCurrentIndex(max(0, self.mode.findData(one.mode)))
        names = ("", *view.generations)
        if [self.generation.itemData(place) for place in range(self.generation.count())] != list(names):
            self.generation.clear()
            for name in names:
                self.generation.addItem(name or tr("Live generation"), name)
        self.generation.setCurrentIndex(max(0, self.generation.findData(one.generation)))
        self.rules.setChecked(one.rules)
        for box, weight in zip(self.weights, one.weights, strict=True):
            blocker = QSignalBlocker(box)
            box.setValue(weight)
            box.setEnabled(one.mode in ("hybrid", "native"))
            del blocker
        self.quality.setText(view.quality(side))
        self.quality.setToolTip(view.quality(side))

    def _emit(self) -> None:
        words, meaning, photo = (box.value() for box in self.weights)
        self.changed.emit(
            Configuration(
                self.mode.currentData(), self.generation.currentData(), self.rules.isChecked(), (words, meaning, photo)
            )
        )


def _weight(name: str, part: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0.0, _MOST_WEIGHT)
    box.setSingleStep(_STEP)
    box.setDecimals(2)
    box.setValue(1.0)
    box.setPrefix(f"{part} ×")
    box.setKeyboardTracking(False)
    box.setMaximumWidth(112)
    box.lineEdit().setTextMargins(UNIT // 2, 0, 0, 0)
    box.setAccessibleName(name)
    box.setToolTip(name)
    return box
