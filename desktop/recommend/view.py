"""The recommend page: recommendations and segments, one of them shown. Widgets only."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop.i18n import tr
from desktop.recommend.pane import RecommendPane
from desktop.recommend.segments import SegmentsPane
from desktop.theme import UNIT, Theme
from desktop.widgets.thumbnails import Thumbnails


class RecommendPage(QWidget):
    """Two panes, `recommendations` and `segments`; `segments_shown` when somebody goes to the second."""

    segments_shown = Signal()

    def __init__(self, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.recommendations, self.segments = RecommendPane(theme, thumbnails), SegmentsPane(theme)
        self.stack, self.tabs = QStackedWidget(), QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        panes: tuple[tuple[str, QWidget], ...] = (
            (tr("Recommendations"), self.recommendations), (tr("Segments"), self.segments),
        )  # fmt: skip
        for place, (title, pane) in enumerate(panes):
            button = QPushButton(title)
            button.setCheckable(True)
            self.tabs.addButton(button, place)
            row.addWidget(button)
            self.stack.addWidget(pane)
        row.addStretch(1)
        self.tabs.button(0).setChecked(True)
        self.tabs.idClicked.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(row)
        column.addWidget(self.stack, 1)

    def open_segments(self) -> None:
        """Go to the segments."""
        self.tabs.button(1).click()

    def focus(self) -> None:
        """Put the cursor where the pane that is shown begins."""
        if self.stack.currentWidget() is self.segments:
            self.segments.table.setFocus()
        else:
            self.recommendations.ask.focus()

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.recommendations.use_theme(theme)
        self.segments.use_theme(theme)

    def _turn(self, place: int) -> None:
        self.stack.setCurrentIndex(place)
        self.focus()
        if place == 1:
            self.segments_shown.emit()
