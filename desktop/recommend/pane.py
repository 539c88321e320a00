"""Recommendations: for whom on the left, what they may want on the right. Widgets only."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from desktop.i18n import tr
from desktop.recommend.asking import AskPanel
from desktop.recommend.state import RecommendView, recommended_rows
from desktop.search.facets import FacetPanel
from desktop.search.models import ResultsModel
from desktop.theme import UNIT, Theme
from desktop.widgets.cards import CardDelegate, card_grid
from desktop.widgets.messages import Message, Stack, Strip
from desktop.widgets.plots import SaveButtons
from desktop.widgets.thumbnails import Thumbnails

_SKELETON_MS, _CANCEL_MS, _SKELETONS = 100, 2000, 8


class RecommendPane(QWidget):
    """Emits intents through `ask` and `facets` too; `show_view` shows the answer."""

    retried = Signal()
    cancelled = Signal()
    details_copied = Signal(str)
    similar_wanted = Signal(str, str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._view = RecommendView()
        self._delegate = CardDelegate(theme, thumbnails, self)
        self._skeleton, self._slow = QTimer(self), QTimer(self)
        for timer, wait, then in (
            (self._skeleton, _SKELETON_MS, self._show_skeleton), (self._slow, _CANCEL_MS, self._offer_cancel),
        ):  # fmt: skip
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(then)
        self.ask, self.facets = AskPanel(), FacetPanel()
        left = QWidget()
        left.setMinimumWidth(260)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.ask)
        column.addWidget(self.facets, 1)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(left)
        self.body.addWidget(self._right())
        self.body.setStretchFactor(1, 1)
        self.body.setSizes([272, 944])
        self.body.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.body)
        thumbnails.arrived.connect(self.grid.viewport().update)
        self.show_view(self._view)

    def _right(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.strip = Strip()
        self.model = ResultsModel(self)
        self.grid = card_grid(self._delegate)
        self.grid.setModel(self.model)
        self.grid.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.grid.setAccessibleName(tr("Recommendations"))
        self.grid.activated.connect(self._activated)
        self.stack = Stack(self.grid, acted=self.retried, copied=self.details_copied)
        self.message = self.stack.message
        row = QHBoxLayout()
        self.summary, self.notice = QLabel(), QLabel()
        self.summary.setProperty("look", "muted")
        for one in (self.summary, self.notice):
            one.setTextFormat(Qt.TextFormat.PlainText)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        self.save = SaveButtons("kindred-recommendations", lambda: self.grid, lambda: recommended_rows(self._view))
        row.addWidget(self.summary)
        row.addWidget(self.notice, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        column.addWidget(self.strip)
        column.addWidget(self.stack, 1)
        column.addLayout(row)
        return whole

    def show_view(self, view: RecommendView) -> None:
        """Show a view."""
        self._view = view
        self.ask.show_view(view)
        self.facets.show_facets(view.facets, view.wish.filters)
        degraded = tr("Answered by what is popular: {reason}", reason=view.degraded) if view.degraded else ""
        self.strip.say("\n".join(part for part in (degraded, *view.notes) if part))
        self.summary.setText(view.summary)
        self.notice.setText(view.notice)
        waiting = view.phase == "waiting"
        self.save.setEnabled(view.phase == "results")
        self.cancel.setVisible(False)
        if waiting:
            self._skeleton.start()
            self._slow.start()
            return
        self._skeleton.stop()
        self._slow.stop()
        self.model.show_rows(view.cards)
        if view.phase == "results":
            self.stack.setCurrentWidget(self.grid)
        else:
            say(self.message, view)
            self.stack.setCurrentWidget(self.message)

    def use_theme(self, theme: Theme) -> None:
        """Draw the cards in another theme."""
        self._delegate.theme = theme
        self.grid.viewport().update()

    def _show_skeleton(self) -> None:
        self.model.show_skeleton(_SKELETONS)
        self.stack.setCurrentWidget(self.grid)

    def _offer_cancel(self) -> None:
        self.cancel.setVisible(True)

    def _activated(self, index: QModelIndex) -> None:
        card = self.model.card(index.row())
        if card is None:
            return
        if self._view.who == "basket":
            self.ask.added.emit(card.id, card.title)
        else:
            self.similar_wanted.emit(card.id, card.title)


def say(message: Message, view: RecommendView) -> None:
    """Say why there is no recommendation, and what to do."""
    if view.phase == "failed" and view.failure is not None:
        message.say(view.failure.message, tr("Try again"), details=view.failure.details)
    elif view.phase == "unready":
        say_unready(message, view.failure.details if view.failure is not None else "")
    elif view.phase == "nothing":
        message.say(tr("Nothing can be recommended."), "", hint=tr("Try fewer filters, or other products."))
    else:
        hint = tr("Enter a customer's id, or put products into a basket. Every recommendation says why.")
        message.say(tr("What may they want next?"), "", hint=hint)


def say_unready(message: Message, details: str) -> None:
    """Say that no model of behaviour is live, and which commands make one."""
    hint = tr(
        "Whoever runs the bridge makes one from your orders: {commands}",
        commands="\n\nkindred behaviour import orders.csv\nkindred train behaviour --out shop\n"
        "kindred behaviour publish shop",
    )
    message.say(tr("No model of behaviour is ready."), tr("Try again"), hint=hint, details=details)
