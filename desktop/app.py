"""`kindred-desktop`: starts the application."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop import i18n
from desktop.desk import Desk
from desktop.settings import config_folder
from desktop.shell.window import MainWindow
from desktop.tokens import system_store
from desktop.widgets.thumbnails import cache_folder


class Desktop:
    """The application: one desk, and a window that is made anew when the language changes."""

    def __init__(self, application: QApplication, desk: Desk) -> None:
        self._application, self.desk = application, desk
        self._translator = QTranslator()
        # A generated style that looks alike everywhere; the style sheet does the rest.
        application.setStyle("Fusion")
        application.setApplicationName("Kindred")
        self._speak(desk.settings.language or i18n.of_system())
        desk.dress()
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: desk.dress())
        self.window = self._open()

    def _open(self) -> MainWindow:
        window = MainWindow(self.desk)
        window.language_chosen.connect(self.choose_language)
        window.show()
        window.begin()
        return window

    def choose_language(self, language: str) -> None:
        """Show everything in another language."""
        before = self.window
        self._speak(language)
        self.desk.keep(language=language)
        self._application.setQuitOnLastWindowClosed(False)
        before.close()
        self.desk.changed.disconnect(before._bridge_changed)
        self.desk.said.disconnect(before._say)
        self.desk.waits.disconnect(before._say_waiting)
        self.desk.forget()
        before.deleteLater()
        self.window = self._open()
        self._application.setQuitOnLastWindowClosed(True)

    def _speak(self, language: str) -> None:
        """Use a language for our texts and Qt's own."""
        i18n.choose(language)
        QLocale.setDefault(QLocale(language))
        self._application.removeTranslator(self._translator)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if language != "en" and self._translator.load(f"qtbase_{language}", folder):
            self._application.installTranslator(self._translator)


def make(application: QApplication, folder: Path, cache: Path) -> Desktop:
    """Return the desktop over a folder of settings."""
    return Desktop(application, Desk(folder, cache, system_store))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the desktop until its window is closed."""
    parser = argparse.ArgumentParser(prog="kindred-desktop", description="The merchandiser's desktop of Kindred.")
    parser.add_argument("--url", help="address of the bridge; default: the last one")
    chosen = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    application = QApplication(sys.argv[:1])
    desktop = make(application, config_folder(), cache_folder())
    if chosen.url:
        desktop.desk.keep(url=chosen.url.rstrip("/"), connected=True)
        desktop.desk.reconnect()
    status = application.exec()
    desktop.desk.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
