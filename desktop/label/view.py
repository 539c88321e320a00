"""The label page: widgets only. Nothing moves between pairs but what they show, and the focus never leaves them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from desktop.i18n import formats, tr
from desktop.label.stage import Stage
from desktop.label.state import LabelView
from desktop.plotting import Chart, Line
from desktop.theme import UNIT, Theme
from desktop.widgets.messages import Stack, Strip
from desktop.widgets.plots import Plot
from desktop.widgets.thumbnails import Thumbnails

_STEPS = 1000


class LabelPage(QWidget):
    """One pair and what helps to judge it. Everything it emits is an intent; `show_view` shows the answer."""

    answered = Signal(str)
    undone = Signal()
    retried = Signal()
    problems_wanted = Signal()
    details_copied = Signal(str)
    said = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = LabelView()
        self._theme, self._charts = theme, False
        self.stage = Stage(theme, thumbnails)
        self.stage.answered.connect(self.answered)
        self.stage.undone.connect(self.undone)
        self.stack = Stack(self.stage, acted=self.retried, copied=self.details_copied)
        self.message = self.stack.message
        self.strip, self.blocked = Strip(), Strip(tr("Try again"))
        self.blocked.acted.connect(self.retried)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(self.stack)
        self.body.addWidget(self._side(theme))
        self.body.setStretchFactor(0, 1)
        self.body.setSizes([900, 320])
        self.body.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT * 2, UNIT, UNIT * 2, UNIT)
        column.setSpacing(UNIT)
        column.addLayout(self._top())
        column.addWidget(self.strip)
        column.addWidget(self.blocked)
        column.addWidget(self.body, 1)
        self.notice = QLabel()
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setProperty("look", "muted")
        column.addWidget(self.notice)
        self.show_view(self._view)

    def _top(self) -> QVBoxLayout:
        self.progress = QProgressBar()
        self.progress.setProperty("look", "thin")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _STEPS)
        self.progress.setFixedHeight(UNIT // 2)
        self.progress.setAccessibleName(tr("How much of what is worth a look is labelled"))
        self.today, self.agreement = QLabel(), QLabel()
        self.today.setProperty("look", "strong")
        self.agreement.setProperty("look", "muted")
        self.problems = QPushButton()
        self.problems.clicked.connect(self.problems_wanted)
        self.details = QPushButton(tr("Details"))
        self.details.setCheckable(True)
        self.details.setChecked(True)
        self.details.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.problems.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.details.toggled.connect(self._fold)
        row = QHBoxLayout()
        row.addWidget(self.today)
        row.addSpacing(UNIT * 2)
        row.addWidget(self.agreement, 1)
        row.addWidget(self.problems)
        row.addWidget(self.details)
        column = QVBoxLayout()
        column.setSpacing(UNIT // 2)
        column.addWidget(self.progress)
        column.addLayout(row)
        return column

    def _side(self, theme: Theme) -> QFrame:
        self.side = QFrame()
        self.side.setProperty("look", "panel")
        self.side.setMinimumWidth(280)
        column = QVBoxLayout(self.side)
        column.setContentsMargins(UNIT * 2, UNIT * 2, UNIT * 2, UNIT * 2)
        column.setSpacing(UNIT)
        self.why, self.similarity, self.verdict, self.totals = QLabel(), QLabel(), QLabel(), QLabel()
        hint = tr("The curve shows once there are enough labels to measure by.")
        self.curve = Plot(theme, "kindred-learning-curve", "", hint)  # a heading has no room beside its buttons
        self.curve.setAccessibleName(tr("Learning curve"))
        self.curve.said.connect(self.said)
        parts: tuple[tuple[str, tuple[QLabel, ...]], ...] = (
            (tr("Why this pair"), (self.why, self.similarity)),
            (tr("Is it enough?"), (self.verdict,)),
            (tr("Learning curve"), ()),
        )
        for title, labels in parts:
            heading = QLabel(title)
            heading.setProperty("look", "strong")
            column.addWidget(heading)
            for label in labels:
                label.setWordWrap(True)
                label.setTextFormat(Qt.TextFormat.PlainText)
                column.addWidget(label)
            column.addSpacing(UNIT if labels else 0)
        self.similarity.setProperty("look", "muted")
        column.addWidget(self.curve, 1)
        self.totals.setProperty("look", "muted")
        self.totals.setWordWrap(True)
        column.addWidget(self.totals)
        return self.side

    def show_view(self, view: LabelView) -> None:
        """Show a view."""
        before, self._view = self._view, view
        if view.pair is None or view.pair is not before.pair or view.soon != before.soon:
            self.stage.show_pair(view.pair, view.soon)
        self.stage.allow(view.phase == "pair" and view.blocked is None, bool(view.counts.undoable) and not view.blocked)
        self.strip.say(view.strip if view.phase != "empty" else "")
        self.blocked.say(view.blocked.message if view.blocked else "")
        self.today.setText(view.today)
        self.agreement.setText(view.agreement)
        self.problems.setText(view.problems)
        self.problems.setVisible(bool(view.problems))
        self.progress.setValue(round((view.progress or 0) * _STEPS))
        self.notice.setText(view.notice)
        self.why.setText(view.pair.why if view.pair else "")
        self.similarity.setText(view.pair.similarity if view.pair else "")
        if view.stats is not before.stats:
            self._show_stats(view)
        if view.phase in ("empty", "failed"):
            self._say(view)
        elif self.stack.currentWidget() is not self.stage:
            had_focus = self.message.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
            self.stack.setCurrentWidget(self.stage)
            if had_focus:
                self.stage.setFocus()

    def draw_charts(self) -> None:
        """Draw the curve from now on: what draws it is loaded."""
        self._charts = True
        self._show_stats(self._view)

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.stage.use_theme(theme)
        self.curve.use_theme(theme)

    def _show_stats(self, view: LabelView) -> None:
        stats = view.stats
        self.totals.setText(view.totals)
        if stats is None:
            return
        self.verdict.setText(view.verdict)
        if self._charts and stats.curve:
            line = Line(
                tr("F1 on pairs held back"),
                tuple(float(one.labels) for one in stats.curve),
                tuple(one.f1 for one in stats.curve),
                tuple(one.low for one in stats.curve),
                tuple(one.high for one in stats.curve),
                dots=True,
            )
            self.curve.show_chart(Chart(tr("labels"), "F1", (line,)))

    def _say(self, view: LabelView) -> None:
        if view.phase == "failed" and view.failure is not None:
            self.message.say(view.failure.message, tr("Try again"), details=view.failure.details)
        elif view.strip:
            hint = tr("All pairs on this computer are labelled; {count} labels wait to be sent.",
                      count=formats.number(view.counts.waiting))  # fmt: skip
            details = view.failure.details if view.failure else ""
            self.message.say(view.strip, tr("Try again"), hint=hint, details=details)
        else:
            hint = tr("Here you teach Kindred which products are alike. New pairs come as catalogue and models change.")
            self.message.say(tr("Nothing is left to label"), tr("Look again"), hint=hint)
        self.stack.setCurrentWidget(self.message)

    def _fold(self, on: bool) -> None:
        self.side.setVisible(on)
        self.stage.setFocus()
