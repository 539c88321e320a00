"""The drawn map: points that can be moved, zoomed, pointed at and encircled. Loaded with the first map.

This is the desktop's only room with numpy of its own: pyqtgraph brings it, and 20,000 points want it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph
from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap

from desktop.map.palette import SHAPES, colours
from desktop.theme import Theme

_SIZE, _RING, _REACH = 7, 15, 12.0  # pixels
_STEP, _ZOOM = 0.1, 0.8
MOST_RINGS = 2000


class _Box(pyqtgraph.ViewBox):
    """The area of the points; while `lasso` is on, dragging encircles instead of moving."""

    encircled = Signal(object)

    def __init__(self) -> None:
        super().__init__(enableMenu=False, lockAspect=True)
        self.lasso = False
        self.line = pyqtgraph.PlotCurveItem()
        self._path: list[tuple[float, float]] = []

    def mouseDragEvent(self, ev: Any, axis: Any = None) -> None:  # noqa: N802
        """Draw a line around points, or move the map."""
        if not (self.lasso and ev.button() == Qt.MouseButton.LeftButton):
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        if ev.isStart():
            self._path = [_pair(self.mapSceneToView(ev.buttonDownScenePos()))]
        self._path.append(_pair(self.mapSceneToView(ev.scenePos())))
        x, y = (list(ends) for ends in zip(*self._path, strict=True))
        self.line.setData(x, y)
        if ev.isFinish():
            path, self._path = self._path, []
            self.line.setData([], [])
            self.encircled.emit(path)


class MapCanvas(pyqtgraph.PlotWidget):
    """Points by category. `selected` gives the places of points that were encircled or clicked, `pointed` that under
    the mouse, -1 where there is none. Arrow keys move, + and - zoom, 0 shows all.
    """

    selected = Signal(list)
    pointed = Signal(int)

    def __init__(self, theme: Theme) -> None:
        self._box = _Box()
        super().__init__(viewBox=self._box)
        self._theme = theme
        self._points = np.empty((0, 2))
        self._colours = np.empty(0, np.int64)
        self._hidden: set[int] = set()
        self._clouds: list[Any] = []
        plot = self.getPlotItem()
        plot.hideButtons()
        for side in ("left", "bottom"):
            plot.hideAxis(side)
        self._rings = pyqtgraph.ScatterPlotItem(size=_RING, brush=None)
        self._rings.setZValue(5)
        self._box.line.setZValue(6)
        self.addItem(self._rings)
        self.addItem(self._box.line)
        self._box.encircled.connect(self._encircled)
        self.scene().sigMouseMoved.connect(lambda at: self.pointed.emit(self._nearest(at)))
        self.scene().sigMouseClicked.connect(self._clicked)
        self.use_theme(theme)

    def show_points(self, x: Sequence[float], y: Sequence[float], colour: Sequence[int]) -> None:
        """Show points, each with the place of its category, all of them in sight."""
        self._points = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        self._colours = np.asarray(colour, np.int64)
        self._rings.setData([], [])
        self._draw()
        self.show_all()

    def show_categories(self, hidden: set[int]) -> None:
        """Draw all categories but these."""
        self._hidden = set(hidden)
        self._draw()

    def ring(self, places: Sequence[int]) -> None:
        """Mark points with rings, the first 2,000 of them."""
        chosen = self._points[np.asarray(list(places)[:MOST_RINGS], np.int64)]
        self._rings.setData(chosen[:, 0], chosen[:, 1])

    def encircle(self, on: bool) -> None:
        """Let dragging encircle points, or move the map."""
        self._box.lasso = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def select_view(self) -> None:
        """Select what is in sight: the way of the keyboard."""
        (left, right), (low, high) = self._box.viewRange()
        x, y = self._points[:, 0], self._points[:, 1]
        self._select((x >= left) & (x <= right) & (y >= low) & (y <= high))

    def show_all(self) -> None:
        """Bring all points into sight."""
        self._box.autoRange(padding=0.04)

    def use_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.setBackground(theme.surface)
        self._rings.setPen(pyqtgraph.mkPen(theme.text, width=2))
        self._box.line.setPen(pyqtgraph.mkPen(theme.accent, width=2))
        self._draw()

    def keyPressEvent(self, ev: QKeyEvent) -> None:  # noqa: N802
        """Move and zoom by keys."""
        (left, right), (low, high) = self._box.viewRange()
        wide, tall = (right - left) * _STEP, (high - low) * _STEP
        moves = {
            Qt.Key.Key_Left: (-wide, 0.0), Qt.Key.Key_Right: (wide, 0.0),
            Qt.Key.Key_Up: (0.0, tall), Qt.Key.Key_Down: (0.0, -tall),
        }  # fmt: skip
        if ev.key() in moves:
            self._box.translateBy(moves[Qt.Key(ev.key())])
        elif ev.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._box.scaleBy((_ZOOM, _ZOOM))
        elif ev.key() == Qt.Key.Key_Minus:
            self._box.scaleBy((1 / _ZOOM, 1 / _ZOOM))
        elif ev.key() == Qt.Key.Key_0:
            self.show_all()
        else:
            super().keyPressEvent(ev)

    def _draw(self) -> None:
        for cloud in self._clouds:
            self.removeItem(cloud)
        self._clouds = []
        for place, colour in reversed(list(enumerate(colours(self._theme)))):  # the rest lies below
            chosen = self._points[self._colours == place]
            if place in self._hidden or not len(chosen):
                continue
            look = {"size": _SIZE, "symbol": SHAPES[place], "brush": colour, "pen": None}
            cloud = pyqtgraph.ScatterPlotItem(chosen[:, 0], chosen[:, 1], **look)
            self._clouds.append(cloud)
            self.addItem(cloud)

    def _shown(self) -> np.ndarray:
        return ~np.isin(self._colours, list(self._hidden))

    def _encircled(self, path: list[tuple[float, float]]) -> None:
        self._select(inside(self._points, path))

    def _select(self, chosen: np.ndarray) -> None:
        self.selected.emit([int(place) for place in np.flatnonzero(chosen & self._shown())])

    def _clicked(self, event: Any) -> None:
        place = self._nearest(event.scenePos())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.selected.emit([place])

    def _nearest(self, at: QPointF) -> int:
        if not len(self._points):
            return -1
        centre = self._box.mapSceneToView(at)
        wide, tall = self._box.viewPixelSize()
        away = np.hypot((self._points[:, 0] - centre.x()) / wide, (self._points[:, 1] - centre.y()) / tall)
        away[~self._shown()] = np.inf
        place = int(away.argmin())
        return place if away[place] <= _REACH else -1


def inside(points: np.ndarray, path: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return which points (n, 2) lie inside a closed path: those whose ray to the right crosses it an odd number of
    times (Shimrat, 1962).
    """
    found = np.zeros(len(points), bool)
    x, y = points[:, 0], points[:, 1]
    for (ax, ay), (bx, by) in zip(path, [*path[1:], path[0]], strict=True):
        if ay != by:
            crosses = (ay > y) != (by > y)
            found ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return found


def sign(theme: Theme, place: int) -> QIcon:
    """Return the sign of a category, as the points show it."""
    pen, brush = pyqtgraph.mkPen(None), pyqtgraph.mkBrush(colours(theme)[place])
    return QIcon(QPixmap.fromImage(renderSymbol(SHAPES[place], _SIZE * 2, pen, brush)))


def _pair(point: QPointF) -> tuple[float, float]:
    return point.x(), point.y()
