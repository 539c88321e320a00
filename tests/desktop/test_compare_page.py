"""Comparing with weights, with and without rules, and judging results: without a display and through a real bridge."""

from math import log2
from typing import Any

import pytest
from PySide6.QtCore import Qt

from desktop.app import Desktop
from desktop.bridge import Answer, Wanted
from desktop.compare.presenter import ComparePresenter
from desktop.compare.state import Configuration, compare, ndcg, with_ratings
from desktop.errors import BridgeAwayError
from desktop.search.state import card
from tests.desktop.conftest import WAIT
from tests.desktop.doubles import AtOnce, Later, answer, hit
from tests.fixtures.bridge import Bridge


class Shop:
    """A bridge that finds the same for everything and keeps judgments."""

    def __init__(self) -> None:
        self.asked: list[Wanted] = []
        self.kept: dict[str, tuple[str, int]] = {}
        self.away = False

    def search(self, wanted: Wanted, *, size: int) -> Answer:
        self.asked.append(wanted)
        return answer("pan", "pot", "lid")

    def ask(self, method: str, path: str, body: Any = None, *, params: Any = None) -> Any:
        if self.away:
            raise BridgeAwayError("No bridge answers.", "")
        if method == "GET":
            said = [{"product": product, "rating": rating} for product, rating in self.kept.values()]
            return {"judgments": [*said, {"product": "lid", "rating": 1}, {"product": "lid", "rating": 2}]}
        if path.endswith("/undo"):
            del self.kept[body["of"]]
            return {}
        one = body["judgments"][0]
        self.kept[one["key"]] = (one["product"], one["rating"])
        return {"saved": [{"key": one["key"]}]}

    def read(self, reader: Any, document: Any) -> Any:
        return reader(document)


def test_quality_is_ndcg_with_unjudged_as_nothing() -> None:
    ratings = {"pan": 3, "lid": 1, "else": 2}
    found = (2**3 - 1) / log2(2) + (2**1 - 1) / log2(4)
    best = (2**3 - 1) / log2(2) + (2**2 - 1) / log2(3) + (2**1 - 1) / log2(4)
    assert ndcg(["pan", "pot", "lid"], ratings) == pytest.approx(found / best)
    assert ndcg(["pan"], {}) is None and ndcg(["pan"], {"pan": 0}) is None
    cards = [card(hit(rank, name), "g001") for rank, name in enumerate(("pan", "pot"), 1)]
    rated = with_ratings(compare(cards, cards), ratings)
    assert [row.rating for row in rated.left] == [3, None]
    assert rated.right[0].spoken == "rank 1, 1 on the other side, rated 3"


def test_sides_ask_with_their_own_rules_and_weights() -> None:
    shop, views = Shop(), []
    presenter = ComparePresenter(shop, AtOnce(), views.append)  # type: ignore[arg-type]
    presenter.text_changed("pan")
    presenter.side_changed(1, Configuration("hybrid", "g002", rules=False, weights=(1.0, 2.0, 0.5)))
    left, right = (one.body() for one in shop.asked[-2:])
    assert "rules" not in left and "weights" not in left
    assert right["rules"] is False and right["weights"] == {"keyword": 1.0, "text": 2.0, "image": 0.5}
    assert views[-1].quality(0) == "nDCG@10 0.50 · 1/3 judged"  # the lower of two middles, at the third place


def test_ratings_are_shown_at_once_kept_and_taken_back() -> None:
    shop, later = Shop(), Later()
    presenter = ComparePresenter(shop, later, lambda view: None)  # type: ignore[arg-type]
    presenter.text_changed("pan")
    while later.jobs:
        later.jobs.pop(0)()
    presenter.rated("pan", 3)
    assert presenter.view.comparison.left[0].rating == 3 and not shop.kept
    later.jobs.pop()()
    assert list(shop.kept.values()) == [("pan", 3)]
    presenter.undone()
    later.jobs.pop()()
    assert presenter.view.comparison.left[0].rating is None and not shop.kept
    presenter.undone()
    assert "nothing" in presenter.view.notice
    shop.away = True
    presenter.rated("pot", 1)
    later.jobs.pop()()
    assert presenter.view.comparison.left[1].rating is None and presenter.view.notice == "No bridge answers."
    presenter.rated("pot", 7)
    assert not later.jobs


def test_what_is_taken_back_at_once_is_sent_after_what_was_said() -> None:
    shop, later = Shop(), Later()
    presenter = ComparePresenter(shop, later, lambda view: None)  # type: ignore[arg-type]
    presenter.text_changed("pan")
    while later.jobs:
        later.jobs.pop(0)()
    presenter.rated("pan", 3)
    presenter.undone()
    assert presenter.view.ratings.get("pan") is None and len(later.jobs) == 1
    later.jobs.pop()()
    assert list(shop.kept.values()) == [("pan", 3)]
    later.jobs.pop()()
    assert not shop.kept


def test_other_words_have_other_ratings() -> None:
    shop, later = Shop(), Later()
    presenter = ComparePresenter(shop, later, lambda view: None)  # type: ignore[arg-type]
    presenter.text_changed("pan")
    slow = later.jobs[-1]
    presenter.text_changed("pot")
    slow()
    assert not presenter.view.ratings


def test_results_are_judged_by_key_through_a_bridge(connected: Desktop, bridge: Bridge, qtbot: Any) -> None:
    window, query = connected.window, "mattress for judging"
    window.show_page("compare")
    view = window.compare_view
    qtbot.keyClicks(view.query, query)
    qtbot.waitUntil(lambda: window.compare.view.text == query and window.compare.view.phase == "results", timeout=WAIT)
    qtbot.waitUntil(lambda: view.models[1].rowCount() > 3 and view.models[1].row(3) is not None, timeout=WAIT)
    results = view.lists[1]
    results.setFocus()
    results.setCurrentIndex(view.models[1].index(0))
    first = view.models[1].row(0).card.id
    qtbot.keyClick(results, Qt.Key.Key_3)
    assert view.models[1].row(0).rating == 3 and results.currentIndex().row() == 1
    qtbot.keyClick(results, Qt.Key.Key_0)
    results.setCurrentIndex(view.models[1].index(0))
    qtbot.keyClick(results, Qt.Key.Key_U)
    assert results.currentIndex().row() == 2

    def judged() -> dict[str, int]:
        with bridge.http("merchandiser") as http:
            answered = http.get("/v1/judgments", params={"query": query})
        assert answered.status_code == 200, answered.text
        found = answered.json()["judgments"]
        return {one["product"]: one["rating"] for one in found}

    qtbot.waitUntil(lambda: judged().get(first) == 3 and len(judged()) == 2, timeout=WAIT)
    assert "judged" in view.sides[1].quality.text()
    window.page.undo()
    qtbot.waitUntil(lambda: len(judged()) == 1, timeout=WAIT)


def test_rules_and_weights_are_compared_through_a_bridge(connected: Desktop, bridge: Bridge, qtbot: Any) -> None:
    rule = {"action": "pin", "kind": "query", "value": "kettle for tea", "products": ["tent"]}
    with bridge.http("merchandiser") as http:
        made = http.post("/v1/rules", json=rule).json()
        window = connected.window
        window.show_page("compare")
        view = window.compare_view
        qtbot.keyClicks(view.query, "kettle for tea")
        view.sides[0].mode.setCurrentIndex(0)
        view.sides[0].mode.activated.emit(0)
        view.sides[0].rules.click()
        view.sides[1].weights[0].setValue(3)
        qtbot.waitUntil(lambda: window.compare.view.sides[1].weights == (3.0, 1.0, 1.0), timeout=WAIT)
        qtbot.waitUntil(lambda: window.compare.view.phase == "results", timeout=WAIT)
        found = window.compare.view.comparison
        assert found.right[0].card.id == "tent" and found.left[0].card.id == "kettle"
        assert found.right[0].card.shares[-1].part == "rule"
        http.delete(f"/v1/rules/{made['id']}")
