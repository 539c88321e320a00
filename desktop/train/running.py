"""One job as it runs: how far it is, its curves, its words; and the queue of all of them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop.bridge.jobs import Job
from desktop.i18n import tr
from desktop.theme import UNIT, Theme
from desktop.train.state import TrainView, doing, job_rows, loss_chart, title, valid_chart
from desktop.widgets.plots import Plot
from desktop.widgets.trees import TreeModel

_LOG_LINES = 5000


class RunningPanel(QWidget):
    """Shows the followed job above, the queue below."""

    cancelled = Signal(int)
    followed = Signal(int)
    log_folded = Signal(bool)
    said = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._job: Job | None = None
        self._shown_log = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self._card(theme), 3)
        column.addWidget(self._queue(), 1)

    def _card(self, theme: Theme) -> QFrame:
        card = QFrame()
        card.setProperty("look", "panel")
        column = QVBoxLayout(card)
        self.title, self.state = QLabel(), QLabel()
        self.title.setProperty("look", "strong")
        for one in (self.title, self.state):
            one.setTextFormat(Qt.TextFormat.PlainText)
            one.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(UNIT)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(tr("Progress"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(lambda: self.cancelled.emit(self._job.id) if self._job is not None else None)
        self.log_button = QPushButton(tr("Log"))
        self.log_button.setCheckable(True)
        self.log_button.toggled.connect(lambda on: self.log_folded.emit(not on))
        row = QHBoxLayout()
        row.addWidget(self.title, 1)
        row.addWidget(self.log_button)
        row.addWidget(self.cancel)
        self.loss = Plot(theme, "kindred-loss", tr("Loss"), tr("The curves appear here while something is trained."))
        self.valid = Plot(theme, "kindred-validation", tr("Validation"))
        for plot in (self.loss, self.valid):
            plot.said.connect(self.said)
            plot.setMinimumHeight(120)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_LOG_LINES)
        self.log.setAccessibleName(tr("Log"))
        self.log.hide()
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.state)
        column.addWidget(self.loss, 1)
        column.addWidget(self.valid, 1)
        column.addWidget(self.log, 1)
        return card

    def _queue(self) -> QTreeView:
        headings = (lambda: tr("Job"), lambda: tr("State"), lambda: tr("By"), lambda: tr("When"))
        self.model = TreeModel(headings, self)
        self.queue = QTreeView()
        self.queue.setModel(self.model)
        self.queue.setRootIsDecorated(False)
        self.queue.setAlternatingRowColors(True)
        self.queue.setMinimumHeight(110)
        self.queue.setAccessibleName(tr("Jobs"))
        self.queue.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.queue.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for place, width in ((0, 170), (2, 104), (3, 136)):
            self.queue.setColumnWidth(place, width)
        self.queue.selectionModel().currentChanged.connect(lambda now, _: self._chosen(now))
        return self.queue

    def show_view(self, view: TrainView) -> None:
        """Show the job and the queue."""
        selection = self.queue.selectionModel()
        selection.blockSignals(True)
        self.model.show(job_rows(view.jobs))
        job = self._job = view.followed
        if job is not None:
            self.queue.setCurrentIndex(self.model.place(str(job.id)))
        selection.blockSignals(False)
        nothing = tr("Nothing was trained yet") if view.known else "…"
        self.title.setText(title(job) if job is not None else nothing)
        self.state.setText(doing(job) if job is not None else tr("Say above what to train, and press the button."))
        running = job is not None and job.state == "running"
        self.bar.setVisible(running)
        share = job.share if job is not None else None
        self.bar.setRange(0, 0 if running and share is None else 1000)
        self.bar.setValue(round((share or 0.0) * 1000))
        self.cancel.setVisible(job is not None and not job.is_over)
        self.log_button.setVisible(job is not None)
        self.loss.show_chart(loss_chart(view.steps))
        self.valid.show_chart(valid_chart(view.steps))
        self.valid.setVisible(not self.valid.chart.is_empty)
        self.loss.setVisible(not self.loss.chart.is_empty or self.valid.chart.is_empty)
        self.log.setVisible(view.log is not None)
        if self.log_button.isChecked() != (view.log is not None):
            self.log_button.setChecked(view.log is not None)
        self._show_log(view.log or "")

    def use_theme(self, theme: Theme) -> None:
        """Draw the curves in another theme."""
        for plot in (self.loss, self.valid):
            plot.use_theme(theme)

    def _show_log(self, text: str) -> None:
        if text == self._shown_log:
            return
        if self._shown_log and text.startswith(self._shown_log):
            self.log.appendPlainText(text[len(self._shown_log) :].rstrip("\n"))
        else:
            self.log.setPlainText(text)
        self._shown_log = text
        bar = self.log.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _chosen(self, now: object) -> None:
        branch = self.model.branch(now)  # type: ignore[arg-type]
        if branch is not None and isinstance(branch.value, Job):
            self.followed.emit(branch.value.id)
