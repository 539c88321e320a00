"""The box for words, and pictures that are pasted."""

from PySide6.QtCore import QBuffer, QIODevice, QStringListModel, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCompleter, QLineEdit

from desktop.i18n import tr


class QueryBox(QLineEdit):
    """The box for words; a picture that is pasted into it is a picture to search by."""

    picture_pasted = Signal(bytes)

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Search as a shopper would"))
        self.setAccessibleName(tr("Search words"))
        self.setClearButtonEnabled(True)
        self.setMaxLength(2000)
        self.history = QStringListModel(self)
        completer = QCompleter(self.history, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Paste a picture as a picture, everything else as ever."""
        found = picture_of_clipboard() if event.matches(QKeySequence.StandardKey.Paste) else None
        if found is not None:
            self.picture_pasted.emit(found)
        else:
            super().keyPressEvent(event)


def picture_of_clipboard() -> bytes | None:
    """Return the picture on the clipboard as PNG, None where there is none."""
    data = QGuiApplication.clipboard().mimeData()
    if data is None or not data.hasImage() or data.hasText():
        return None
    image = QImage(data.imageData())
    return None if image.isNull() else as_png(image)


def as_png(image: QImage) -> bytes:
    """Return an image as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # bytes, as its signature says, are refused
    return bytes(buffer.data().data())
