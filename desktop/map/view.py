"""The map page: widgets only. The drawing itself is in `canvas.py`, which is loaded with the first map."""

from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.bridge.maps import CatalogueMap
from desktop.i18n import formats, tr
from desktop.map.state import OTHERS, MapView, map_rows, product_rows, twin_rows
from desktop.theme import UNIT, Theme
from desktop.widgets.messages import Stack
from desktop.widgets.plots import SaveButtons
from desktop.widgets.trees import TreeModel

_LOOK_MS = 1000
_MOST_LISTED = 5000
_PLACE = Qt.ItemDataRole.UserRole


class MapPage(QWidget):
    """The map on the left; on the right legend, selection, outliers and near-duplicates."""

    method_chosen = Signal(str)
    field_chosen = Signal(str)
    twins_wanted = Signal()
    looked = Signal()
    cancelled = Signal()
    retried = Signal()
    details_copied = Signal(str)
    said = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view = MapView()
        self._drawn: CatalogueMap | None = None
        self._places: dict[str, int] = {}
        self.canvas: Any = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self.looked)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self._left())
        self.body.addWidget(self._right())
        self.body.setStretchFactor(0, 1)
        self.body.setSizes([860, 380])
        self.body.setChildrenCollapsible(False)
        column.addWidget(self.body, 1)
        column.addLayout(self._bottom())
        self.show_view(self._view)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        self.method, self.field = QComboBox(), QComboBox()
        self.method.setAccessibleName(tr("Layout"))
        self.method.addItem(tr("Principal components"), "pca")
        self.method.addItem("UMAP", "umap")
        self.field.setAccessibleName(tr("Which vectors"))
        self.field.addItem(tr("By text"), "text")
        self.field.addItem(tr("By photo"), "image")
        self.method.activated.connect(lambda _: self.method_chosen.emit(self.method.currentData()))
        self.field.activated.connect(lambda _: self.field_chosen.emit(self.field.currentData()))
        self.lasso = QPushButton(tr("Lasso") + "  L")
        self.lasso.setCheckable(True)
        self.lasso.toggled.connect(lambda on: self.canvas.encircle(on) if self.canvas is not None else None)
        self.in_view = QPushButton(tr("Select what is in view") + "  V")
        self.all = QPushButton(tr("Show all") + "  0")
        self.in_view.clicked.connect(lambda: self.canvas.select_view() if self.canvas is not None else None)
        self.all.clicked.connect(lambda: self.canvas.show_all() if self.canvas is not None else None)
        self.save = SaveButtons("kindred-map", lambda: self.frame, lambda: map_rows(self._view))
        self.save.said.connect(self.said)
        for one in (self.method, self.field, self.lasso, self.in_view, self.all):
            row.addWidget(one)
        row.addWidget(self.save, 1)
        return row

    def _left(self) -> QStackedWidget:
        self.frame = QFrame()
        self.frame.setProperty("look", "panel")
        self._inside = QVBoxLayout(self.frame)
        self._inside.setContentsMargins(1, 1, 1, 1)
        self.stack = Stack(self.frame, acted=self.retried, copied=self.details_copied)
        self.message = self.stack.message
        self.stack.setMinimumWidth(360)
        return self.stack

    def _right(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        tabs = QHBoxLayout()
        tabs.setSpacing(4)
        self.tabs, self.lists = QButtonGroup(self), QStackedWidget()
        self.legend = QListWidget()
        self.legend.setAccessibleName(tr("Legend"))
        self.legend.itemChanged.connect(lambda _: self._hide())
        self.chosen = _products(tr("Selected products"))
        self.far = _products(tr("Outliers"))
        self.twins = _products(tr("Near-duplicates"))
        self.twins_button = QPushButton(tr("Look for near-duplicates"))
        self.twins_button.clicked.connect(self.twins_wanted)
        twins = QWidget()
        inner = QVBoxLayout(twins)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.twins_button)
        inner.addWidget(self.twins)
        pages: tuple[tuple[str, QWidget], ...] = (
            (tr("Legend"), self.legend), (tr("Selected"), self.chosen), (tr("Outliers"), self.far),
            (tr("Near-duplicates"), twins),
        )  # fmt: skip
        for place, (name, widget) in enumerate(pages):
            button = QPushButton(name)
            button.setCheckable(True)
            self.tabs.addButton(button, place)
            tabs.addWidget(button)
            self.lists.addWidget(widget)
        self.tabs.idClicked.connect(self.lists.setCurrentIndex)
        self.tabs.button(0).setChecked(True)
        for tree in (self.far, self.twins, self.chosen):
            tree.selectionModel().currentChanged.connect(lambda now, _, tree=tree: self._mark(tree, now))
        column.addLayout(tabs)
        column.addWidget(self.lists, 1)
        return whole

    def _bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.summary, self.pointed, self.notice = QLabel(), QLabel(), QLabel()
        self.summary.setProperty("look", "muted")
        for one in (self.pointed, self.notice):
            one.setTextFormat(Qt.TextFormat.PlainText)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        row.addWidget(self.summary)
        row.addWidget(self.pointed, 1)
        row.addWidget(self.notice)
        row.addWidget(self.cancel)
        return row

    def show_view(self, view: MapView) -> None:
        """Show a view."""
        before, self._view = self._view, view
        self.method.setCurrentIndex(max(0, self.method.findData(view.method)))
        self.field.setCurrentIndex(max(0, self.field.findData(view.field)))
        there = view.phase == "results"
        for one in (self.lasso, self.in_view, self.all, self.save):
            one.setEnabled(there)
        self.summary.setText(view.summary)
        self.notice.setText(view.progress or view.notice)
        self.cancel.setVisible(view.running is not None)
        busy = view.running is not None or view.searching is not None
        if busy and not self._look.isActive():
            self._look.start()
        elif not busy:
            self._look.stop()
        self._show_twins(view, before)
        if there and view.map is not None:
            self._show_map(view)
            self.stack.setCurrentWidget(self.frame)
            return
        if view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        elif view.phase == "nothing":
            self.message.say(tr("There is nothing to draw: no product has a vector."), "")
        else:
            hint = tr("Every product is a point; what the model finds alike lies close together.")
            self.message.say(tr("See the catalogue"), "" if view.running else tr("Draw the map"), hint=hint)
        self.stack.setCurrentWidget(self.message)

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        if self.canvas is not None:
            self.canvas.use_theme(theme)
            self._show_legend(self._view)

    def select(self, places: list[int]) -> None:
        """List and mark these points."""
        if self._view.map is None:
            return
        points = [self._view.map.points[place] for place in places]
        model = self.chosen.model()
        assert isinstance(model, TreeModel)
        model.show(product_rows(points[:_MOST_LISTED]))
        self.tabs.button(1).setText(tr("Selected") + f" {formats.number(len(points))}")
        self.tabs.button(1).click()
        self.canvas.ring(places)

    def _show_map(self, view: MapView) -> None:
        assert view.map is not None
        if view.map is self._drawn:
            return
        if self.canvas is None:
            self._make_canvas()
        self._drawn = view.map
        points = view.map.points
        self._places = {one.id: place for place, one in enumerate(points)}
        self.canvas.show_points([one.x for one in points], [one.y for one in points], view.legend.colours)
        self.canvas.setAccessibleDescription(view.summary)
        self._show_legend(view)
        far = [points[self._places[name]] for name in view.map.outliers if name in self._places]
        model = self.far.model()
        assert isinstance(model, TreeModel)
        model.show(product_rows(far))
        self.tabs.button(2).setText(tr("Outliers") + (f" {len(far)}" if far else ""))
        self.select([])
        self.tabs.button(0).click()

    def _make_canvas(self) -> None:
        from desktop.map.canvas import MapCanvas

        self.canvas = MapCanvas(self._theme)
        self.canvas.setAccessibleName(tr("Map of the catalogue"))
        self.canvas.selected.connect(self.select)
        self.canvas.pointed.connect(self._point)
        self.canvas.encircle(self.lasso.isChecked())
        self._inside.addWidget(self.canvas)
        for key, button in (("L", self.lasso), ("V", self.in_view)):
            shortcut = QShortcut(QKeySequence(key), self.canvas)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(button.click)

    def _show_legend(self, view: MapView) -> None:
        from desktop.map.canvas import sign

        self.legend.blockSignals(True)
        self.legend.clear()
        named = enumerate(zip(view.legend.names, view.legend.counts, strict=True))
        last = len(view.legend.names) - 1
        for row, (name, count) in named:
            place = row if row < last else OTHERS
            if not count:
                continue
            item = QListWidgetItem(f"{name}  {formats.number(count)}")
            item.setIcon(sign(self._theme, place))
            item.setData(_PLACE, place)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.legend.addItem(item)
        self.legend.blockSignals(False)
        self._hide()

    def _hide(self) -> None:
        items = [self.legend.item(row) for row in range(self.legend.count())]
        hidden = {int(one.data(_PLACE)) for one in items if one.checkState() == Qt.CheckState.Unchecked}
        self.canvas.show_categories(hidden)

    def _show_twins(self, view: MapView, before: MapView) -> None:
        self.twins_button.setVisible(view.twins is None)
        self.twins_button.setEnabled(view.searching is None and view.map is not None)
        done = view.searching.done if view.searching else 0
        text = tr("Looking: {done} products compared", done=formats.number(done))
        self.twins_button.setText(text if view.searching else tr("Look for near-duplicates"))
        if view.twins is not before.twins:
            model = self.twins.model()
            assert isinstance(model, TreeModel)
            model.show(twin_rows(view.twins or ()))
            count = "" if view.twins is None else f" {formats.number(len(view.twins))}"
            self.tabs.button(3).setText(tr("Near-duplicates") + count)

    def _mark(self, tree: QTreeView, now: QModelIndex) -> None:
        model = tree.model()
        branch = model.branch(now) if isinstance(model, TreeModel) else None
        if branch is not None and self.canvas is not None and tree.hasFocus():
            self.canvas.ring([self._places[name] for name in branch.value or () if name in self._places])

    def _point(self, place: int) -> None:
        if place < 0 or self._view.map is None:
            self.pointed.clear()
            return
        one = self._view.map.points[place]
        text = " · ".join(part for part in (one.title, " › ".join(one.category)) if part)
        self.pointed.setText(text if len(text) <= 110 else text[:109] + "…")


def _products(name: str) -> QTreeView:
    tree = QTreeView()
    tree.setModel(TreeModel((lambda: tr("Title"), lambda: tr("Category"), lambda: tr("Alike")), tree))
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    tree.setAccessibleName(name)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for place, width in ((1, 120), (2, 64)):
        tree.setColumnWidth(place, width)
    return tree
