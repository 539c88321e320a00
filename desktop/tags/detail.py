"""The chosen suggestion: photo, what is and what would be, and the evidence for it."""

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.bridge.suggestions import Suggestion
from desktop.i18n import formats, tr
from desktop.search.state import SHOWN_CHARS
from desktop.tags.state import CATEGORY, shown_value, suggested_by
from desktop.theme import UNIT
from desktop.widgets.thumbnails import Thumbnails

_PHOTO, _SMALL, _NEIGHBOURS = 176, 40, 6


class Detail(QScrollArea):
    """Shows one suggestion and takes a correction of it."""

    accepted = Signal()
    refused = Signal()
    corrected = Signal(int, str, bool)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self._one: Suggestion | None = None
        self._region = QPixmap()
        self.setWidgetResizable(True)
        self.setMinimumWidth(336)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.photo, self.title, self.change, self.surety = QLabel(), _text("strong"), _text(), _text("muted")
        self.photo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.photo.setFixedHeight(_PHOTO)
        self.words, self.near = _text(), _text("muted")
        self.neighbours = QGridLayout()
        self.neighbours.setColumnStretch(1, 1)
        self.reasons = QLabel(tr("Why"))
        self.reasons.setProperty("look", "strong")
        self.whole = whole = QFrame()
        whole.setProperty("look", "panel")
        column = QVBoxLayout(whole)
        column.setSpacing(UNIT)
        column.addWidget(self.photo)
        self.region = QCheckBox(tr("Show what in the photo spoke for it"))
        self.region.setChecked(True)
        self.region.toggled.connect(lambda _: self._draw_photos())
        column.addWidget(self.region, 0, Qt.AlignmentFlag.AlignHCenter)
        for one in (self.title, self.change, self.surety):
            column.addWidget(one)
        column.addLayout(self._buttons())
        column.addWidget(self._correction())
        for one in (self.reasons, self.words, self.near):
            column.addWidget(one)
        column.addLayout(self.neighbours)
        column.addStretch(1)
        self.setWidget(whole)
        thumbnails.arrived.connect(self._draw_photos)
        self.show_one(None, ())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.accept = QPushButton(tr("Accept") + "  A")
        self.correct = QPushButton(tr("Correct…") + "  C")
        self.refuse = QPushButton(tr("Refuse") + "  R")
        self.accept.setProperty("look", "main")
        self.accept.clicked.connect(self.accepted)
        self.refuse.clicked.connect(self.refused)
        self.correct.clicked.connect(self.ask)
        for one in (self.accept, self.correct, self.refuse):
            row.addWidget(one)
        return row

    def _correction(self) -> QWidget:
        self.editor = QWidget()
        column = QVBoxLayout(self.editor)
        column.setContentsMargins(0, 0, 0, 0)
        self.value = QLineEdit()
        self.value.setAccessibleName(tr("The right value"))
        self.value.setPlaceholderText(tr("The right value, then Enter"))
        self.value.setMaxLength(1000)
        self.values = QStringListModel(self)
        completer = QCompleter(self.values, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.value.setCompleter(completer)
        self.value.returnPressed.connect(self._corrected)
        self.fresh = QCheckBox(tr("A category that no product has yet"))
        column.addWidget(self.value)
        column.addWidget(self.fresh)
        return self.editor

    def show_one(self, one: Suggestion | None, values: tuple[str, ...]) -> bool:
        """Show a suggestion and return whether it is another one; `values` are offered for a correction."""
        same = one is not None and self._one is not None and one.id == self._one.id
        self._one = one
        self.whole.setVisible(one is not None)
        if self.values.stringList() != list(values):
            self.values.setStringList(list(values))
        if one is None or same:
            return False
        self.show_region(None)
        self.editor.hide()
        self.title.setText(one.title[:SHOWN_CHARS])
        name, value = formats.field_name(one.field), shown_value(one.field, one.value)
        before = shown_value(one.field, one.before) or "–"
        self.change.setText(
            f"{name}\n" + tr("now: {value}", value=before) + "\n" + tr("suggested: {value}", value=value)
        )
        how = tr("sure") if one.sure else tr("unsure")
        self.surety.setText(f"{formats.percent(one.confidence)} · {how} · {suggested_by(one.model)}")
        words = ", ".join(f"{word} +{weight:.2g}" for word, weight in one.words)
        self.words.setText(tr("Words that counted: {words}", words=words) if words else "")
        self.words.setVisible(bool(words))
        near = one.neighbours[:_NEIGHBOURS]
        self.near.setText(tr("Nearest products that have this value:") if near else "")
        self.near.setVisible(bool(near))
        self.reasons.setVisible(bool(words or near))
        while (item := self.neighbours.takeAt(0)) is not None:
            shown = item.widget()
            if shown is not None:
                shown.deleteLater()
        for row, other in enumerate(near):
            picture = QLabel()
            picture.setFixedSize(_SMALL, _SMALL)
            picture.setProperty("product", other.id)
            text = _text()
            text.setText(f"{other.title[:90]}\n{formats.percent(other.similarity)}")
            self.neighbours.addWidget(picture, row, 0)
            self.neighbours.addWidget(text, row, 1)
        self._draw_photos()
        return True

    def show_region(self, region: tuple[int, bytes] | None) -> None:
        """Show which region of the photo spoke for a suggestion, if that is the one that is shown."""
        found = QPixmap()
        if region is not None and self._one is not None and region[0] == self._one.id:
            found.loadFromData(region[1])
        self._region = found
        self.region.setVisible(not found.isNull())
        self._draw_photos()

    def ask(self) -> None:
        """Ask for the right value."""
        if self._one is not None:
            self.editor.show()
            self.fresh.setVisible(self._one.field == CATEGORY)
            self.fresh.setChecked(False)
            self.value.setText(self._one.value)
            self.value.selectAll()
            self.value.setFocus()

    def _corrected(self) -> None:
        if self._one is not None and self.value.text().strip():
            self.editor.hide()
            self.corrected.emit(self._one.id, self.value.text(), self.fresh.isChecked())

    def _draw_photos(self) -> None:
        if self._one is None:
            return
        initial = next((letter.upper() for letter in self._one.title if letter.isalnum()), "?")
        if self.region.isChecked() and not self._region.isNull():
            self.photo.setPixmap(_fitted(self._region, _PHOTO))
        else:
            self._draw(self.photo, self._one.product, _PHOTO, initial)
        for place in range(self.neighbours.count()):
            item = self.neighbours.itemAt(place)
            label = item.widget() if item is not None else None
            if isinstance(label, QLabel) and label.property("product"):
                self._draw(label, str(label.property("product")), _SMALL, "·")

    def _draw(self, label: QLabel, product: str, side: int, initial: str) -> None:
        found = self._thumbnails.pixmap("", product)
        if found is None:
            label.setText(initial)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            return
        label.setPixmap(_fitted(found, side))


def _fitted(picture: QPixmap, side: int) -> QPixmap:
    smooth = Qt.TransformationMode.SmoothTransformation
    return picture.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, smooth)


def _text(look: str = "") -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if look:
        label.setProperty("look", look)
    return label
