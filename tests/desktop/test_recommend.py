"""The recommend page: presenters without a display, and all of it on a real bridge with a model of behaviour."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QCheckBox

from desktop import i18n
from desktop.app import Desktop
from desktop.bridge import Answer, Facet
from desktop.bridge.behaviour import Recommendations, Segments, Wish
from desktop.errors import BridgeAwayError, BridgeRefusedError
from desktop.recommend.presenter import RecommendPresenter, SegmentsPresenter
from desktop.recommend.state import (
    RecommendView,
    recommended_rows,
    segment_rows,
    why,
)  # fmt: skip
from desktop.recommend.view import RecommendPage
from desktop.search.state import bounded, toggled
from desktop.theme import LIGHT
from desktop.widgets.thumbnails import Thumbnails
from desktop.work import Work
from tests.desktop.conftest import WAIT
from tests.desktop.doubles import AtOnce, Later, answer, refusing_bridge
from tests.fixtures.bridge import Bridge
from tests.fixtures.habits import Served

PAN = {
    "id": "pan", "score": 2.0, "rank": 1, "product": {"title": "Pan", "price": 5, "currency": "GBP"},
    "explain": {"because": [{"id": "lid", "title": "Lid", "share": 0.6}], "text": "because you bought Lid"},
}  # fmt: skip
FOUND = {
    "hits": [PAN, PAN | {"id": "new", "rank": 2, "explain": {"because": [], "text": "popular now"}}],
    "total": 2, "took_ms": 12, "generation": "g001", "notes": [], "history_used": 1,
}  # fmt: skip
MARK = {"item": "pan", "title": "Pan", "share": 0.5, "lift": 3.0}
GROUPS = {
    "model": "m", "customers": 30,
    "segments": [
        {"segment": 1, "customers": 20, "share": 0.667, "products": [MARK],
         "tags": [{"field": "tags", "value": "iron", "share": 0.4, "lift": 2}]},
        {"segment": 2, "customers": 10, "share": 0.333, "products": []},
    ],
    "points": [{"segment": 1, "x": 0, "y": 0}, {"segment": 2, "x": 1, "y": 1}],
}  # fmt: skip


class Shop:
    """A bridge that recommends what a test says, and finds products by words."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[Any]()

    def ask(self, method: str, path: str, body: Any = None, *, params: Any = None, timeout: Any = None) -> Any:
        self.asked.append(body or params)
        found = self.answers.pop(0) if self.answers else FOUND
        if isinstance(found, Exception):
            raise found
        return found

    def read(self, reader: Any, document: Any) -> Any:
        return reader(document)

    def facets(self, wanted: Any) -> tuple[Facet, ...]:
        return (Facet("brand"),)

    def search(self, wanted: Any, *, size: int, explain: bool) -> Answer:
        if wanted.text == "away":
            raise BridgeAwayError("No bridge answers.")
        return answer("pan", "pot")

    def product(self, name: str) -> dict[str, Any]:
        if name != "lid/1":
            raise BridgeRefusedError(404, "no such product")
        return {"title": " A  lid "}


def presenting(*answers: Any, runner: Any = None) -> tuple[RecommendPresenter, list[RecommendView], Shop]:
    views: list[RecommendView] = []
    shop = Shop(*answers)
    return RecommendPresenter(shop, runner or AtOnce(), views.append), views, shop  # type: ignore[arg-type]


def test_a_customer_is_recommended_to_with_the_reason() -> None:
    presenter, views, shop = presenting()
    presenter.customer_given("  C 17 ")
    assert [one.phase for one in views[-2:]] == ["waiting", "results"]
    assert [one.why for one in views[-1].cards] == ["Because you bought Lid", "Popular now"]
    assert views[-1].summary == "2 recommendations · 12 ms · from 1 purchases"
    presenter.kind_chosen("favourites")
    presenter.owned_chosen(True)
    presenter.variety_chosen(0.7)
    presenter.value_toggled("brand", "Ferro", True)
    presenter.range_chosen("price", 5.0, None)
    assert shop.asked[-1] == {
        "customer": "C 17", "kind": "favourites", "owned": True, "diversity": 0.7, "size": 24, "explain": True,
        "filters": {"brand": ["Ferro"], "price": {"gte": 5.0}},
    }  # fmt: skip
    presenter.filters_removed()
    assert shop.asked[-1]["filters"] == {}
    presenter.customer_given("")
    assert (views[-1].phase, views[-1].cards) == ("empty", ())


def test_products_are_offered_by_words_and_by_id_and_make_a_basket() -> None:
    presenter, views, shop = presenting()
    presenter.who_chosen("basket")
    presenter.typed("pan lid")
    assert [one.id for one in views[-1].offered] == ["pan", "pot"]
    presenter.typed("lid/1")
    assert (views[-1].offered[0].id, views[-1].offered[0].title) == ("lid/1", "A lid")
    presenter.typed(" ")
    assert views[-1].offered == ()
    presenter.added("pan", "Pan")
    presenter.added("pan", "Pan")
    presenter.added("pot", "")
    assert shop.asked[-1]["history"] == ["pan", "pot"] and "customer" not in shop.asked[-1]
    assert [one.title for one in views[-1].basket] == ["Pan", "pot"]
    presenter.taken_out("pan")
    presenter.undone()
    presenter.undone()
    assert [one.id for one in views[-1].basket] == ["pan"]
    presenter.redone()
    presenter.emptied()
    assert (views[-1].basket, views[-1].phase) == ((), "empty")
    presenter.redone()
    assert views[-1].notice == "There is nothing to undo or redo on this page."
    presenter.typed("away")
    assert views[-1].notice == "No bridge answers."


def test_without_a_model_the_page_says_what_makes_one_and_late_answers_are_dropped() -> None:
    presenter, views, _ = presenting(BridgeRefusedError(409, "g001 has no model of behaviour"))
    presenter.customer_given("C1")
    assert (views[-1].phase, views[-1].cards) == ("unready", ())
    presenter, views, _ = presenting(BridgeAwayError("No bridge answers."))
    presenter.customer_given("C1")
    assert (views[-1].phase, views[-1].failure and views[-1].failure.message) == ("failed", "No bridge answers.")
    later = Later()
    presenter, views, _ = presenting(runner=later)
    presenter.customer_given("C1")
    presenter.cancelled()
    later.jobs[-1]()
    assert views[-1].phase == "empty"


def test_a_poorer_answer_says_why_in_the_users_language() -> None:
    i18n.choose("zh_CN")
    degraded = {"degraded": True, "reason": "scoring took longer than 1 ms"}
    presenter, views, _ = presenting(FOUND | degraded | {"notes": ["the history has 9 items; its latest 5 were used"]})
    presenter.customer_given("C1")
    assert views[-1].degraded == "评分超过 1 毫秒"
    assert views[-1].notes == ("购买记录有 9 件商品；使用了最近的 5 件",)


def test_filters_are_ticked_and_bounded() -> None:
    ticked = toggled({"brand": "A"}, "brand", "B", True)
    assert ticked == {"brand": ["A", "B"]}
    assert toggled(ticked, "brand", "A", False) == {"brand": ["B"]}
    assert toggled({"brand": ["A"]}, "brand", "A", False) == {}
    assert bounded({"brand": ["A"]}, "price", None, 9.0) == {"brand": ["A"], "price": {"lte": 9.0}}
    assert bounded({"price": {"lte": 9.0}}, "price", None, None) == {}


def test_the_data_of_recommendations_and_segments() -> None:
    found = Recommendations.read(FOUND)
    rows = recommended_rows(replace(RecommendView(), rows=found.rows))
    assert rows[0][0] == "rank" and rows[0][-1] == "why"
    assert rows[1][1:3] == ["pan", "Pan"] and rows[1][-1] == "Because you bought Lid"
    assert {len(row) for row in rows} == {9}
    assert why(replace(found.rows[0], because=(), text="for a reason of its own")) == "for a reason of its own"
    segments = segment_rows(Segments.read(GROUPS))
    assert segments[1:] == [
        ["1", "20", "0.667", "product", "pan", "Pan", "0.5", "3"],
        ["1", "20", "0.667", "tags", "iron", "iron", "0.4", "2"],
    ]  # fmt: skip
    assert segment_rows(None) == segments[:1]


@pytest.fixture
def page(desktop: Desktop, served: Served, qtbot: Any) -> RecommendPage:
    desktop.desk.connect_to(served.bridge.url, served.bridge.secret("merchandiser"))
    desktop.window.show_page("recommend")
    found = desktop.window.page.widget
    assert isinstance(found, RecommendPage)
    qtbot.waitUntil(lambda: bool(found.recommendations._view.facets), timeout=WAIT)
    return found


def recommended(page: RecommendPage) -> list[str]:
    view = page.recommendations._view
    return [card.id for card in view.cards] if view.phase == "results" else []


def test_a_customer_is_typed_and_every_recommendation_says_why(page: RecommendPage, qtbot: Any) -> None:
    pane = page.recommendations
    qtbot.keyClicks(pane.ask.customer, "C1")
    qtbot.keyClick(pane.ask.customer, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(recommended(page)), timeout=WAIT)
    assert int(recommended(page)[0].split("-")[1]) % 4 == 1, "it buys in aisle 1"
    assert all(card.why for card in pane._view.cards)
    assert any(card.why.startswith("Because you bought Aisle") for card in pane._view.cards)
    few = len(recommended(page))
    pane.ask.owned.click()
    qtbot.waitUntil(lambda: pane._view.phase == "results" and pane._view.wish.owned, timeout=WAIT)
    assert few and not pane.grab().isNull()
    qtbot.waitUntil(lambda: pane.facets.findChild(QCheckBox, "brand=even") is not None, timeout=WAIT)
    pane.facets.findChild(QCheckBox, "brand=even").click()
    qtbot.waitUntil(lambda: pane._view.phase == "results" and bool(pane._view.wish.filters), timeout=WAIT)
    assert {card.brand for card in pane._view.cards} == {"even"}
    pane.ask.customer.setText("nobody")
    qtbot.keyClick(pane.ask.customer, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Nothing is known of this customer" in pane.strip.label.text(), timeout=WAIT)


def test_a_basket_is_filled_by_typing_and_by_picking(page: RecommendPage, desktop: Desktop, qtbot: Any) -> None:
    pane, basket = page.recommendations, page.recommendations.ask.basket
    pane.ask.who.button(1).click()
    qtbot.keyClicks(basket.box, "item-4")
    qtbot.waitUntil(
        lambda: basket.offers.count() > 0 and basket.offers.item(0).toolTip().endswith("item-4"), timeout=WAIT
    )
    qtbot.keyClick(basket.box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(recommended(page)), timeout=WAIT)
    qtbot.keyClicks(basket.box, "aisle 0 thing 16")
    qtbot.waitUntil(lambda: basket.offers.count() > 0, timeout=WAIT)
    qtbot.keyClick(basket.box, Qt.Key.Key_Down)
    qtbot.keyClick(basket.offers, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(pane._view.basket) == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: bool(recommended(page)), timeout=WAIT)
    first = recommended(page)[0]
    pane.grid.setCurrentIndex(pane.grid.model().index(0, 0))
    qtbot.keyClick(pane.grid, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(pane._view.basket) == 3 and bool(recommended(page)), timeout=WAIT)
    assert first not in recommended(page)
    basket.list.setCurrentRow(2)
    qtbot.keyClick(basket.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(pane._view.basket) == 2, timeout=WAIT)
    desktop.window.page.undo()  # type: ignore[misc]
    assert len(pane._view.basket) == 3


def test_segments_are_drawn_sorted_chosen_and_saved(page: RecommendPage, qtbot: Any, tmp_path: Path) -> None:
    page.open_segments()
    pane = page.segments
    qtbot.waitUntil(lambda: pane._view.phase == "results", timeout=4 * WAIT)
    pane.count.setValue(4)
    pane.go.click()
    qtbot.waitUntil(lambda: pane.model.rowCount() == 4, timeout=4 * WAIT)
    pane.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    least = pane.proxy.index(0, 0).data()
    pane.table.setCurrentIndex(pane.proxy.index(0, 0, QModelIndex()))
    qtbot.waitUntil(lambda: str(pane._view.chosen) == least, timeout=WAIT)
    assert pane.marks_model.rowCount() >= 1
    pane.canvas.selected.emit([0])
    assert pane._view.segments is not None
    assert pane._view.chosen == pane._view.segments.points[0].segment
    pane.save.save_png(tmp_path / "segments.png")
    pane.save.save_csv(tmp_path / "segments.csv")
    assert (tmp_path / "segments.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "segments.csv").read_text("utf-8-sig").splitlines()) > 4


def test_a_shop_without_a_model_says_which_commands_make_one(desktop: Desktop, bridge: Bridge, qtbot: Any) -> None:
    desktop.desk.connect_to(bridge.url, bridge.secret("merchandiser"))
    desktop.window.show_page("recommend")
    page = desktop.window.page.widget
    assert isinstance(page, RecommendPage)
    page.recommendations.ask.customer_given.emit("C1")
    qtbot.waitUntil(lambda: page.recommendations._view.phase == "unready", timeout=WAIT)
    assert "kindred train behaviour" in page.recommendations.message.hint.text()
    page.open_segments()
    qtbot.waitUntil(lambda: page.segments._view.phase == "unready", timeout=WAIT)
    assert "kindred behaviour publish" in page.segments.message.hint.text()


@pytest.mark.parametrize(("status", "said"), [(404, "there is no /v1/"), (401, "does not accept the token")])
def test_an_older_bridge_and_a_refused_token_are_said(status: int, said: str, qtbot: Any, tmp_path: Path) -> None:
    work = Work(threads=1)
    page = RecommendPage(LIGHT, Thumbnails(work, tmp_path))
    qtbot.addWidget(page)
    page.show()
    with refusing_bridge(status) as client:
        presenter = RecommendPresenter(client, AtOnce(), page.recommendations.show_view)
        presenter.shown()
        presenter.customer_given("C1")
        assert said in page.recommendations.message.title.text()
        assert page.recommendations.message.button.isVisible()
        segments = SegmentsPresenter(client, AtOnce(), page.segments.show_view)
        segments.shown()
        assert segments.view.failure is not None and said in segments.view.failure.message
    work.close()


def test_a_wish_says_only_who_it_is_for() -> None:
    assert "history" not in Wish(customer="C1").body()
    assert Wish(basket=("a",)).body()["history"] == ["a"]
