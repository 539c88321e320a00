"""The pair itself: two photos with titles, the fields, the question and its keys. It has the focus and keeps it."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.i18n import tr
from desktop.label.models import AttributesModel
from desktop.label.state import ItemView, PairView
from desktop.theme import LARGE, UNIT, Theme
from desktop.widgets.cards import draw_photo, draw_title
from desktop.widgets.thumbnails import Thumbnails

_NAMES = 150  # pixels of the column with the fields' names, and of the space beside the photos
_KEYS = {
    Qt.Key.Key_S: "similar",
    Qt.Key.Key_D: "dissimilar",
    Qt.Key.Key_Space: "skip",
}


class ProductPane(QWidget):
    """Photo and title of one product; a skeleton while it is awaited."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self._thumbnails = theme, thumbnails
        self._item: ItemView | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size in which a photo can be judged."""
        return QSize(420, 320)

    def show_item(self, item: ItemView | None) -> None:
        """Show a product, or that one is awaited."""
        self._item = item
        self.setAccessibleName(item.title if item else tr("Loading…"))
        self.setToolTip(item.title if item else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw photo and title."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        font = QFont(self.font())
        font.setPixelSize(LARGE)
        lines = 2 * QFontMetrics(font).lineSpacing()
        photo = QRect(0, 0, self.width(), self.height() - lines - UNIT)
        title = QRect(0, photo.bottom() + UNIT, self.width(), lines)
        if self._item is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.bone))
            for bone in (photo, title.adjusted(0, 4, -self.width() // 4, -lines // 2 - 4)):
                painter.drawRoundedRect(bone, 4, 4)
            return
        draw_photo(painter, photo, self._thumbnails.pixmap("", self._item.id), self._item.initial, self.theme)
        draw_title(painter, title, self._item, font, self.theme, lines=2)


class Stage(QFrame):
    """One pair, one question, four keys."""

    answered = Signal(str)
    undone = Signal()

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "stage")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("The pair to label"))
        self.panes = (ProductPane(theme, thumbnails), ProductPane(theme, thumbnails))
        self.model = AttributesModel(theme, self)
        self._thumbnails = thumbnails
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT * 2)
        column.setSpacing(UNIT)
        photos = QHBoxLayout()
        photos.setSpacing(UNIT)
        photos.addSpacing(_NAMES + UNIT)
        for pane in self.panes:
            photos.addWidget(pane, 1)
        column.addLayout(photos, 5)
        column.addWidget(self._fields(), 4)
        question = QLabel(tr("Would a shopper take one for the other?"))
        question.setProperty("look", "title")
        question.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(question)
        column.addLayout(self._answers())
        thumbnails.arrived.connect(self._redraw)

    def _fields(self) -> QTableView:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setAccessibleName(tr("Fields of both products"))
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.hide()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.table.setColumnWidth(0, _NAMES + UNIT)
        self.table.setMinimumHeight(96)
        return self.table

    def _answers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        self.buttons: dict[str, QPushButton] = {}
        for name, key, text in (
            ("similar", "S", tr("Similar")), ("dissimilar", "D", tr("Dissimilar")),
            ("skip", tr("Space"), tr("Skip")), ("undo", "Z", tr("Undo")),
        ):  # fmt: skip
            button = QPushButton(f"{key}   {text}")
            button.setAccessibleName(f"{text} ({key})")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys go to the pair, whatever was clicked last
            button.setMinimumHeight(UNIT * 6)
            button.clicked.connect(lambda _=False, name=name: self._pressed(name))
            self.buttons[name] = button
            row.addWidget(button, 1)
        return row

    def show_pair(self, pair: PairView | None, soon: tuple[str, ...]) -> None:
        """Show a pair, or that one is awaited; photos of those that come `soon` are fetched."""
        self.panes[0].show_item(pair.left if pair else None)
        self.panes[1].show_item(pair.right if pair else None)
        self.model.show_rows(pair.rows if pair else ())
        self.table.verticalScrollBar().setValue(0)
        for product in soon:
            self._thumbnails.pixmap("", product)

    def allow(self, answers: bool, undo: bool) -> None:
        """Say which keys do something."""
        for name, button in self.buttons.items():
            button.setEnabled(undo if name == "undo" else answers)

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        for pane in self.panes:
            pane.theme = theme
        self.model.use_theme(theme)
        self._redraw()

    def _redraw(self) -> None:
        for pane in self.panes:
            pane.update()

    def _pressed(self, name: str) -> None:
        if name == "undo":
            self.undone.emit()
        else:
            self.answered.emit(name)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take the focus back."""
        self.setFocus()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Answer by a key. One that is held down counts once: nobody looks at pairs that fly by."""
        key, plain = Qt.Key(event.key()), event.modifiers() == Qt.KeyboardModifier.NoModifier
        bar = self.table.verticalScrollBar()
        steps = {Qt.Key.Key_Up: -26, Qt.Key.Key_Down: 26, Qt.Key.Key_PageUp: -130, Qt.Key.Key_PageDown: 130}
        if plain and key in steps:
            bar.setValue(bar.value() + steps[key])
        elif not plain or event.isAutoRepeat() or (key not in _KEYS and key != Qt.Key.Key_Z):
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Z:
            self.undone.emit()
        else:
            self.answered.emit(_KEYS[key])
