"""For whom: a customer's id, or a basket of products that are found by typing. Widgets only."""

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.i18n import formats, tr
from desktop.recommend.state import KINDS, VARIETY, Picked, RecommendView, kind_name, variety_name
from desktop.theme import UNIT

_TYPING_MS, _ROWS_SHOWN, _MOST_REMEMBERED = 60, 8, 20
_ID = Qt.ItemDataRole.UserRole


class AskPanel(QWidget):
    """Everything that a wish is made of, except the filters."""

    who_chosen = Signal(str)
    customer_given = Signal(str)
    kind_chosen = Signal(str)
    owned_chosen = Signal(bool)
    variety_chosen = Signal(float)
    typed = Signal(str)
    added = Signal(str, str)
    taken_out = Signal(str)
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, UNIT, 0)
        column.setSpacing(UNIT)
        self.who = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for place, (name, title) in enumerate((("customer", tr("Customer")), ("basket", tr("Basket")))):
            button = QPushButton(title)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, name=name: self.who_chosen.emit(name))
            self.who.addButton(button, place)
            row.addWidget(button, 1)
        column.addLayout(row)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._customer())
        self.basket = BasketPanel()
        for signal in ("typed", "added", "taken_out", "emptied"):
            getattr(self.basket, signal).connect(getattr(self, signal))
        self.stack.addWidget(self.basket)
        column.addWidget(self.stack)
        column.addWidget(_line())
        column.addLayout(self._how())

    def _customer(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.customer = QLineEdit()
        self.customer.setPlaceholderText(tr("A customer's id, then Enter"))
        self.customer.setAccessibleName(tr("Customer's id"))
        self.customer.setMaxLength(500)
        self.customer.setClearButtonEnabled(True)
        self._known = QStringListModel(self)  # of this sitting: ids of customers are kept nowhere
        completer = QCompleter(self._known, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.customer.setCompleter(completer)
        self.customer.returnPressed.connect(self._given)
        hint = QLabel(tr("As your orders name the customer. The desktop keeps no id."))
        hint.setProperty("look", "muted")
        hint.setWordWrap(True)
        column.addWidget(self.customer)
        column.addWidget(hint)
        column.addStretch(1)
        return whole

    def _how(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(UNIT)
        self.kind, self.variety = QComboBox(), QComboBox()
        self.kind.setAccessibleName(tr("What to recommend"))
        for name in KINDS:
            self.kind.addItem(kind_name(name), name)
        self.kind.activated.connect(lambda _: self.kind_chosen.emit(self.kind.currentData()))
        self.variety.setAccessibleName(tr("Variety"))
        for value in VARIETY:
            self.variety.addItem(variety_name(value), value)
        self.variety.activated.connect(lambda _: self.variety_chosen.emit(self.variety.currentData()))
        self.owned = QCheckBox(tr("Also what was bought before"))
        self.owned.toggled.connect(self.owned_chosen)
        for one in (self.kind, self.variety, self.owned):
            column.addWidget(one)
        return column

    def show_view(self, view: RecommendView) -> None:
        """Show what is asked."""
        place = ("customer", "basket").index(view.who)
        self.who.button(place).setChecked(True)
        self.stack.setCurrentIndex(place)
        # A stack is as high as its highest page; the customer's is low.
        self.basket.setVisible(view.who == "basket")
        self.kind.setCurrentIndex(max(0, self.kind.findData(view.wish.kind)))
        self.variety.setCurrentIndex(max(0, self.variety.findData(view.wish.diversity)))
        self.owned.blockSignals(True)
        self.owned.setChecked(view.wish.owned)
        self.owned.blockSignals(False)
        if not self.customer.hasFocus():
            self.customer.setText(view.wish.customer)
        self.basket.show_view(view)

    def focus(self) -> None:
        """Put the cursor where somebody types."""
        (self.customer if self.stack.currentIndex() == 0 else self.basket.box).setFocus()

    def _given(self) -> None:
        name = self.customer.text().strip()
        if name:
            known = [name, *(one for one in self._known.stringList() if one != name)]
            self._known.setStringList(known[:_MOST_REMEMBERED])
        self.customer_given.emit(name)


class BasketPanel(QWidget):
    """A box to type into, the products that it offers, and the basket."""

    typed = Signal(str)
    added = Signal(str, str)
    taken_out = Signal(str)
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[tuple[Picked, ...], tuple[Picked, ...]] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_MS)
        self._pause.timeout.connect(self._typed)
        self.box, self.offers, self.list = ProductBox(), PickList(), PickList()
        self.box.textEdited.connect(lambda _: self._pause.start())
        self.box.went_down.connect(self._into_offers)
        self.box.returnPressed.connect(self._entered)
        self.offers.setAccessibleName(tr("Products that are offered"))
        self.offers.picked.connect(self._add)
        self.offers.itemClicked.connect(self._add)
        self.list.setAccessibleName(tr("Products in the basket"))
        self.list.dropped.connect(lambda item: self.taken_out.emit(item.data(_ID)))
        self.count = QLabel()
        self.count.setProperty("look", "strong")
        self.remove, self.clear = QPushButton(tr("Take out")), QPushButton(tr("Empty"))
        self.remove.clicked.connect(lambda: self.list.dropped.emit(self.list.currentItem() or self.list.item(0)))
        self.clear.clicked.connect(self.emptied)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.remove)
        row.addWidget(self.clear)
        for one in (self.box, self.offers):
            column.addWidget(one)
        column.addLayout(row)
        column.addWidget(self.list)

    def show_view(self, view: RecommendView) -> None:
        """Show what is offered, and the basket."""
        if (view.offered, view.basket) == self._shown:
            return
        self._shown = (view.offered, view.basket)
        self.offers.show_products(view.offered)
        self.offers.setVisible(bool(view.offered))
        self.list.show_products(view.basket)
        self.list.setVisible(bool(view.basket))
        self.count.setText(tr("Basket: {count}", count=formats.number(len(view.basket))))
        for one in (self.remove, self.clear):
            one.setEnabled(bool(view.basket))

    def _typed(self) -> None:
        self.typed.emit(self.box.text())

    def _entered(self) -> None:
        self._add(self.offers.currentItem())

    def _into_offers(self) -> None:
        if self.offers.count():
            self.offers.setFocus()
            self.offers.setCurrentRow(0)

    def _add(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            product, title = item.data(_ID), item.text()
            self._pause.stop()
            self.box.clear()
            self.box.setFocus()
            self.typed.emit("")
            self.added.emit(product, title)


class ProductBox(QLineEdit):
    """Where products are looked for; the arrow down goes to what is offered."""

    went_down = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Add a product: words or an id"))
        self.setAccessibleName(tr("Product to add"))
        self.setMaxLength(2000)
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Go down with the arrow."""
        if event.key() == Qt.Key.Key_Down:
            self.went_down.emit()
        else:
            super().keyPressEvent(event)


class PickList(QListWidget):
    """Products by title. Enter picks one, Del drops it."""

    picked = Signal(QListWidgetItem)
    dropped = Signal(QListWidgetItem)

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def show_products(self, products: tuple[Picked, ...]) -> None:
        """Show these, as high as they need up to a limit; the cursor stays in its row."""
        row = self.currentRow()
        self.clear()
        for one in products:
            item = QListWidgetItem(one.title)
            item.setData(_ID, one.id)
            item.setToolTip(f"{one.title}\n{one.id}")
            self.addItem(item)
        self.setCurrentRow(min(max(row, 0), len(products) - 1))
        height = self.sizeHintForRow(0) if products else 0
        self.setFixedHeight(height * min(len(products), _ROWS_SHOWN) + UNIT)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Pick or drop."""
        item = self.currentItem()
        if item is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.picked.emit(item)
        elif item is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.dropped.emit(item)
        else:
            super().keyPressEvent(event)


def _line() -> QFrame:
    line = QFrame()
    line.setFixedHeight(UNIT // 2)
    return line
