"""The tags page: widgets only. It emits intents and shows the views that it is given."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.branches import Branch, walk
from desktop.bridge.suggestions import Filter, Suggestion
from desktop.i18n import formats, tr
from desktop.tags.detail import Detail
from desktop.tags.preview import PreviewDialog
from desktop.tags.state import TagsView, browser, listed
from desktop.theme import UNIT, Theme
from desktop.widgets.messages import Stack
from desktop.widgets.plots import Plot
from desktop.widgets.thumbnails import Thumbnails
from desktop.widgets.trees import ShareDelegate, TreeModel

_LOOK_MS, _CANCEL_MS = 1000, 2000
_OPEN_AT_FIRST = ("category", "tags")


class TagsPage(QWidget):
    """Browser on the left, suggestions in the middle, the chosen one with its evidence on the right."""

    chosen = Signal(object)
    sure_chosen = Signal(object)
    grouped = Signal(str)
    page_turned = Signal(int)
    inspected = Signal(object)
    decided = Signal(str, list)
    corrected = Signal(int, str, bool)
    undone = Signal()
    bulk_wanted = Signal(str)
    bulk_confirmed = Signal()
    bulk_cancelled = Signal()
    making_wanted = Signal()
    looked = Signal()
    precision_wanted = Signal()
    retried = Signal()
    cancelled = Signal()
    details_copied = Signal(str)
    said = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = TagsView()
        self._dialog: PreviewDialog | None = None
        self._branches: tuple[Branch, ...] = ()
        self._rows: tuple[Branch, ...] = ()
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self.looked)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_CANCEL_MS)
        self._slow.timeout.connect(self._offer_cancel)
        self.detail = Detail(thumbnails)
        self.plot = Plot(theme, "kindred-precision", tr("How often suggestions were right"),
                         tr("Nothing was decided yet."))  # fmt: skip
        self.plot.said.connect(self.said)
        self.plot.hide()
        self._shares = ShareDelegate(theme, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self._browser())
        self.body.addWidget(self._list())
        self.body.addWidget(self.detail)
        self.body.setStretchFactor(1, 1)
        self.body.setSizes([320, 570, 350])
        self.body.setChildrenCollapsible(False)
        column.addWidget(self.body, 1)
        column.addWidget(self.plot)
        column.addLayout(self._bottom())
        self.detail.accepted.connect(lambda: self._decide("accept"))
        self.detail.refused.connect(lambda: self._decide("refuse"))
        self.detail.corrected.connect(self._correct)
        self._keys()
        self.show_view(self._view)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        self.grouping, self.surety = QComboBox(), QComboBox()
        self.grouping.setAccessibleName(tr("Group by"))
        self.grouping.addItem(tr("By tag"), "value")
        self.grouping.addItem(tr("By product"), "product")
        self.grouping.activated.connect(lambda _: self.grouped.emit(self.grouping.currentData()))
        self.surety.setAccessibleName(tr("How sure"))
        for name, value in ((tr("Sure and unsure"), None), (tr("Only sure"), True), (tr("Only unsure"), False)):
            self.surety.addItem(name, value)
        self.surety.activated.connect(lambda _: self.sure_chosen.emit(self.surety.currentData()))
        self.make = QPushButton(tr("Suggest for all products"))
        self.make.clicked.connect(self.making_wanted)
        self.accept_all, self.refuse_all = QPushButton(tr("Accept all…")), QPushButton(tr("Refuse all…"))
        self.accept_all.clicked.connect(lambda: self.bulk_wanted.emit("accept"))
        self.refuse_all.clicked.connect(lambda: self.bulk_wanted.emit("refuse"))
        self.undo = QPushButton(tr("Undo") + "  Z")
        self.undo.clicked.connect(self.undone)
        self.precision = QPushButton(tr("Precision"))
        self.precision.setCheckable(True)
        self.precision.toggled.connect(self._show_plot)
        row.addWidget(self.grouping)
        row.addWidget(self.surety)
        row.addStretch(1)
        for one in (self.accept_all, self.refuse_all, self.undo, self.precision, self.make):
            row.addWidget(one)
        return row

    def _browser(self) -> QTreeView:
        headings = (lambda: tr("Tag"), lambda: tr("Suggested"), lambda: tr("Products"))
        self.browser_model = TreeModel(headings, self)
        self.browser = QTreeView()
        self.browser.setModel(self.browser_model)
        self.browser.setMinimumWidth(200)
        self.browser.setAccessibleName(tr("Tags and categories"))
        self.browser.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.browser.selectionModel().currentChanged.connect(lambda now, _: self._browsed(now))
        self.browser.setIndentation(UNIT * 2)
        _fit(self.browser, ())
        return self.browser

    def _list(self) -> QStackedWidget:
        headings = (lambda: tr("Suggestion"), lambda: tr("Now"), lambda: tr("Confidence"))
        self.model = TreeModel(headings, self)
        self.list = QTreeView()
        self.list.setModel(self.model)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName(tr("Suggestions"))
        self.list.setItemDelegateForColumn(2, self._shares)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._show_detail())
        _fit(self.list, (190, 170))
        self.stack = Stack(self.list, acted=self._message_acted, copied=self.details_copied)
        self.message = self.stack.message
        return self.stack

    def _bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.summary, self.notice, self.pages = QLabel(), QLabel(), QLabel()
        self.summary.setProperty("look", "muted")
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setWordWrap(True)
        self.previous, self.next = QPushButton(tr("Previous")), QPushButton(tr("Next"))
        self.previous.clicked.connect(lambda: self.page_turned.emit(self._view.page - 1))
        self.next.clicked.connect(lambda: self.page_turned.emit(self._view.page + 1))
        row.addWidget(self.summary)
        row.addWidget(self.notice, 1)
        for one in (self.previous, self.pages, self.next):
            row.addWidget(one)
        return row

    def _keys(self) -> None:
        for key, run in (
            ("A", lambda: self._decide("accept")), ("R", lambda: self._decide("refuse")), ("C", self.detail.ask),
            ("Z", self.undone.emit),
        ):  # fmt: skip
            shortcut = QShortcut(QKeySequence(key), self.list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(run)

    def show_view(self, view: TagsView) -> None:
        """Show a view."""
        before, self._view = self._view, view
        self.grouping.setCurrentIndex(max(0, self.grouping.findData(view.grouping)))
        self.surety.setCurrentIndex(max(0, self.surety.findData(view.wanted.sure)))
        self._show_browser(view)
        self.detail.show_region(view.region)
        if view.phase != "waiting":
            self._slow.stop()
            self._show_rows(view)
        elif before.phase != "waiting":
            self._slow.start()
            if not self._rows:
                self.message.say(tr("Searching…"), "")
        self.summary.setText(view.summary)
        self.notice.setText(view.making_text or view.notice)
        self.make.setEnabled(not view.making_text)
        if view.making_text and not self._look.isActive():
            self._look.start()
        elif not view.making_text:
            self._look.stop()
        for button in (self.accept_all, self.refuse_all):
            button.setEnabled(view.phase == "results")
        self.undo.setEnabled(view.undoable > 0)
        self.previous.setEnabled(view.page > 1)
        self.next.setEnabled(view.page < view.pages)
        self.pages.setText(tr("Page {page} of {pages}", page=view.page, pages=formats.number(view.pages)))
        if view.precision is not None:
            self.plot.show_chart(view.precision)
        if view.preview is not None and view.preview is not before.preview:
            self._ask(view)

    def use_theme(self, theme: Theme) -> None:
        """Draw bars and plot in another theme."""
        self._shares.theme = theme
        self.plot.use_theme(theme)
        self.list.viewport().update()

    def chosen_ids(self) -> list[int]:
        """Return the suggestions that are selected; a group stands for all of its own."""
        found: dict[int, None] = {}
        for index in self.list.selectionModel().selectedRows():
            branch = self.model.branch(index)
            for one in walk((branch,)) if branch is not None else ():
                if isinstance(one.value, Suggestion):
                    found[one.value.id] = None
        return list(found)

    def _show_browser(self, view: TagsView) -> None:
        branches = browser(view.groups, view.categories)
        current = self.browser_model.branch(self.browser.currentIndex())
        opened = {one.key for one in walk(self._branches) if self.browser.isExpanded(self.browser_model.place(one.key))}
        first = self.browser_model.rowCount() == 0
        selection = self.browser.selectionModel()
        blocked = selection.blockSignals(True)
        self.browser_model.show(branches)
        for key in (*_OPEN_AT_FIRST,) if first else opened:
            self.browser.setExpanded(self.browser_model.place(key), True)
        place = self.browser_model.place(current.key if current is not None else "")
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        selection.setCurrentIndex(place, flags)
        selection.blockSignals(blocked)
        self._branches = branches

    def _show_rows(self, view: TagsView) -> None:
        current = self.list.currentIndex()
        row, parent = current.row(), current.parent().row()
        branch = self.model.branch(current)
        key = branch.key if branch is not None else ""
        branches = listed(view.rows, view.grouping) if view.phase == "results" else ()
        if branches != self._rows:
            self._rows = branches
            self.model.show(branches)
            self.list.expandAll()
            place = self.model.place(key)
            if not place.isValid():
                place = self._next(row, parent)
            self.list.setCurrentIndex(place)
        self._show_detail()
        if view.phase == "results":
            self.stack.setCurrentWidget(self.list)
            return
        if view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        elif view.phase == "nothing" and view.wanted != Filter(sure=view.wanted.sure):
            self.message.say(tr("No open suggestions here."), "", hint=tr("Choose another tag on the left."))
        else:
            hint = tr("A model proposes categories, tags and attributes. You accept, correct or refuse them.")
            self.message.say(tr("Tag the catalogue"), tr("Suggest for all products"), hint=hint)
        self.stack.setCurrentWidget(self.message)

    def _next(self, row: int, parent: int) -> QModelIndex:
        """Return where the cursor goes when its row has left: to the one that took its place, or near it."""
        group = self.model.index(min(max(parent, 0), max(0, self.model.rowCount() - 1)), 0)
        leaves = self.model.rowCount(group)
        return self.model.index(min(max(row, 0), leaves - 1), 0, group) if leaves else group

    def _show_detail(self) -> None:
        branch = self.model.branch(self.list.currentIndex())
        one = branch.value if branch is not None and isinstance(branch.value, Suggestion) else None
        if one is None and branch is not None and branch.children:
            one = branch.children[0].value
        if self.detail.show_one(one, self._view.values_of(one.field) if one is not None else ()):
            self.inspected.emit(one)

    def _browsed(self, now: QModelIndex) -> None:
        branch = self.browser_model.branch(now)
        if branch is not None and isinstance(branch.value, Filter):
            self.chosen.emit(branch.value)

    def _decide(self, action: str) -> None:
        ids = self.chosen_ids()
        if ids:
            self.decided.emit(action, ids)

    def _correct(self, number: int, value: str, new: bool) -> None:
        self.list.setFocus()
        self.corrected.emit(number, value, new)

    def _ask(self, view: TagsView) -> None:
        if view.preview is None:
            return
        self._dialog = PreviewDialog(view.preview, self)
        self._dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._dialog.accepted.connect(self.bulk_confirmed)
        self._dialog.rejected.connect(self.bulk_cancelled)
        self._dialog.open()

    def _show_plot(self, shown: bool) -> None:
        self.plot.setVisible(shown)
        if shown:
            self.precision_wanted.emit()

    def _offer_cancel(self) -> None:
        self.message.say(tr("Searching…"), tr("Cancel"))

    def _message_acted(self) -> None:
        if self._view.phase == "failed":
            self.retried.emit()
        elif self._view.phase == "waiting":
            self.cancelled.emit()
        else:
            self.making_wanted.emit()


def _fit(tree: QTreeView, widths: Sequence[int]) -> None:
    """Give the first column what the others leave; those without a width are as wide as what they hold."""
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for place in range(1, header.count()):
        header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
    for place, width in enumerate(widths, 1):
        header.setSectionResizeMode(place, QHeaderView.ResizeMode.Interactive)
        tree.setColumnWidth(place, width)
