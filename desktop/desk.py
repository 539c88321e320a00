"""What the parts of a running desktop share: settings, threads, the bridge, thumbnails, the theme."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop import theme
from desktop.bridge import Bridge
from desktop.errors import KeepingError
from desktop.outbox import Outbox
from desktop.settings import SettingsFile
from desktop.tokens import KeyStore, Tokens
from desktop.widgets.thumbnails import Thumbnails
from desktop.work import Work

_WRITE_MS = 400


class Desk(QObject):
    """One for each run. `changed` tells that the bridge is another one now; `said` is a message for the user."""

    changed = Signal()
    themed = Signal()
    said = Signal(str)
    waits = Signal(int)  # how many labels the bridge has not heard of

    def __init__(
        self, folder: Path, cache: Path, store: Callable[[], KeyStore | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.file = SettingsFile(folder)
        self.settings = self.file.read()
        self.tokens = Tokens(folder, store())
        self.work = Work(self)
        self.writing = Work(self, threads=1)  # the outbox: one thing after the other
        self._outbox: Outbox | None = None
        self._pictures = Work(self, threads=4)  # photos must not keep searches waiting
        self.thumbnails = Thumbnails(self._pictures, cache, self)
        self.bridge = Bridge(self.settings.url)
        self.speaks = False  # whether the bridge is one that somebody chose, with its token
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WRITE_MS)
        self._timer.timeout.connect(self._write)

    @property
    def theme(self) -> theme.Theme:
        """The theme in use."""
        hints = QGuiApplication.styleHints()
        return theme.themed(self.settings.theme, system_is_dark=hints.colorScheme() == Qt.ColorScheme.Dark)

    def keep(self, **chosen: Any) -> None:
        """Change settings; they are written a moment later."""
        self.settings = replace(self.settings, **chosen)
        self._timer.start()

    def keep_query(self, text: str) -> None:
        """Put a query into the history."""
        self.settings = self.settings.with_query(text)
        self._timer.start()

    def dress(self) -> None:
        """Show the theme in the whole application."""
        application = QApplication.instance()
        sheet = theme.style_sheet(self.theme)
        # The same sheet set again would lay out every widget anew.
        if isinstance(application, QApplication) and application.styleSheet() != sheet:
            application.setStyleSheet(sheet)
        self.themed.emit()

    def forget(self) -> None:
        """Deliver nothing of what was asked for so far; photos still arrive, they belong to no window."""
        self.work.forget()
        self.writing.forget()

    def outbox(self) -> Outbox:
        """Return the labels on disk, opened at first use. Belongs into a job of `writing`."""
        if self._outbox is None:
            self._outbox = Outbox(self.file.path.parent)
        return self._outbox

    def connect_to(self, url: str, token: str) -> None:
        """Speak to this bridge from now on."""
        self.keep(url=url, connected=True)
        self._use(Bridge(url, token))

    def reconnect(self) -> None:
        """Speak to the bridge of last time, with the token that was kept."""
        url = self.settings.url
        self.work.run(lambda: self.tokens.read(url), lambda token: self._use(Bridge(url, token)), lambda _: None)

    def _use(self, bridge: Bridge) -> None:
        before, self.bridge, self.speaks = self.bridge, bridge, True
        self.thumbnails.use(bridge)
        self.changed.emit()
        self.work.run(before.close, lambda _: None, lambda _: None)

    def _write(self) -> None:
        try:
            self.file.write(self.settings)
        except KeepingError as error:
            self.said.emit(str(error))

    def close(self) -> None:
        """Write what is not written yet and end the threads."""
        self._timer.stop()
        self._write()
        self._pictures.close(0.5)
        self.writing.close(drop=False)
        self.work.close()
        if self._outbox is not None:
            self._outbox.close()
        self.bridge.close()
