"""A rule as a sentence of menus, boxes and dates."""

from datetime import date

from PySide6.QtCore import QDate, QKeyCombination, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QWidget,
)  # fmt: skip

from desktop.bridge.rules import ACTIONS, FIELDS, KINDS, Draft
from desktop.i18n import formats, tr
from desktop.rules.state import FACTORS, RulesView, action_name, kind_name
from desktop.theme import UNIT

_LAST_PLACE, _MOST_PRIORITY = 50, 1000


class Editor(QFrame):
    """The rule that is open. Everything it emits is an intent; `show_view` shows what is said."""

    drafted = Signal(object, bool)  # whether it was chosen, not typed: then there is nothing to wait for
    saved = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self._draft = Draft()
        self._make()
        grid = QGridLayout(self)
        grid.setContentsMargins(UNIT * 2, UNIT, UNIT * 2, UNIT)
        grid.setVerticalSpacing(UNIT)
        grid.addLayout(_row(self.action, self.place, self.factor, self.what, self.of, stretch=self.of), 0, 0)
        grid.addWidget(self.products, 1, 0)
        grid.addLayout(_row(self.add, self.take, stretch=self.add), 2, 0)
        grid.addLayout(_row(self.kind, self.value, stretch=self.value), 3, 0)
        grid.addLayout(
            _row(
                self.has_start, self.starts, self.has_end, self.ends, self.priority_label, self.priority,
                self.owner, self.note, stretch=self.note,
            ), 4, 0,
        )  # fmt: skip
        grid.addLayout(_row(self.notice, self.remove, self.save, stretch=self.notice), 5, 0)
        self._connect()

    def _make(self) -> None:
        self.action, self.kind, self.what, self.factor = (QComboBox() for _ in range(4))
        for name in ACTIONS:
            self.action.addItem(action_name(name), name)
        for name in KINDS:
            self.kind.addItem(kind_name(name), name)
        self.what.addItem(tr("these products"), "")
        for name in FIELDS:
            self.what.addItem(tr("all of this: {field}", field=formats.field_name(name)), name)
        for factor in FACTORS:
            self.factor.addItem(f"×{factor:g}", factor)
        self.place, self.priority = QSpinBox(), QSpinBox()
        self.place.setRange(1, _LAST_PLACE)
        self.place.setPrefix(tr("to place") + " ")
        self.priority.setRange(-_MOST_PRIORITY, _MOST_PRIORITY)
        for spin in (self.place, self.priority):
            spin.setMaximumWidth(140)
            spin.lineEdit().setTextMargins(UNIT // 2, 0, 0, 0)
        self.priority_label = QLabel(tr("Priority"))
        self.value, self.of, self.add, self.owner, self.note = (QLineEdit() for _ in range(5))
        self.products = QListWidget()
        self.products.setMaximumHeight(60)
        self.take = QPushButton(tr("Take out"))
        self.has_start, self.has_end = QCheckBox(tr("From")), QCheckBox(tr("Until"))
        self.starts, self.ends = QDateEdit(), QDateEdit()
        for one in (self.starts, self.ends):
            one.setCalendarPopup(True)
            one.setDisplayFormat("yyyy-MM-dd")
            one.setMinimumWidth(128)
        self.save, self.remove = QPushButton(tr("Save rule")), QPushButton(tr("Remove rule"))
        self.save.setProperty("look", "main")
        self.notice = QLabel()
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setWordWrap(True)
        self.notice.setProperty("look", "strong")
        names = (
            (self.action, tr("What the rule does")), (self.kind, tr("For what")), (self.value, tr("Words or category")),
            (self.what, tr("Which products")), (self.of, tr("Value of the field")), (self.factor, tr("How strongly")),
            (self.place, tr("Place of the pin")), (self.products, tr("Products of the rule")),
            (self.add, tr("Add a product by its number")), (self.starts, tr("First day")), (self.ends, tr("Last day")),
            (self.priority, tr("Priority: the higher goes first")), (self.owner, tr("Owner")), (self.note, tr("Note")),
        )  # fmt: skip
        for widget, name in names:
            widget.setAccessibleName(name)
            widget.setToolTip(name)
            if isinstance(widget, QLineEdit):
                widget.setPlaceholderText(name)
                widget.setMaxLength(200)
        self.note.setMaxLength(2000)

    def _connect(self) -> None:
        for box in (self.action, self.kind, self.what, self.factor):
            box.activated.connect(lambda _: self._said(chosen=True))
        for spin in (self.place, self.priority):
            spin.valueChanged.connect(lambda _: self._said())
        for line in (self.value, self.of, self.owner, self.note):
            line.textEdited.connect(lambda _: self._said())
        for check in (self.has_start, self.has_end):
            check.toggled.connect(lambda _: self._said(chosen=True))
        for day in (self.starts, self.ends):
            day.dateChanged.connect(lambda _: self._said())
        self.add.returnPressed.connect(self._add)
        self.take.clicked.connect(self._take)
        delete = QShortcut(QKeySequence(QKeyCombination(Qt.Key.Key_Delete)), self.products)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._take)
        self.save.clicked.connect(self.saved)
        self.remove.clicked.connect(self.removed)

    def show_view(self, view: RulesView) -> None:
        """Show the rule of a view; what somebody types at this moment is left as it is."""
        draft = self._draft = view.draft
        self.setEnabled(view.editing)
        blockers = [QSignalBlocker(one) for one in self._inputs()]
        _choose(self.action, draft.action)
        _choose(self.kind, draft.kind)
        _choose(self.what, "" if draft.products else draft.field)
        self._show_factor(draft)
        self.place.setValue(draft.place)
        self.priority.setValue(draft.priority)
        for line, text in (
            (self.value, draft.value), (self.of, draft.of), (self.owner, draft.owner), (self.note, draft.note)
        ):  # fmt: skip
            if line.text() != text:
                line.setText(text)
        for check, day, text in ((self.has_start, self.starts, draft.starts), (self.has_end, self.ends, draft.ends)):
            check.setChecked(bool(text))
            day.setEnabled(bool(text))
            day.setDate(_day(text))
        self._show_products(view)
        del blockers
        self.place.setVisible(draft.action == "pin")
        self.factor.setVisible(draft.action in ("boost", "bury"))
        self.what.setVisible(draft.action != "pin")
        by_field = draft.action != "pin" and bool(self.what.currentData())
        self.of.setVisible(by_field)
        for widget in (self.products, self.add, self.take):
            widget.setVisible(not by_field)
        self.notice.setText(view.notice)
        self.save.setEnabled(view.savable)
        self.remove.setEnabled(view.chosen is not None and not view.busy)

    def _show_factor(self, draft: Draft) -> None:
        sign = "÷" if draft.action == "bury" else "×"
        place = self.factor.findData(draft.factor)
        if place < 0:
            self.factor.addItem("", draft.factor)
            place = self.factor.count() - 1
        for at in range(self.factor.count()):
            self.factor.setItemText(at, f"{sign}{self.factor.itemData(at):g}")
        self.factor.setCurrentIndex(place)

    def _show_products(self, view: RulesView) -> None:
        shown = [self.products.item(at).data(Qt.ItemDataRole.UserRole) for at in range(self.products.count())]
        texts = [f"{view.titles.get(one, '')}  [{one}]".strip() for one in view.draft.products]
        if shown != list(view.draft.products):
            self.products.clear()
            for one, text in zip(view.draft.products, texts, strict=True):
                item = QListWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, one)
                self.products.addItem(item)
        for at, text in enumerate(texts):
            self.products.item(at).setText(text)

    def _inputs(self) -> tuple[QWidget, ...]:
        boxes = (self.action, self.kind, self.what, self.factor, self.place, self.priority)
        return (*boxes, self.has_start, self.has_end, self.starts, self.ends)

    def _said(self, *, chosen: bool = False) -> None:
        by_field = "" if self.action.currentData() == "pin" else str(self.what.currentData() or "")
        self._draft = Draft(
            action=self.action.currentData(),
            kind=self.kind.currentData(),
            value=self.value.text(),
            products=() if by_field else self._draft.products,
            field=by_field,
            of=self.of.text() if by_field else "",
            place=self.place.value(),
            factor=float(self.factor.currentData()),
            starts=self._moment(self.has_start, self.starts, self._draft.starts),
            ends=self._moment(self.has_end, self.ends, self._draft.ends),
            priority=self.priority.value(),
            owner=self.owner.text(),
            note=self.note.text(),
        )
        self.drafted.emit(self._draft, chosen)

    def _moment(self, check: QCheckBox, day: QDateEdit, before: str) -> str:
        """Return the chosen day; a moment inside a day stays one where the day is the same."""
        if not check.isChecked():
            return ""
        chosen = day.date().toString("yyyy-MM-dd")
        return before if before[:10] == chosen else chosen

    def _add(self) -> None:
        product = self.add.text().strip()
        if product and product not in self._draft.products:
            self.add.clear()
            self._draft = _with(self._draft, (*self._draft.products, product))
            self.drafted.emit(self._draft, True)

    def _take(self) -> None:
        item = self.products.currentItem()
        if item is not None:
            gone = item.data(Qt.ItemDataRole.UserRole)
            self._draft = _with(self._draft, tuple(one for one in self._draft.products if one != gone))
            self.drafted.emit(self._draft, True)


def _with(draft: Draft, products: tuple[str, ...]) -> Draft:
    return Draft(**{**vars(draft), "products": products, "field": "", "of": ""})


def _choose(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(max(0, box.findData(data)))


def _day(text: str) -> QDate:
    found = QDate.fromString(text[:10], "yyyy-MM-dd")
    today = date.today()
    return found if found.isValid() else QDate(today.year, today.month, today.day)


def _row(*widgets: QWidget, stretch: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(UNIT)
    for one in widgets:
        row.addWidget(one, 1 if one is stretch else 0)
    return row
