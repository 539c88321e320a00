"""What came of it: experiments side by side, and releases with their comparison."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop.branches import Branch
from desktop.bridge.jobs import Experiment
from desktop.bridge.releases import Release
from desktop.i18n import tr
from desktop.theme import UNIT, Theme
from desktop.train.releases import (
    SHOWN_CHANGES,
    Question,
    ReleaseView,
    comparison_table,
    measure_text,
    notes_of,
    release_rows,
    verdict_word,
)
from desktop.train.state import TrainView, comparison_rows, experiment_rows
from desktop.train.strips import ChangeStrip
from desktop.widgets.intervals import IntervalBar
from desktop.widgets.plots import SaveButtons
from desktop.widgets.thumbnails import Thumbnails
from desktop.widgets.trees import TreeModel

_MARKS = {"better": "▲", "worse": "▼"}


class ExperimentsPanel(QSplitter):
    """All experiments above; below, the figures of the chosen ones side by side."""

    chosen = Signal(list)
    compared = Signal(str)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        headings = (
            lambda: tr("Model"), lambda: tr("Kind"), lambda: tr("From model"), lambda: tr("Labels"),
            lambda: tr("Figure"), lambda: tr("Parity"), lambda: tr("Time"), lambda: tr("When"),
        )  # fmt: skip
        self.model = TreeModel(headings, self)
        self.table = _table(self.model, tr("Experiments"), (120, 110, 100, 60, 140, 104, 84))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._select())
        self.figures = _table(TreeModel((lambda: tr("Figure"),), self), tr("Figures"), ())
        self.hint = QLabel()
        self.hint.setProperty("look", "muted")
        self.hint.setWordWrap(True)
        self.compare = QPushButton(tr("Compare with what is live"))
        self.compare.clicked.connect(self._compare)
        self.which = QComboBox()
        self.which.setAccessibleName(tr("Which model to compare"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.hint, 1)
        row.addWidget(self.which)
        row.addWidget(self.compare)
        column.addLayout(row)
        column.addWidget(self.figures, 1)
        self.addWidget(self.table)
        self.addWidget(below)
        self.setChildrenCollapsible(False)
        self._columns: tuple[str, ...] = ()

    def show_view(self, view: TrainView) -> None:
        """Show the experiments and those that are chosen."""
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        self.model.show(experiment_rows(view.experiments))
        for name in view.chosen:
            flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
            selection.select(self.model.place(name), flags)
        selection.blockSignals(False)
        self.table.viewport().update()
        found = [one for one in view.experiments if one.id in view.chosen]
        self._offer(found[0] if len(found) == 1 else None)
        self.compare.setEnabled(self.which.count() > 0 and not view.starting)
        choose = tr("Choose an experiment to see its figures, several to compare them.")
        self.hint.setText("" if found else choose if view.experiments else tr("No training was recorded yet."))
        names = tuple(one.model or one.id[:12] for one in found)
        if names != self._columns:
            self._columns = names
            model = TreeModel((lambda: tr("Figure"), *((lambda name=name: name) for name in names)), self)
            self.figures.setModel(model)
            _fit(self.figures, (300, *(130 for _ in names)))
        shown = self.figures.model()
        assert isinstance(shown, TreeModel)
        shown.show(comparison_rows(found) if found else ())

    def _select(self) -> None:
        rows = (self.model.branch(index) for index in self.table.selectionModel().selectedRows())
        self.chosen.emit([one.key for one in rows if one is not None])

    def _offer(self, one: Experiment | None) -> None:
        """Offer the models that an experiment made; several differ in how they are quantised."""
        models = () if one is None else one.models or ((one.model,) if one.model else ())
        if [self.which.itemText(place) for place in range(self.which.count())] != list(models):
            self.which.clear()
            self.which.addItems(list(models))
        self.which.setVisible(len(models) > 1)

    def _compare(self) -> None:
        if self.which.currentText():
            self.compared.emit(self.which.currentText())


class ReleasesPanel(QSplitter):
    """All releases above; below, the comparison of the chosen one. Two buttons change what shoppers get."""

    chosen = Signal(int)
    release_wanted = Signal()
    rollback_wanted = Signal()
    confirmed = Signal()
    refused = Signal()
    said = Signal(str)

    def __init__(self, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._theme, self._thumbnails = theme, thumbnails
        self._shown: Release | None = None
        headings = (
            lambda: tr("Model"), lambda: tr("Generations"), lambda: tr("State"), lambda: tr("Verdict"),
            lambda: tr("When"),
        )  # fmt: skip
        self.model = TreeModel(headings, self)
        self.table = _table(self.model, tr("Releases"), (180, 130, 110, 110))
        self.table.selectionModel().currentChanged.connect(lambda now, _: self._select(now))
        self.live = QLabel()
        self.live.setWordWrap(True)
        self.roll_back = QPushButton(tr("Roll back…"))
        self.release = QPushButton(tr("Release…"))
        self.release.setProperty("look", "main")
        self.roll_back.clicked.connect(self.rollback_wanted)
        self.release.clicked.connect(self.release_wanted)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.live, 1)
        row.addWidget(self.roll_back)
        row.addWidget(self.release)
        self.permission = _label("", "muted")
        column.addLayout(row)
        column.addWidget(self.permission)
        column.addWidget(self.table, 1)
        self.detail = QScrollArea()
        self.detail.setWidgetResizable(True)
        self.detail.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.addWidget(top)
        self.addWidget(self.detail)
        self.setStretchFactor(1, 1)
        self.setSizes([190, 460])
        self.setChildrenCollapsible(False)

    def show_view(self, view: ReleaseView) -> None:
        """Show the releases and the chosen one."""
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        self.model.show(release_rows(view.releases))
        if view.chosen is not None:
            self.table.setCurrentIndex(self.model.place(str(view.chosen)))
        selection.blockSignals(False)
        live = view.live
        text = tr("Shoppers get {name} · {model}", name=live.name, model=live.model) if live is not None else ""
        self.live.setText(view.working or view.notice or (view.failure.message if view.failure else "") or text)
        self.release.setEnabled(view.can_release)
        self.roll_back.setEnabled(view.can_roll_back)
        self.permission.setText(view.permission)
        self.permission.setVisible(bool(view.permission))
        if view.release is not self._shown or self.detail.widget() is None:
            self._shown = view.release
            self.detail.setWidget(self._comparison(view.release))

    def use_theme(self, theme: Theme) -> None:
        """Draw bars and strips in another theme."""
        self._theme = theme
        for bar in self.findChildren(IntervalBar):
            bar.theme = theme
            bar.update()
        for strip in self.findChildren(ChangeStrip):
            strip.theme = theme
            strip.update()

    def ask(self, question: Question) -> QDialog:
        """Ask once, and say what will happen."""
        dialog = QDialog(self)
        dialog.setWindowTitle(question.title)
        dialog.setMinimumWidth(460)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(dialog)
        column.setContentsMargins(UNIT * 3, UNIT * 3, UNIT * 3, UNIT * 3)
        column.setSpacing(UNIT * 2)
        column.addWidget(_label(question.title, "title"))
        column.addWidget(_label(question.text))
        yes, no = QPushButton(question.action), QPushButton(tr("Cancel"))
        yes.setObjectName("confirm")
        yes.setProperty("look", "main")
        buttons = QDialogButtonBox()
        buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(no, QDialogButtonBox.ButtonRole.RejectRole)
        no.setDefault(True)
        buttons.accepted.connect(dialog.accept)
        buttons.rejected.connect(dialog.reject)
        column.addWidget(buttons)
        dialog.accepted.connect(self.confirmed)
        dialog.rejected.connect(self.refused)
        dialog.open()
        no.setFocus()
        return dialog

    def _comparison(self, release: Release | None) -> QWidget:
        whole = QFrame()
        whole.setProperty("look", "panel")
        column = QVBoxLayout(whole)
        column.setSpacing(UNIT)
        if release is None:
            column.addWidget(_label(tr("Nothing was compared yet."), "title"))
            hint = tr("Choose an experiment and compare it with what is live: nothing is switched by that.")
            column.addWidget(_label(hint, "muted"))
        else:
            word = verdict_word(release.verdict)
            top = QHBoxLayout()
            top.addWidget(_label(f"{_MARKS.get(release.verdict, '◆')} {word}" if word else "…", "title"), 1)
            if release.measures:
                save = SaveButtons(f"kindred-release-{release.id}", lambda: whole, lambda: comparison_table(release))
                save.said.connect(self.said)
                top.addWidget(save)
            column.addLayout(top)
            if release.problem and release.state != "refused":  # the verdict says that, and not by a command's options
                column.addWidget(_label(release.problem, "bad"))
            for one in release.measures:
                column.addWidget(_label(measure_text(one)))
                bar = IntervalBar(self._theme)
                bar.show_interval(one.difference, one.low, one.high, measure_text(one))
                column.addWidget(bar)
            for note in notes_of(release):
                column.addWidget(_label(note, "muted"))
            if release.judge_next:
                text = tr("{count} results are worth judging before the next one.", count=release.judge_next)
                column.addWidget(_label(text, "muted"))
            if release.changes:
                column.addWidget(_label(tr("The queries that change most"), "strong"))
            for change in release.changes[:SHOWN_CHANGES]:
                column.addWidget(ChangeStrip(change, self._theme, self._thumbnails))
        column.addStretch(1)
        return whole

    def _select(self, now: object) -> None:
        branch: Branch | None = self.model.branch(now)  # type: ignore[arg-type]
        if branch is not None and isinstance(branch.value, Release):
            self.chosen.emit(branch.value.id)


def _label(text: str, look: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if look:
        label.setProperty("look", look)
    return label


def _table(model: TreeModel, name: str, widths: tuple[int, ...]) -> QTreeView:
    table = QTreeView()
    table.setModel(model)
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setAlternatingRowColors(True)
    table.setAllColumnsShowFocus(True)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAccessibleName(name)
    _fit(table, widths)
    return table


def _fit(table: QTreeView, widths: tuple[int, ...]) -> None:
    table.header().setStretchLastSection(True)
    table.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    for place, width in enumerate(widths):
        table.setColumnWidth(place, width)
