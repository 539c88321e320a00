"""The search page: widgets only. It emits intents and shows the views that it is given."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.i18n import formats, tr
from desktop.search.facets import FacetPanel
from desktop.search.models import ResultsModel
from desktop.search.query import QueryBox, as_png, picture_of_clipboard
from desktop.search.state import MODES, SearchView
from desktop.theme import UNIT, Theme
from desktop.widgets.cards import CardDelegate, card_grid
from desktop.widgets.messages import Stack, Strip
from desktop.widgets.thumbnails import Thumbnails

_TYPING_MS, _SKELETON_MS, _CANCEL_MS = 60, 100, 2000
_SKELETONS = 12


class SearchPage(QWidget):
    """Query, filters, results. Everything it emits is an intent; `show_view` shows the answer."""

    text_changed = Signal(str)
    mode_chosen = Signal(str)
    picture_given = Signal(bytes)
    picture_file_given = Signal(str)
    choose_picture = Signal()
    example_removed = Signal()
    similar_wanted = Signal(str, str)
    page_turned = Signal(int)
    export_wanted = Signal()
    retried = Signal()
    cancelled = Signal()
    details_copied = Signal(str)
    history_kept = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.model = ResultsModel(self)
        self.facets = FacetPanel()
        self._view = SearchView()
        self._sent = ""
        self._delegate = CardDelegate(theme, thumbnails, self)
        self._timers()
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        column.addWidget(self._example())
        self.strip = Strip()
        column.addWidget(self.strip)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self.facets)
        self.body.addWidget(self._results())
        self.body.setStretchFactor(1, 1)
        self.body.setSizes([248, 900])
        self.body.setChildrenCollapsible(False)
        column.addWidget(self.body, 1)
        column.addLayout(self._bottom())
        thumbnails.arrived.connect(self.grid.viewport().update)
        self.show_view(self._view)

    def _timers(self) -> None:
        self._typing, self._skeleton, self._slow = QTimer(self), QTimer(self), QTimer(self)
        for timer, wait, then in (
            (self._typing, _TYPING_MS, self._typed), (self._skeleton, _SKELETON_MS, self._show_skeleton),
            (self._slow, _CANCEL_MS, self._offer_cancel),
        ):  # fmt: skip
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(then)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        self.query = QueryBox()
        self.query.textEdited.connect(lambda _: self._typing.start())
        self.query.returnPressed.connect(self._entered)
        self.query.picture_pasted.connect(self.picture_given)
        self.photo = QPushButton(tr("Photo…"))
        self.photo.setToolTip(tr("Search by a photo: choose a file, or drop or paste one anywhere on this page"))
        self.photo.clicked.connect(self.choose_picture)
        self.mode = QComboBox()
        self.mode.setAccessibleName(tr("Way to search"))
        for name in MODES:
            self.mode.addItem(formats.mode_name(name), name)
        self.mode.activated.connect(lambda place: self.mode_chosen.emit(self.mode.itemData(place)))
        self.filters = QPushButton(tr("Filters"))
        self.filters.setCheckable(True)
        self.filters.setChecked(True)
        self.filters.toggled.connect(self.facets.setVisible)
        self.table_button = QPushButton(tr("Table"))
        self.table_button.setCheckable(True)
        self.table_button.toggled.connect(self._choose_view)
        self.export = QPushButton(tr("Export CSV…"))
        self.export.clicked.connect(self.export_wanted)
        row.addWidget(self.query, 1)
        for one in (self.photo, self.mode, self.filters, self.table_button, self.export):
            row.addWidget(one)
        return row

    def _example(self) -> QFrame:
        self.example = QFrame()
        self.example.setProperty("look", "panel")
        row = QHBoxLayout(self.example)
        row.setContentsMargins(UNIT, 4, UNIT, 4)
        self.example_photo, self.example_text = QLabel(), QLabel()
        self.example_text.setTextFormat(Qt.TextFormat.PlainText)
        self.example_clear = QPushButton(tr("Remove"))
        self.example_clear.clicked.connect(self.example_removed)
        row.addWidget(self.example_photo)
        row.addWidget(self.example_text, 1)
        row.addWidget(self.example_clear)
        return self.example

    def _results(self) -> QStackedWidget:
        self.grid = card_grid(self._delegate)
        self.table = QTableView()
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        for view in (self.grid, self.table):
            view.setModel(self.model)
            view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
            view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
            view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
            view.setAccessibleName(tr("Results"))
            view.activated.connect(self._activated)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for place, width in enumerate((56, 320, 120, 180, 90)):
            self.table.setColumnWidth(place, width)
        self.stack = Stack(self.grid, self.table, acted=self._message_acted, copied=self.details_copied)
        self.message = self.stack.message
        return self.stack

    def _bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.summary = QLabel()
        self.summary.setProperty("look", "muted")
        self.notice = QLabel()
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        self.previous, self.next = QPushButton(tr("Previous")), QPushButton(tr("Next"))
        self.pages = QLabel()
        self.previous.clicked.connect(lambda: self.page_turned.emit(self._view.page - 1))
        self.next.clicked.connect(lambda: self.page_turned.emit(self._view.page + 1))
        row.addWidget(self.summary)
        row.addWidget(self.notice, 1)
        for one in (self.cancel, self.previous, self.pages, self.next):
            row.addWidget(one)
        return row

    def show_view(self, view: SearchView) -> None:
        """Show a view."""
        self._view = view
        self._sent = view.wanted.text
        if not self._typing.isActive() and self.query.text().split() != view.wanted.text.split():
            self.query.setText(view.wanted.text)
        self.mode.setCurrentIndex(max(0, self.mode.findData(view.wanted.mode)))
        self._show_example(view)
        self.facets.show_facets(view.facets, view.wanted.filters)
        self.strip.say(tr("Answered by keywords alone: {reason}", reason=view.degraded) if view.degraded else "")
        self.summary.setText(view.summary)
        self.notice.setText(view.notice)
        waiting = view.phase == "waiting"
        if waiting:
            self._skeleton.start()
            self._slow.start()
        else:
            self._skeleton.stop()
            self._slow.stop()
            self._show_results(view)
        self.cancel.setVisible(False)
        self.previous.setEnabled(not waiting and view.page > 1)
        self.next.setEnabled(not waiting and view.page < view.pages)
        self.pages.setText(tr("Page {page} of {pages}", page=view.page, pages=formats.number(view.pages)))
        self.export.setEnabled(view.phase == "results")

    def show_history(self, history: tuple[str, ...]) -> None:
        """Offer earlier queries while somebody types."""
        self.query.history.setStringList(list(history))

    def use_theme(self, theme: Theme) -> None:
        """Draw the cards in another theme."""
        self._delegate.theme = theme
        self.grid.viewport().update()

    def _show_results(self, view: SearchView) -> None:
        self.model.show_rows(view.cards if view.phase == "results" else ())
        if view.phase == "results":
            self._choose_view()
            return
        if view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        elif view.phase == "nothing":
            action = tr("Remove all filters") if view.wanted.filters else ""
            self.message.say(tr("Nothing was found."), action, hint=tr("Try other words, or fewer filters."))
        else:
            hint = tr("Type what a shopper would type, or drop a photo here. Every result says why it was found.")
            self.message.say(tr("Find what your customers see"), tr("Show the catalogue"), hint=hint)
        self.stack.setCurrentWidget(self.message)

    def _show_example(self, view: SearchView) -> None:
        wanted = view.wanted
        self.example.setVisible(bool(wanted.picture or wanted.like))
        if wanted.picture:
            image = QImage.fromData(wanted.picture)
            fast = Qt.TransformationMode.SmoothTransformation
            if not image.isNull():
                small = image.scaled(48, 48, Qt.AspectRatioMode.KeepAspectRatio, fast)
                self.example_photo.setPixmap(QPixmap.fromImage(small))
            self.example_text.setText(tr("Products that look like this photo"))
        elif wanted.like:
            self.example_photo.clear()
            title = view.like_title or wanted.like
            self.example_text.setText(tr("Similar to {title}", title=title if len(title) < 90 else title[:89] + "…"))

    def _choose_view(self) -> None:
        if self._view.phase in ("results", "waiting"):
            self.stack.setCurrentWidget(self.table if self.table_button.isChecked() else self.grid)

    def _show_skeleton(self) -> None:
        self.model.show_skeleton(_SKELETONS)
        self._choose_view()

    def _offer_cancel(self) -> None:
        self.cancel.setVisible(True)

    def _typed(self) -> None:
        text = self.query.text()
        if " ".join(text.split()) != self._sent:
            self.text_changed.emit(text)

    def _entered(self) -> None:
        self._typing.stop()
        self.text_changed.emit(self.query.text())
        self.history_kept.emit(" ".join(self.query.text().split()))

    def _activated(self, index: QModelIndex) -> None:
        card = self.model.card(index.row())
        if card is not None:
            self.similar_wanted.emit(card.id, card.title)

    def _message_acted(self) -> None:
        if self._view.phase == "nothing":
            self.facets.filters_removed.emit()
        else:
            self.retried.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Take a pasted picture wherever on the page it is pasted."""
        if event.matches(QKeySequence.StandardKey.Paste):
            found = picture_of_clipboard()
            if found is not None:
                self.picture_given.emit(found)
                return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take files and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Search by what was dropped; of several files the first counts."""
        data = event.mimeData()
        files = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if files:
            self.picture_file_given.emit(files[0])
        elif data.hasImage():
            self.picture_given.emit(as_png(QImage(data.imageData())))
        event.acceptProposedAction()
