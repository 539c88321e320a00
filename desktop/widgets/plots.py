"""Plots: lines with bands, drawn by pyqtgraph, which is loaded with the first data; saved as PNG, their data as CSV."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDir, QSize, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop.errors import KeepingError
from desktop.i18n import tr
from desktop.plotting import Chart, Line, write_csv
from desktop.theme import UNIT, Theme

_BAND_ALPHA = 48


class SaveButtons(QWidget):
    """Two buttons: the picture as PNG, the data as CSV. `said` tells what became of it."""

    said = Signal(str)

    def __init__(self, name: str, picture: Callable[[], QWidget], rows: Callable[[], Sequence[Sequence[str]]]) -> None:
        super().__init__()
        self._name, self._picture, self._rows = name, picture, rows
        self.png, self.csv = QPushButton(tr("Save picture…")), QPushButton(tr("Save data…"))
        self.png.clicked.connect(lambda: self._ask("png", self.save_png))
        self.csv.clicked.connect(lambda: self._ask("csv", self.save_csv))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        row.addStretch(1)
        row.addWidget(self.png)
        row.addWidget(self.csv)

    def save_png(self, path: Path) -> None:
        """Write what is shown as a picture."""
        written = self._picture().grab().save(str(path), "PNG")
        if written:
            self.said.emit(tr("{name} was written.", name=path.name))
        else:
            reason = path.parent
            self.said.emit(tr("{name} cannot be written: {reason}.", name=path.name, reason=reason))

    def save_csv(self, path: Path) -> None:
        """Write the data."""
        try:
            write_csv(path, self._rows())
        except KeepingError as error:
            self.said.emit(str(error))
        else:
            self.said.emit(tr("{name} was written.", name=path.name))

    def _ask(self, kind: str, save: Callable[[Path], None]) -> None:
        start = str(Path(QDir.homePath()) / f"{self._name}.{kind}")
        name, _ = QFileDialog.getSaveFileName(self, tr("Save"), start, f"{kind.upper()} (*.{kind})")
        if name:
            save(Path(name))


class Plot(QWidget):
    """A chart with its two buttons; `hint` stands where there is no data yet. `name` begins the files' names."""

    said = Signal(str)

    def __init__(self, theme: Theme, name: str, title: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._title = theme, title
        self.chart = Chart("", "")
        self._canvas: Any = None
        self.hint = QLabel(hint)
        self.hint.setProperty("look", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.hint)
        self.buttons = SaveButtons(name, lambda: self.stack, lambda: self.chart.rows())
        self.buttons.said.connect(self.said)
        heading = QLabel(title)
        heading.setProperty("look", "strong")
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        column.addLayout(top)
        column.addWidget(self.stack, 1)
        self.setAccessibleName(title)
        self.show_chart(self.chart)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size at which axes and lines can be read."""
        return QSize(360, 220)

    def show_chart(self, chart: Chart) -> None:
        """Show a chart instead of what was there."""
        if chart == self.chart and not (chart.is_empty or self._canvas is None):
            return
        self.chart = chart
        self.setAccessibleDescription(chart.spoken)
        self.buttons.setEnabled(not chart.is_empty)
        if chart.is_empty:
            self.stack.setCurrentWidget(self.hint)
            return
        if self._canvas is None:
            self._canvas = canvas()
            self.stack.addWidget(self._canvas)
        self._draw()
        self.stack.setCurrentWidget(self._canvas)

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        if self._canvas is not None:
            self._draw()

    def _draw(self) -> None:
        plot, theme = self._canvas.getPlotItem(), self._theme
        plot.clear()
        dress(self._canvas, theme)
        plot.setLabel("bottom", self.chart.x, color=theme.muted)
        plot.setLabel("left", self.chart.y, color=theme.muted)
        plot.getAxis("bottom").setTicks([list(self.chart.ticks)] if self.chart.ticks else None)
        if plot.legend is None:
            plot.addLegend(offset=(-8, 8))
        plot.legend.setLabelTextColor(theme.text)
        plot.legend.clear()
        # One line that is called as its axis needs no legend, which would lie over it.
        plot.legend.setVisible([line.name for line in self.chart.lines] != [self.chart.y])
        for line in self.chart.lines:
            _draw_line(plot, line, theme)


def canvas() -> Any:
    """Return an empty area to draw on: a `pyqtgraph.PlotWidget` without menus of its own."""
    import pyqtgraph  # a second of loading, which the start of the desktop does not wait for

    pyqtgraph.setConfigOptions(antialias=True)
    made = pyqtgraph.PlotWidget()
    made.getPlotItem().setMenuEnabled(False)
    made.getPlotItem().hideButtons()
    return made


def dress(widget: Any, theme: Theme) -> None:
    """Give a canvas the colours of a theme."""
    widget.setBackground(theme.surface)
    for side in ("left", "bottom"):
        axis = widget.getPlotItem().getAxis(side)
        axis.setPen(theme.line)
        axis.setTextPen(theme.muted)
        axis.enableAutoSIPrefix(False)  # shares are 0.52, not 520 thousandths


def _draw_line(plot: Any, line: Line, theme: Theme) -> None:
    import pyqtgraph

    if not line.x:
        return
    colour = pyqtgraph.mkColor(getattr(theme, line.colour))
    if line.low and line.high:
        band = pyqtgraph.mkColor(colour)
        band.setAlpha(_BAND_ALPHA)
        ends = [pyqtgraph.PlotCurveItem(list(line.x), list(side), pen=None) for side in (line.low, line.high)]
        for end in ends:
            plot.addItem(end)
        plot.addItem(pyqtgraph.FillBetweenItem(*ends, brush=band))
    style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
    dots = {"symbol": "o", "symbolSize": 7, "symbolBrush": colour, "symbolPen": theme.surface} if line.dots else {}
    pen = pyqtgraph.mkPen(colour, width=2, style=style)
    plot.plot(list(line.x), list(line.y), pen=pen, name=line.name, **dots)
