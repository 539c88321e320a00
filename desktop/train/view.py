"""The page that trains and releases: widgets only. It emits intents and shows the views that it is given."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.i18n import tr
from desktop.theme import UNIT, Theme
from desktop.train.releases import ReleaseView
from desktop.train.results import ExperimentsPanel, ReleasesPanel
from desktop.train.running import RunningPanel
from desktop.train.sentence import Sentence
from desktop.train.state import TrainView
from desktop.widgets.messages import Stack
from desktop.widgets.thumbnails import Thumbnails

_LOOK_MS = 3000


class TrainPage(QWidget):
    """The sentence on top; the job that runs on the left; experiments and releases on the right."""

    looked = Signal()
    retried = Signal()
    details_copied = Signal(str)
    said = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view, self._released = TrainView(), ReleaseView()
        self.sentence, self.running = Sentence(), RunningPanel(theme)
        self.experiments, self.releases = ExperimentsPanel(), ReleasesPanel(theme, thumbnails)
        self.running.said.connect(self.said)
        self.releases.said.connect(self.said)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self.looked)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addWidget(self.sentence)
        self.notice = QLabel()
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setWordWrap(True)
        column.addWidget(self.notice)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self.running)
        self.body.addWidget(self._results())
        self.body.setSizes([500, 740])
        self.body.setStretchFactor(1, 1)
        self.body.setChildrenCollapsible(False)
        self.stack = Stack(self.body, acted=self.retried, copied=self.details_copied)
        self.message = self.stack.message
        self.message.say("", "")
        column.addWidget(self.stack, 1)
        self.show_view(self._view)
        self.show_releases(self._released)

    def _results(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        row = QHBoxLayout()
        self.tabs, self.parts = QButtonGroup(self), QStackedWidget()
        for place, (name, part) in enumerate(((tr("Experiments"), self.experiments), (tr("Releases"), self.releases))):
            button = QPushButton(name)
            button.setCheckable(True)
            self.tabs.addButton(button, place)
            row.addWidget(button)
            self.parts.addWidget(part)
        row.addStretch(1)
        self.tabs.idClicked.connect(self.parts.setCurrentIndex)
        self.tabs.button(0).setChecked(True)
        column.addLayout(row)
        column.addWidget(self.parts, 1)
        return whole

    def show_view(self, view: TrainView) -> None:
        """Show trainings."""
        self._view = view
        self.sentence.show_view(view)
        self.running.show_view(view)
        self.experiments.show_view(view)
        self.notice.setText(view.notice)
        self.notice.setVisible(bool(view.notice))
        waiting = any(not one.is_over for one in view.jobs)
        if waiting and not self._look.isActive():
            self._look.start()
        elif not waiting:
            self._look.stop()
        if view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        self.stack.setCurrentWidget(self.body if view.failure is None else self.message)

    def show_releases(self, view: ReleaseView) -> None:
        """Show releases, and ask what is to be asked."""
        before, self._released = self._released, view
        self.releases.show_view(view)
        if view.question is not None and view.question is not before.question:
            self.releases.ask(view.question)

    def open_releases(self) -> None:
        """Bring the releases to the front."""
        self.tabs.button(1).click()

    def use_theme(self, theme: Theme) -> None:
        """Draw curves, bars and strips in another theme."""
        self.running.use_theme(theme)
        self.releases.use_theme(theme)
