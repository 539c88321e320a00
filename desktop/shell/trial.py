"""The dialog that tries Kindred on this computer: progress, cancel, and what was printed for who mends it."""

import os
import signal

from PySide6.QtCore import QProcess, QProcessEnvironment, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop.i18n import tr
from desktop.shell.page import copy
from desktop.theme import UNIT
from desktop.trial import Recipe, TrialPresenter, TrialView

_STEPS = 100


class TrialDialog(QDialog):
    """Runs the recipe; `ready` hands over address and token."""

    ready = Signal(str, str)

    def __init__(self, recipe: Recipe, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Try it on this computer"))
        self.setMinimumWidth(560)
        self._rest = b""
        self.presenter = TrialPresenter(self.show_view)
        self._build()
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in (("PYTHONIOENCODING", "utf-8"), ("PYTHONUNBUFFERED", "1"), ("NO_COLOR", "1")):
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        if os.name == "posix":  # what was started in a shell's background ignores interrupts, and so would its children
            self._process.setUnixProcessParameters(QProcess.UnixProcessFlag.ResetSignalHandlers)
        self._process.setWorkingDirectory(str(recipe.folder))
        self._process.readyRead.connect(self._read)
        self._process.finished.connect(lambda status, _: self.presenter.ended(status))
        self._process.errorOccurred.connect(self._broke)
        self._process.start(recipe.command[0], list(recipe.command[1:]))
        self.show_view(self.presenter.view)

    def _build(self) -> None:
        what = QLabel(
            tr(
                "Starts OpenSearch and the bridge on this computer and loads a small sample catalogue. "
                "The first time takes some minutes: OpenSearch alone is a download of 570 MB."
            )
        )
        what.setWordWrap(True)
        self.stage, self.bar = QLabel(), QProgressBar()
        self.stage.setProperty("look", "strong")
        self.stage.setWordWrap(True)
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.copy, self.cancel = QPushButton(tr("Copy details")), QPushButton(tr("Cancel"))
        self.copy.clicked.connect(lambda: copy(self.presenter.view.details))
        self.cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 3, UNIT * 3, UNIT * 3, UNIT * 3)
        column.setSpacing(UNIT * 2)
        for part in (what, self.stage, self.bar):
            column.addWidget(part)
        column.addLayout(row)

    def show_view(self, view: TrialView) -> None:
        """Show how far it is; the dialog closes when all is there."""
        self.bar.setValue(round(view.progress * _STEPS))
        self.copy.setVisible(view.state == "failed")
        if view.state == "failed":
            last = view.details.splitlines()[-1:] or [""]
            self.stage.setText(tr("It could not be started: {reason}", reason=last[0]))
            self.cancel.setText(tr("Close"))
        elif view.state == "ready":
            self.ready.emit(view.url, view.token)
            self.accept()
        elif view.state == "cancelled":
            super().reject()
        else:
            self.stage.setText(view.stage)

    def reject(self) -> None:
        """Stop what was started; the dialog closes when it has ended."""
        if self._process.state() == QProcess.ProcessState.NotRunning:
            super().reject()
            return
        self.presenter.cancelled()
        self.cancel.setEnabled(False)
        if os.name == "posix":
            os.kill(self._process.processId(), signal.SIGINT)  # it stops what it has started, and ends
        else:
            self._process.kill()

    def _read(self) -> None:
        *lines, self._rest = (self._rest + bytes(self._process.readAll().data())).split(b"\n")
        for line in lines:
            self.presenter.line(line.decode("utf-8", "replace"))

    def _broke(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.presenter.line(self._process.errorString())
            self.presenter.ended(1)
