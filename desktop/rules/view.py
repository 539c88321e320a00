"""The rules page: widgets only. Rules left, the one that is open right, what it changes below."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.compare.delegate import RowDelegate
from desktop.compare.models import SideModel
from desktop.i18n import tr
from desktop.rules.editor import Editor
from desktop.rules.models import AuditModel, RulesModel
from desktop.rules.state import RulesView
from desktop.theme import UNIT, Theme
from desktop.widgets.messages import Stack, Strip
from desktop.widgets.thumbnails import Thumbnails

_TYPING_MS, _SKELETON_MS = 250, 150
_SKELETONS = 6


class RulesPage(QWidget):
    """Everything it emits is an intent; `show_view` shows the answer."""

    chosen = Signal(int)
    begun = Signal()
    drafted = Signal(object)
    query_changed = Signal(str)
    product_added = Signal(str)
    saved = Signal()
    removed = Signal()
    undone = Signal()
    history_wanted = Signal()
    retried = Signal()
    details_copied = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = RulesView()
        self._delegate = RowDelegate(theme, thumbnails, self)
        self.model, self.audit_model = RulesModel(self), AuditModel(self)
        self.models = (SideModel(self), SideModel(self))
        self.editor = Editor()
        self._timers()
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self._left())
        self.body.addWidget(self._right())
        self.body.setStretchFactor(1, 1)
        self.body.setSizes([340, 900])
        self.body.setChildrenCollapsible(False)
        self.stack = Stack(self.body, acted=self._message_acted, copied=self.details_copied)
        self.message = self.stack.message
        column.addWidget(self.stack, 1)
        thumbnails.arrived.connect(self._redraw)
        self._wire()
        self.show_view(self._view)

    def _timers(self) -> None:
        self._typing, self._skeleton = QTimer(self), QTimer(self)
        for timer, wait, then in (
            (self._typing, _TYPING_MS, self._typed), (self._skeleton, _SKELETON_MS, self._show_skeleton)
        ):  # fmt: skip
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(then)
        self._pending: object | None = None

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.new = QPushButton(tr("New rule"))
        self.new.setProperty("look", "main")
        self.undo = QPushButton(tr("Undo"))
        self.history = QPushButton(tr("History"))
        self.history.setCheckable(True)
        row.addWidget(self.new)
        row.addStretch(1)
        row.addWidget(self.undo)
        row.addWidget(self.history)
        return row

    def _left(self) -> QWidget:
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setWordWrap(True)
        self.list.setSpacing(UNIT // 2)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName(tr("Rules"))
        self.list.setMinimumWidth(240)
        return self.list

    def _right(self) -> QWidget:
        self.strip = Strip()
        self.query, self.summary = QLineEdit(), QLabel()
        self.query.setPlaceholderText(tr("Words to look at the change for"))
        self.query.setAccessibleName(tr("Words to look at the change for"))
        self.query.setMaxLength(2000)
        line = QHBoxLayout()
        line.addWidget(self.query, 1)
        line.addWidget(self.summary)
        self.lists = (self._results(0), self._results(1))
        self.hint = QLabel(tr("Enter on a product puts it into the rule."))
        self.hint.setProperty("look", "muted")
        both = QHBoxLayout()
        self.headings = (QLabel(), QLabel())
        for side, title in enumerate(self.headings):
            column = QVBoxLayout()
            title.setProperty("look", "strong")
            column.addWidget(title)
            column.addWidget(self.lists[side], 1)
            both.addLayout(column, 1)
        preview = QWidget()
        column = QVBoxLayout(preview)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(line)
        column.addLayout(both, 1)
        column.addWidget(self.hint)
        self.audit = QTableView()
        self.audit.setModel(self.audit_model)
        self.audit.setAccessibleName(tr("History of the rules"))
        self.audit.setWordWrap(False)
        self.audit.setShowGrid(False)
        self.audit.verticalHeader().hide()
        self.audit.setTabKeyNavigation(False)
        self.audit.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.audit.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.audit.horizontalHeader().setStretchLastSection(True)
        for place, width in enumerate((150, 110, 110, 260)):
            self.audit.setColumnWidth(place, width)
        self.below = QStackedWidget()
        for page in (preview, self.audit):
            self.below.addWidget(page)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.editor)
        column.addWidget(self.strip)
        column.addWidget(self.below, 1)
        return right

    def _results(self, side: int) -> QListView:
        view = QListView()
        view.setModel(self.models[side])
        view.setItemDelegate(self._delegate)
        view.setUniformItemSizes(True)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName(tr("Results after") if side else tr("Results before"))
        view.activated.connect(lambda index: self._add(side, index))
        return view

    def _wire(self) -> None:
        self.new.clicked.connect(self._begin)
        self.undo.clicked.connect(self.undone)
        self.history.toggled.connect(self._show_history)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._choose(now))
        self.editor.drafted.connect(self._draft)
        self.editor.saved.connect(self._save)
        self.editor.removed.connect(self.removed)
        self.query.textEdited.connect(lambda _: self._typing.start())
        self.query.returnPressed.connect(self._typed)
        for key, then in (("Ctrl+S", self._save), ("Ctrl+N", self._begin)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(then)

    def show_view(self, view: RulesView) -> None:
        """Show a view."""
        self._view = view
        self.model.show_view(view)
        self._show_chosen(view)
        if self._pending is None:
            self.editor.show_view(view)
        if not self._typing.isActive() and self.query.text().split() != view.query.split():
            self.query.setText(view.query)
        self.query.setEnabled(view.editing)
        self.undo.setEnabled(view.undoable > 0 and not view.busy)
        self.summary.setText(view.summary)
        for title, text in zip(self.headings, view.headings, strict=True):
            title.setText(text)
        degraded = tr("Answered by keywords alone: {reason}", reason=view.degraded) if view.degraded else ""
        self.strip.say("\n".join(part for part in (view.preview_failure, view.warnings, degraded) if part))
        self.audit_model.show_entries(view.audit, view)
        if view.preview == "waiting":
            self._skeleton.start()
        else:
            self._skeleton.stop()
            self.models[0].show_rows(view.comparison.left)
            self.models[1].show_rows(view.comparison.right)
        self._show_message(view)

    def _show_chosen(self, view: RulesView) -> None:
        place = self.model.place(view.chosen.id) if view.chosen is not None else None
        selection = self.list.selectionModel()
        if place is None:
            selection.clear()
        elif selection.currentIndex().row() != place:
            selection.setCurrentIndex(self.model.index(place), selection.SelectionFlag.ClearAndSelect)

    def _show_message(self, view: RulesView) -> None:
        if view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        elif view.phase == "nothing" and not view.editing and not view.audit:
            hint = tr(
                "A rule pins, hides, boosts or buries products for some words or a category, until a day you choose."
            )
            self.message.say(tr("There are no rules yet"), tr("New rule"), hint=hint)
        else:
            self.stack.setCurrentWidget(self.body)
            return
        self.stack.setCurrentWidget(self.message)

    def use_theme(self, theme: Theme) -> None:
        """Draw the rows in another theme."""
        self._delegate.theme = theme
        self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return to the list of rules on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    def _redraw(self) -> None:
        for one in self.lists:
            one.viewport().update()

    def _message_acted(self) -> None:
        if self._view.phase == "failed":
            self.retried.emit()
        else:
            self._begin()

    def _begin(self) -> None:
        self._forget()
        self.begun.emit()
        self.editor.value.setFocus()

    def _choose(self, index: QModelIndex) -> None:
        row = self.model.row(index.row())
        if row is not None and (self._view.chosen is None or self._view.chosen.id != row.id):
            self._forget()
            self.chosen.emit(row.id)

    def _draft(self, draft: object, chosen: bool) -> None:
        self._pending = draft
        if chosen:
            self._typed()
        else:
            self._typing.start()

    def _typed(self) -> None:
        """Send what was typed in the meantime, of the rule and of the words."""
        self._typing.stop()
        pending, self._pending = self._pending, None
        words = self.query.text()
        if pending is not None:
            self.drafted.emit(pending)
        elif words.split() != self._view.query.split():
            self.query_changed.emit(words)

    def _save(self) -> None:
        self._typed()
        self.saved.emit()

    def _forget(self) -> None:
        self._typing.stop()
        self._pending = None

    def _add(self, side: int, index: QModelIndex) -> None:
        row = self.models[side].row(index.row())
        if row is not None:
            self._typed()
            self.product_added.emit(row.card.id)

    def _show_history(self, shown: bool) -> None:
        self.below.setCurrentIndex(1 if shown else 0)
        self.stack.setCurrentWidget(self.body)
        if shown:
            self.history_wanted.emit()

    def _show_skeleton(self) -> None:
        for model in self.models:
            model.show_rows((None,) * _SKELETONS)
