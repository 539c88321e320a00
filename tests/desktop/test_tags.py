"""The tags page: its presenter without a display, its trees under the model tester, and all of it on a real bridge."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester

from desktop.app import Desktop
from desktop.branches import Branch, walk
from desktop.bridge import Bridge as Client
from desktop.bridge.suggestions import Filter, Precision, Suggestions, ValueGroup
from desktop.errors import BridgeAwayError
from desktop.search.query import as_png
from desktop.tags.detail import Detail
from desktop.tags.presenter import TagsPresenter
from desktop.tags.preview import PreviewDialog
from desktop.tags.state import TagsView, browser, listed, precision_chart
from desktop.tags.view import TagsPage
from desktop.widgets.thumbnails import Thumbnails
from desktop.widgets.trees import BRANCH, TreeModel
from desktop.work import Work
from plugin_bridge.review.ledger import Ledger
from plugin_bridge.storage import open_storage
from plugin_bridge.tagging.suggesting import Suggestion
from tests.desktop.conftest import WAIT
from tests.desktop.doubles import AtOnce, Later
from tests.fixtures.bridge import Bridge

MADE = (
    ("sofa", "colour", "grey", 0.95), ("couch", "colour", "beige", 0.55), ("boots", "tags", "outdoor", 0.9),
    ("tent", "tags", "outdoor", 0.85), ("pan", "category", "home > kitchen > pans", 0.7),
)  # fmt: skip


@pytest.fixture
def made(bridge: Bridge) -> Iterator[Bridge]:
    """The shop with suggestions of its own in the bridge's database; nothing of them is left afterwards."""
    ledger = Ledger(open_storage(bridge.settings), "bridge-shop")
    evidence = {"words": [{"word": "grey", "weight": 0.8}], "neighbours": [
        {"id": "couch", "title": "Corner couch", "similarity": 0.7, "value": "grey"}]}  # fmt: skip
    model = f"tiny-{uuid.uuid4().hex[:6]}"
    rows = [
        (product, Suggestion(field, value, confidence, confidence > 0.8, model, evidence), None)
        for product, field, value, confidence in MADE
    ]
    rows[-1] = (*rows[-1][:2], ["home", "kitchen"])  # type: ignore[assignment]
    ledger.add(rows, "2026-11-02T10:00:00+00:00")
    yield bridge
    with bridge.http("merchandiser") as http:
        undone: set[int] = set()
        for one in http.get("/v1/suggestions/history", params={"size": 1000}).json()["events"]:
            if one["model"] == model and one["undoes"] is None and one["operation"] not in undone:
                undone.add(one["operation"])
                http.post("/v1/suggestions/undo", json={"operation": one["operation"]})
        answer = http.get("/v1/suggestions", params={"model": model, "state": "any"})
    ledger.close_gone([one["id"] for one in answer.json()["suggestions"]])


@pytest.fixture
def client(made: Bridge) -> Iterator[Client]:
    found = Client(made.url, made.secret("merchandiser"))
    yield found
    found.close()


def presenting(client: Any, runner: Any = None) -> tuple[TagsPresenter, list[TagsView]]:
    views: list[TagsView] = []
    return TagsPresenter(client, runner or AtOnce(), views.append), views


def by_product(view: TagsView) -> dict[str, int]:
    return {one.product: one.id for one in view.rows}


def test_suggestions_are_shown_accepted_and_taken_back(client: Client, made: Bridge) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    found = views[-1]
    assert (found.phase, found.total, len(found.rows)) == ("results", 5, 5)
    assert [one.confidence for one in found.rows] == sorted((one[3] for one in MADE), reverse=True)
    first = found.rows[0]
    assert (first.title, first.words, first.neighbours[0].title) == (
        "Grey three seat sofa", (("grey", 0.8),), "Corner couch",
    )  # fmt: skip
    assert (("home > bedroom", 2) in found.categories, ("tools", 1) in found.categories) == (True, True)
    presenter.decided("accept", [first.id])
    assert first.id not in by_product(views[-1]).values()
    assert (views[-1].undoable, views[-1].notice) == (1, "1 accepted. Z takes it back.")
    with made.http() as http:
        assert http.get("/v1/products/sofa").json()["product"]["colour"] == "grey"
    presenter.undone()
    assert views[-1].notice == "1 decisions were taken back."
    assert first.id in by_product(views[-1]).values()
    with made.http() as http:
        assert http.get("/v1/products/sofa").json()["product"].get("colour") is None
    presenter.undone()
    assert "nothing to take back" in views[-1].notice


def test_a_correction_and_what_stands_in_its_way(client: Client) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    number = by_product(views[-1])["pan"]
    presenter.corrected(number, "home › nowhere", False)
    assert "left alone" in views[-1].notice and "does not exist" in views[-1].notice
    assert number in by_product(views[-1]).values()
    presenter.corrected(number, "home › living room", False)
    assert views[-1].notice == "1 corrected. Z takes it back."
    presenter.corrected(number, "gone already", False)  # not in the list any more: nothing happens
    assert views[-1].undoable == 1


def test_in_bulk_only_after_a_preview(client: Client) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    presenter.bulk_confirmed()
    assert len(views[-1].rows) == 5, "nothing was previewed"
    presenter.chosen(Filter("tags", value="outdoor"))
    presenter.bulk_wanted("accept")
    preview = views[-1].preview
    assert preview is not None
    assert (preview.count, preview.products, preview.by_value) == (2, 2, (("tags: outdoor", 2),))
    assert ("Two person camping tent", "tags", "", "outdoor") in preview.changes
    presenter.bulk_cancelled()
    assert views[-1].preview is None and len(views[-1].rows) == 2
    presenter.bulk_wanted("refuse")
    presenter.bulk_confirmed()
    assert (views[-1].phase, views[-1].notice) == ("nothing", "2 refused. Z takes it back.")
    presenter.bulk_wanted("accept")
    assert views[-1].preview is None and "nothing to decide" in views[-1].notice


def test_a_preview_that_others_made_stale_is_refused(client: Client, made: Bridge) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    presenter.chosen(Filter("tags"))
    presenter.bulk_wanted("accept")
    with made.http("merchandiser") as http:
        http.post("/v1/suggestions/refuse", json={"ids": [by_product(views[-1])["tent"]]})
    presenter.bulk_confirmed()
    assert "not those that the preview showed" in views[-1].notice


def test_a_category_shows_what_is_below_it(client: Client) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    presenter.chosen(Filter(under="home"))
    assert list(by_product(views[-1])) == ["pan"]
    presenter.sure_chosen(True)
    assert (views[-1].phase, views[-1].wanted) == ("nothing", Filter(under="home", sure=True))
    presenter.sure_chosen(None)
    tree = {one.key: one for one in walk(browser(views[-1].groups, views[-1].categories))}
    kitchen = tree["category\0home > kitchen"]
    assert kitchen.cells == ("kitchen", "1", "2")
    assert [one.cells[0] for one in kitchen.children] == ["pans"]
    assert tree["tags"].cells[1] == "2"


def test_a_decision_leaves_the_list_at_once_and_comes_back_where_it_cannot_be_made(client: Client) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    rows, later = views[-1].rows, Later()
    presenter._runner = later
    presenter.decided("accept", [rows[0].id])
    assert rows[0] not in views[-1].rows, "before the bridge has answered"

    class Away:
        def ask(self, *args: Any, **more: Any) -> Any:
            raise BridgeAwayError("No bridge answers.")

    presenter._suggestions._bridge = Away()  # type: ignore[assignment]
    later.jobs[0]()
    assert views[-1].rows == rows
    assert "No bridge answers." in views[-1].notice


def test_a_bridge_that_is_away_is_said() -> None:
    presenter, views = presenting(Client("http://127.0.0.1:9"))
    presenter.shown()
    assert views[-1].phase == "failed"
    assert views[-1].failure is not None and "No bridge answers" in views[-1].failure.message


def test_a_category_shows_the_region_that_spoke_for_it(qtbot: Any, tmp_path: Path, client: Client) -> None:
    presenter, views = presenting(client)
    presenter.shown()
    rows = {one.product: one for one in views[-1].rows}
    given = presenter._suggestions
    asked: list[str] = []

    def region(one: Any) -> bytes | None:
        asked.append(one.product)
        return png(0xC81E1E)

    given.region = region  # type: ignore[method-assign]
    presenter.inspected(rows["sofa"])
    assert asked == [], "a colour is no category"
    presenter.inspected(rows["pan"])
    presenter.inspected(rows["pan"])
    assert asked == ["pan"] and views[-1].region == (rows["pan"].id, png(0xC81E1E))
    work = Work(threads=1)
    detail = Detail(Thumbnails(work, tmp_path))
    qtbot.addWidget(detail)
    detail.show()
    assert detail.show_one(rows["pan"], ()) and not detail.show_one(rows["pan"], ())
    detail.show_region(views[-1].region)
    assert detail.region.isVisible()
    assert detail.photo.pixmap().toImage().pixelColor(5, 5).red() == 0xC8
    detail.region.click()
    assert detail.photo.pixmap().isNull() and detail.photo.text() == "C"
    detail.show_one(rows["sofa"], ())
    detail.show_region(views[-1].region)
    assert not detail.region.isVisible(), "that was another one's"
    given.region = lambda one: None  # type: ignore[method-assign]
    presenter.view = replace(presenter.view, region=None)
    presenter.inspected(rows["pan"])
    assert views[-1].region is None
    work.close()


def png(colour: int) -> bytes:
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(colour)
    return as_png(image)


def test_precision_is_a_line_for_each_field_and_model() -> None:
    weeks = (
        Precision("2026-11-02", "m", "tags", 10, 0.8, 0.5, 0.9),
        Precision("2026-11-09", "m", "tags", 20, 0.9, 0.7, 1.0),
        Precision("2026-11-09", "m", "colour", 5, 0.4, 0.1, 0.8),
    )
    chart = precision_chart(weeks)
    assert [(line.name, line.y) for line in chart.lines] == [("Colour · m", (0.4,)), ("Tags · m", (0.8, 0.9))]
    assert chart.lines[1].x[1] - chart.lines[1].x[0] == 7
    assert chart.rows()[-1] == ["Tags · m", "2026-11-09", "0.9", "0.7", "1"]
    assert "0.9 (2026-11-09)" in chart.spoken


@pytest.mark.usefixtures("qapp")
def test_trees_pass_the_model_tester(client: Client) -> None:
    model = TreeModel((lambda: "Name", lambda: "Now", lambda: "Share"))
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    rows = Suggestions(client).page(Filter()).rows
    for grouping in ("value", "product"):
        model.show(listed(rows, grouping))  # type: ignore[arg-type]
    group = model.index(0, 0)
    assert model.rowCount(group) == 1
    leaf = model.index(0, 0, group)
    assert model.parent(leaf) == group
    assert model.data(leaf, BRANCH).value == rows[0]
    assert model.data(leaf, Qt.ItemDataRole.AccessibleTextRole).startswith("Grey three seat sofa, Colour: grey")
    assert model.place(str(rows[0].id)) == leaf
    deep = Branch("a", ("a",), None, (Branch("b", ("b",), None, (Branch("c", ("c",)),)),))
    model.show((deep, Branch("d", ("d",))))
    assert model.data(model.place("c")) == "c"
    model.show(browser([ValueGroup("tags", "new", 1, 1)], ()))
    model.show(())
    assert model.rowCount() == 0 and not model.place("c").isValid()
    del tester


@pytest.fixture
def page(desktop: Desktop, made: Bridge, qtbot: Any) -> TagsPage:
    desktop.desk.connect_to(made.url, made.secret("merchandiser"))
    desktop.window.show_page("tags")
    found = desktop.window.page.widget
    assert isinstance(found, TagsPage)
    qtbot.waitUntil(lambda: found._view.phase == "results" and bool(found._view.categories), timeout=WAIT)
    return found


def test_by_keys_alone(page: TagsPage, qtbot: Any, made: Bridge) -> None:
    page.list.setCurrentIndex(page.model.index(0, 0, page.model.index(0, 0)))
    page.list.setFocus()
    first = page._view.rows[0]
    assert page.detail.title.text() == "Grey three seat sofa"
    assert "grey +0.8" in page.detail.words.text()
    qtbot.keyClick(page.list, Qt.Key.Key_A)
    assert first not in page._view.rows
    qtbot.waitUntil(lambda: page._view.undoable == 1, timeout=WAIT)
    qtbot.keyClick(page.list, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: first.id in {one.id for one in page._view.rows}, timeout=WAIT)
    number = next(one.id for one in page._view.rows if one.product == "couch")
    page.list.setCurrentIndex(page.model.place(str(number)))
    qtbot.keyClick(page.list, Qt.Key.Key_C)
    assert page.detail.editor.isVisible()
    page.detail.value.setText("sand")
    qtbot.keyClick(page.detail.value, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page._view.notice == "1 corrected. Z takes it back.", timeout=WAIT)
    with made.http() as http:
        assert http.get("/v1/products/couch").json()["product"]["colour"] == "sand"


def test_a_group_is_decided_as_one_and_all_of_a_tag_after_a_preview(page: TagsPage, qtbot: Any) -> None:
    page.browser.setCurrentIndex(page.browser_model.place("tags\0outdoor"))
    qtbot.waitUntil(lambda: page._view.phase == "results" and page._view.total == 2, timeout=WAIT)
    page.list.setCurrentIndex(page.model.index(0, 0))
    assert len(page.chosen_ids()) == 2
    page.accept_all.click()
    qtbot.waitUntil(lambda: page.findChild(PreviewDialog) is not None, timeout=WAIT)
    dialog = page.findChild(PreviewDialog)
    assert "Accept 2" in dialog.yes.text() and dialog.model.rowCount() == 2
    dialog.yes.click()
    qtbot.waitUntil(lambda: page._view.notice == "2 accepted. Z takes it back.", timeout=WAIT)
    page.precision.click()
    qtbot.waitUntil(lambda: not page.plot.chart.is_empty, timeout=WAIT)
    page.undo.click()
    qtbot.waitUntil(lambda: page._view.total == 2 and page._view.phase == "results", timeout=WAIT)


def test_the_plot_is_saved_as_a_picture_and_as_data(page: TagsPage, qtbot: Any, tmp_path: Path) -> None:
    page.plot.show_chart(precision_chart([Precision("2026-11-02", "=m", "tags", 9, 0.8, 0.5, 0.9)]))
    page.plot.show()
    said: list[str] = []
    page.said.connect(said.append)
    page.plot.buttons.save_csv(tmp_path / "data.csv")
    page.plot.buttons.save_png(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "data.csv").read_text("utf-8-sig").splitlines()[1] == "Tags · =m,2026-11-02,0.8,0.5,0.9"
    page.plot.buttons.save_csv(tmp_path / "nowhere" / "data.csv")
    assert said[:2] == ["data.csv was written.", "plot.png was written."]
    assert "cannot be written" in said[2]
