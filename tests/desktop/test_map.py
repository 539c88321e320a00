"""The map page: its presenter without a display, the drawing with many points, and all of it on a real bridge."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester

from desktop.app import Desktop
from desktop.bridge import Bridge as Client
from desktop.bridge.maps import CatalogueMap, MapPoint, Running, Twins
from desktop.errors import BridgeAwayError, BridgeRefusedError
from desktop.map import palette
from desktop.map.canvas import MapCanvas, inside
from desktop.map.presenter import MapPresenter
from desktop.map.state import NAMED, OTHERS, MapView, legend, map_rows, product_rows, twin_rows
from desktop.map.view import MapPage
from desktop.theme import DARK, LIGHT, contrast
from desktop.widgets.trees import TreeModel
from tests.desktop.conftest import WAIT
from tests.desktop.doubles import AtOnce
from tests.fixtures.bridge import PRODUCTS, Bridge


def point(number: int, *category: str, x: float = 0.0, y: float = 0.0) -> MapPoint:
    return MapPoint(f"p{number}", f"Thing {number}", category, x, y, 0.5)


def made(method: str = "pca", *points: MapPoint) -> CatalogueMap:
    return CatalogueMap("g001", method, "text", points or (point(1, "a"), point(2, "b")), ("p2",), 0.2)


class Answers:
    """A bridge's map endpoints with answers given one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bool]] = []

    def map(self, method: str, field: str, again: bool = False) -> Any:
        self.asked.append((method, field, again))
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def twins(self, field: str) -> Any:
        return self.answers.pop(0)


def presenting(*answers: Any) -> tuple[MapPresenter, list[MapView], Answers]:
    views: list[MapView] = []
    presenter = MapPresenter(None, AtOnce(), views.append)  # type: ignore[arg-type]
    given = Answers(*answers)
    presenter._maps = given  # type: ignore[assignment]
    return presenter, views, given


def test_a_map_is_waited_for_and_shown() -> None:
    presenter, views, given = presenting(Running(0, 100), Running(100, 100), made())
    presenter.shown()
    assert (views[-1].phase, views[-1].progress) == ("waiting", "Reading vectors: 0 of 100")
    presenter.looked()
    assert views[-1].progress == "Laying the map out…"
    presenter.looked()
    assert (views[-1].phase, views[-1].progress) == ("results", "")
    assert views[-1].summary == "2 products · shows 20 % of the differences"
    presenter.looked()
    presenter.shown()
    assert len(given.asked) == 3, "it is there: nobody asks again"


def test_the_old_map_stays_until_the_other_is_made_or_given_up() -> None:
    presenter, views, given = presenting(made(), Running(0, 10), made("umap"))
    presenter.shown()
    presenter.method_chosen("umap")
    assert (views[-1].phase, views[-1].method, views[-1].map) == ("results", "umap", made())
    presenter.cancelled()
    assert (views[-1].method, views[-1].running) == ("pca", None)
    presenter.method_chosen("umap")
    assert views[-1].map == made("umap")
    assert [one[0] for one in given.asked] == ["pca", "umap", "umap"]


def test_what_cannot_be_drawn_is_said_and_the_map_stays() -> None:
    presenter, views, _ = presenting(made(), BridgeRefusedError(409, "products-g001 was loaded without photos"))
    presenter.shown()
    presenter.field_chosen("image")
    last = views[-1]
    assert (last.phase, last.field, last.notice) == ("results", "text", "products-g001 was loaded without photos")
    presenter, views, _ = presenting(BridgeAwayError("No bridge answers."))
    presenter.shown()
    assert (views[-1].phase, views[-1].running) == ("failed", None)


def test_near_duplicates_are_looked_for_once() -> None:
    group = Twins(0.98, False, (("a", "A"), ("b", "B")))
    presenter, views, given = presenting(made(), Running(5, 10), (group,))
    presenter.shown()
    presenter.twins_wanted()
    presenter.twins_wanted()
    assert views[-1].searching == Running(5, 10)
    presenter.looked()
    assert (views[-1].twins, views[-1].searching, given.answers) == ((group,), None, [])


def test_the_largest_categories_have_colours_by_the_level_that_tells_apart() -> None:
    names = [f"c{place:02}" for place in range(NAMED + 3) for _ in range(NAMED + 3 - place)]
    found = legend([point(place, "shop", name) for place, name in enumerate(names)] + [point(999)])
    assert found.names[:2] == ("c00", "c01") and found.names[-1] == "All others"
    assert (found.counts[0], found.counts[-1]) == (NAMED + 3, 3 + 2 + 1 + 1)
    assert (found.colours[0], found.colours[-1]) == (0, OTHERS)
    assert legend([]).colours == ()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colours_can_be_seen_and_shapes_tell_too(theme: Any) -> None:
    found = palette.colours(theme)
    assert len(found) == len(palette.SHAPES) == NAMED + 1
    assert min(contrast(one, theme.surface) for one in found) >= 3
    assert len(set(palette.SHAPES[:NAMED])) == NAMED


def test_the_data_is_a_row_for_each_product() -> None:
    rows = map_rows(MapView(map=made()))
    assert rows[0] == ["id", "title", "category", "x", "y", "near", "outlier"]
    assert rows[2] == ["p2", "Thing 2", "b", "0", "0", "0.5", "yes"]


@pytest.mark.usefixtures("qapp")
def test_lists_pass_the_model_tester() -> None:
    model = TreeModel((lambda: "Title", lambda: "Category", lambda: "Alike"))
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(product_rows([point(1, "a", "b")]))
    assert [model.data(model.index(0, column)) for column in range(3)] == ["Thing 1", "a › b", "50 %"]
    model.show(twin_rows([Twins(1.0, True, (("a", "A"), ("b", "B"))), Twins(0.97, False, ())]))
    group = model.index(0, 0)
    assert (model.rowCount(group), model.data(model.index(0, 2))) == (2, "the same")
    model.show(())
    del tester


def test_points_inside_a_path() -> None:
    grid = np.array([(x + 0.5, y + 0.5) for x in range(4) for y in range(4)])
    square = inside(grid, [(0, 0), (2, 0), (2, 2), (0, 2)])
    assert sorted(map(tuple, grid[square])) == [(0.5, 0.5), (0.5, 1.5), (1.5, 0.5), (1.5, 1.5)]
    hollow = [(0, 0), (4, 0), (4, 4), (3, 4), (3, 1), (1, 1), (1, 4), (0, 4)]  # an open box
    assert inside(grid, hollow).sum() == 4 + 3 + 3
    assert not inside(grid, [(0, 0), (1, 1)]).any()


@pytest.fixture
def canvas(qtbot: Any) -> MapCanvas:
    found = MapCanvas(LIGHT)
    qtbot.addWidget(found)
    found.resize(600, 400)
    found.show()
    return found


def test_twenty_thousand_points_are_encircled_and_counted(canvas: MapCanvas, qtbot: Any) -> None:
    at = np.random.default_rng(1).uniform(-1, 1, size=(20_000, 2))
    canvas.show_points(at[:, 0], at[:, 1], np.arange(20_000) % 11)
    qtbot.waitExposed(canvas)
    found: list[list[int]] = []
    canvas.selected.connect(found.append)
    canvas.encircle(True)
    view = canvas.viewport()
    corners = [QPoint(150, 100), QPoint(450, 100), QPoint(450, 300), QPoint(150, 300), QPoint(150, 110)]
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        qtbot.wait(30)  # pyqtgraph takes at most a hundred moves a second
        qtbot.mouseMove(view, corner)
    qtbot.wait(30)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corners[-1])
    qtbot.waitUntil(lambda: bool(found), timeout=WAIT)
    box = canvas.getViewBox()
    low, high = (box.mapSceneToView(canvas.mapToScene(corner)) for corner in (corners[3], corners[1]))
    within = (at[:, 0] > low.x()) & (at[:, 0] < high.x()) & (at[:, 1] > low.y()) & (at[:, 1] < high.y())
    assert within.sum() > 1000
    assert len(set(found[0]) ^ set(np.flatnonzero(within))) < 0.02 * within.sum()  # the edge is some pixels wide
    canvas.show_categories(set(range(1, 11)))
    canvas.select_view()
    assert {place % 11 for place in found[-1]} == {0}
    canvas.ring(found[-1])
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Up, Qt.Key.Key_0, Qt.Key.Key_A):
        qtbot.keyClick(canvas, key)
    canvas.use_theme(DARK)
    assert not canvas.grab().isNull()


@pytest.fixture
def page(desktop: Desktop, bridge: Bridge, qtbot: Any) -> MapPage:
    desktop.desk.connect_to(bridge.url, bridge.secret("merchandiser"))
    desktop.window.show_page("map")
    found = desktop.window.page.widget
    assert isinstance(found, MapPage)
    qtbot.waitUntil(lambda: found._view.phase == "results", timeout=4 * WAIT)
    return found


def test_the_catalogue_is_drawn_selected_and_saved(page: MapPage, qtbot: Any, tmp_path: Path) -> None:
    assert page._view.map is not None and len(page._view.map.points) == len(PRODUCTS)
    assert page.legend.count() == 4 and page.legend.item(0).text() == "home  6"
    page.canvas.setFocus()
    qtbot.keyClick(page.canvas, Qt.Key.Key_V)
    model = page.chosen.model()
    assert isinstance(model, TreeModel) and model.rowCount() == len(PRODUCTS)
    page.legend.item(0).setCheckState(Qt.CheckState.Unchecked)
    page.in_view.click()
    assert model.rowCount() == len(PRODUCTS) - 6
    page.lasso.click()
    page.save.save_png(tmp_path / "map.png")
    page.save.save_csv(tmp_path / "map.csv")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "map.csv").read_text("utf-8-sig").splitlines()) == len(PRODUCTS) + 1


def test_near_duplicates_and_photos_on_a_real_bridge(page: MapPage, qtbot: Any) -> None:
    page.twins_button.click()
    qtbot.waitUntil(lambda: page._view.twins is not None, timeout=4 * WAIT)
    page.field_chosen.emit("image")
    qtbot.waitUntil(lambda: page._view.map is not None and page._view.map.field == "image", timeout=4 * WAIT)
    assert page._view.map is not None and len(page._view.map.points) == 4
    assert page._view.twins is None, "those were of the texts"


def test_the_client_reads_what_the_bridge_answers(bridge: Bridge) -> None:
    from desktop.bridge.maps import Maps

    client = Client(bridge.url, bridge.secret("merchandiser"))
    end = time.monotonic() + 4 * WAIT / 1000
    while isinstance(found := Maps(client).map("pca", "text"), Running):
        assert time.monotonic() < end
        time.sleep(0.05)
    client.close()
    pan = next(one for one in found.points if one.id == "pan")
    assert (pan.title, pan.category, found.generation) == ("Cast iron frying pan", ("home", "kitchen"), "g001")
