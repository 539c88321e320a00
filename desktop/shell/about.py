"""What runs here and there, in versions."""

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QWidget

from desktop.bridge import Standing
from desktop.i18n import tr
from desktop.theme import UNIT


def own_version() -> str:
    """Return the desktop's version, empty where it runs without having been installed."""
    try:
        return version("kindred")
    except PackageNotFoundError:
        return ""


def versions(url: str, standing: Standing | None) -> list[tuple[str, str]]:
    """Return what an error report needs, as rows."""
    rows = [
        ("Kindred", own_version() or tr("unknown")),
        ("Qt", qVersion()),
        ("Python", platform.python_version()),
        (tr("Bridge"), url),
    ]
    if standing is not None:
        rows += [
            (tr("Bridge's version"), standing.version or tr("unknown")),
            ("OpenSearch", standing.node_version or tr("away")),
            (tr("Generation"), f"{standing.alias} {standing.generation}"),
            (tr("Models"), ", ".join(standing.models)),
        ]
    return rows


class AboutDialog(QDialog):
    """The versions, to read and to copy."""

    def __init__(self, rows: list[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Kindred"))
        self.setMinimumWidth(460)
        grid = QGridLayout(self)
        grid.setContentsMargins(UNIT * 3, UNIT * 3, UNIT * 3, UNIT * 3)
        grid.setHorizontalSpacing(UNIT * 3)
        for place, (name, value) in enumerate(rows):
            label, text = QLabel(name), QLabel(value)
            label.setProperty("look", "strong")
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, place, 1)
        grid.setColumnStretch(1, 1)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        grid.addWidget(close, len(rows), 1, Qt.AlignmentFlag.AlignRight)
