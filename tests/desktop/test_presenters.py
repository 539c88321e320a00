"""Presenters without a display: intents in, frozen views out."""

from pathlib import Path
from typing import Any

import pytest

from desktop.bridge import Answer, Facet, GenerationRow, Standing, Wanted
from desktop.compare.presenter import ComparePresenter
from desktop.compare.state import Configuration, compare
from desktop.errors import BridgeAwayError, BridgeRefusedError
from desktop.running import Latest
from desktop.search.presenter import MAX_PICTURE_BYTES, SearchPresenter
from desktop.search.state import PAGE_SIZE, SearchView, card, marked, pages_of
from desktop.shell.health import HealthPresenter
from tests.desktop.doubles import AtOnce, Later, answer, hit

PNG = b"\x89PNG\r\n\x1a\n"


class Shop:
    """A bridge whose answers are written down."""

    url = "http://shop"

    def __init__(self) -> None:
        self.asked: list[tuple[Wanted, int]] = []
        self.answers: dict[str, Answer] = {}
        self.error: Exception | None = None
        self.stands = Standing("products", "g002", 1234, "3.6.0", True, "")

    def search(self, wanted: Wanted, *, size: int, offset: int = 0, explain: bool = True) -> Answer:
        self.asked.append((wanted, offset))
        if self.error:
            raise self.error
        return self.answers.get(wanted.mode) or self.answers.get(wanted.text) or answer("pan", "pot", total=100)

    def facets(self, wanted: Wanted) -> tuple[Facet, ...]:
        return (Facet("brand"),)

    def standing(self) -> Standing:
        if self.error:
            raise self.error
        return self.stands


@pytest.fixture
def shop() -> Shop:
    return Shop()


def searching(shop: Any, runner: Any = None) -> tuple[SearchPresenter, list[SearchView]]:
    views: list[SearchView] = []
    return SearchPresenter(shop, runner or AtOnce(), views.append), views


def test_a_search_waits_and_then_shows(shop: Shop) -> None:
    presenter, views = searching(shop)
    presenter.text_changed("  iron   pan ")
    assert [view.phase for view in views] == ["waiting", "results", "results"]
    last = views[-1]
    assert (last.wanted.text, last.total, last.pages) == ("iron pan", 100, 3)
    assert last.cards[0].why == "Words 40 %, Meaning 60 % · pan"
    assert last.facets == (Facet("brand"),)
    assert last.summary == "100 results · 12 ms"


def test_an_answer_that_is_late_is_dropped(shop: Shop) -> None:
    runner = Later()
    presenter, views = searching(shop, runner)
    shop.answers = {"p": answer("old"), "pan": answer("new")}
    presenter.text_changed("p")
    presenter.text_changed("pan")
    for job in reversed(runner.jobs):  # the first search comes last
        job()
    assert [one.id for one in views[-1].cards] == ["new"]


def test_filters_of_one_field_add_up_and_go(shop: Shop) -> None:
    presenter, views = searching(shop)
    presenter.value_toggled("brand", "Acme", True)
    presenter.value_toggled("brand", "Lune", True)
    presenter.range_chosen("price", 10.0, None)
    assert views[-1].wanted.filters == {"brand": ["Acme", "Lune"], "price": {"gte": 10.0}}
    presenter.value_toggled("brand", "Acme", False)
    presenter.range_chosen("price", None, None)
    assert views[-1].wanted.filters == {"brand": ["Lune"]}
    presenter.filters_removed()
    assert views[-1].wanted.filters == {}


def test_pages_are_turned_within_their_bounds(shop: Shop) -> None:
    presenter, _ = searching(shop)
    presenter.text_changed("pan")
    for page in (2, 99, 0):
        presenter.page_turned(page)
    assert [offset for _, offset in shop.asked] == [0, PAGE_SIZE, 2 * PAGE_SIZE, 0]
    assert pages_of(10**6) * PAGE_SIZE <= 10_000


@pytest.mark.parametrize(("data", "said"), [(b"%PDF-1.4", "no picture"), (PNG + bytes(MAX_PICTURE_BYTES), "too large")])
def test_what_is_no_picture_is_refused_and_nothing_lost(shop: Shop, data: bytes, said: str) -> None:
    presenter, views = searching(shop)
    presenter.text_changed("pan")
    presenter.picture_given(data)
    assert said in views[-1].notice
    assert (views[-1].phase, len(shop.asked)) == ("results", 1)


def test_a_picture_from_a_file_and_then_a_product(shop: Shop, tmp_path: Path) -> None:
    presenter, views = searching(shop)
    (tmp_path / "photo.png").write_bytes(PNG)
    presenter.mode_chosen("keyword")
    presenter.picture_file_given(tmp_path / "photo.png")
    assert shop.asked[-1][0].picture == PNG
    assert shop.asked[-1][0].body()["mode"] == "hybrid"  # keywords cannot search by a picture
    presenter.similar_wanted("pan", "Iron pan")
    assert (views[-1].wanted.like, views[-1].wanted.picture, views[-1].like_title) == ("pan", None, "Iron pan")
    presenter.example_removed()
    assert views[-1].wanted.is_empty
    presenter.picture_file_given(tmp_path / "nobody.png")
    assert "cannot be read" in views[-1].notice


def test_a_failure_is_a_sentence_with_details_and_can_be_tried_again(shop: Shop) -> None:
    presenter, views = searching(shop)
    shop.error = BridgeAwayError("No bridge answers.", "ConnectError")
    presenter.text_changed("pan")
    failure = views[-1].failure
    assert failure is not None and (failure.message, failure.details) == ("No bridge answers.", "ConnectError")
    shop.error = None
    presenter.again()
    assert (views[-1].phase, views[-1].failure) == ("results", None)
    shop.error = ZeroDivisionError("secret")
    presenter.again()
    assert views[-1].failure is not None and "secret" not in views[-1].failure.message


def test_what_is_cancelled_does_not_come(shop: Shop) -> None:
    runner = Later()
    presenter, views = searching(shop, runner)
    presenter.text_changed("pan")
    presenter.cancelled()
    for job in runner.jobs:
        job()
    assert views[-1].phase == "empty"


def test_odd_products_are_shown() -> None:
    bare = card(hit(1, "id-7", title="", price=None, brand=None), "g001")
    assert (bare.title, bare.price, bare.initial) == ("id-7", "", "I")
    long = card(hit(2, "long", title="x" * 5000), "g001")
    assert len(long.title) == 300
    arabic = card(hit(3, "ar", title="مقلاة حديد"), "g001")
    assert arabic.initial == "م"


def test_matched_words_are_marked() -> None:
    assert marked("Cast iron pan, iron", ("iron",)) == (
        ("Cast ", False), ("iron", True), (" pan, ", False), ("iron", True)
    )  # fmt: skip
    assert marked("不锈钢炒锅", ("炒锅",)) == (("不锈钢", False), ("炒锅", True))
    assert "".join(piece for piece, _ in marked("Île’s ﬁ İ!", ("x",))) == "Île’s ﬁ İ!"


def test_rankings_are_joined_by_product() -> None:
    left = [card(hit(rank, name), "g1") for rank, name in enumerate("abcd", 1)]
    right = [card(hit(rank, name), "g1") for rank, name in enumerate("caxd", 1)]
    found = compare(left, right)
    assert [row.movement for row in found.right] == ["▲2", "▼1", "new", "="]
    assert [row.movement for row in found.left] == ["▲1", "gone", "▼2", "="]
    assert (found.overlap, found.entered, found.left_out, found.moved) == (3, 1, 1, 2)


def test_two_configurations_are_compared(shop: Shop) -> None:
    views: list[Any] = []
    presenter = ComparePresenter(shop, AtOnce(), views.append)  # type: ignore[arg-type]
    shop.answers = {"keyword": answer("a", "b"), "hybrid": answer("b", "c", degraded=True, reason="no encoder")}
    presenter.text_changed("pan")
    assert views[-1].summary == "1 of 2 on both sides · 1 new · 1 gone · 1 moved"
    assert views[-1].degraded == "no encoder"
    presenter.generations_known((GenerationRow("g001", False, 5, "m", True), GenerationRow("g002", True, 5, "m", True)))
    presenter.side_changed(0, Configuration("hybrid", "g001"))
    assert shop.asked[-2][0].generation == "g001"
    presenter.swapped()
    assert [one.generation for one in views[-1].sides] == ["", "g001"]
    presenter.generations_known(())
    assert [one.generation for one in views[-1].sides] == ["", ""]
    presenter.text_changed(" ")
    assert views[-1].phase == "empty"


def test_health_says_what_is_wrong_in_a_word_and_a_sentence(shop: Shop) -> None:
    views: list[Any] = []
    presenter = HealthPresenter(shop, AtOnce(), views.append)  # type: ignore[arg-type]
    presenter.ask()
    assert (views[-1].word, views[-1].node, views[-1].strip) == ("well", "node 3.6.0 · 1,234 products", "")
    shop.stands = Standing("products", "", None, "", False, "connection refused")
    presenter.ask()
    assert (views[-1].word, views[-1].strip) == ("degraded", "OpenSearch does not answer. connection refused")
    shop.error = BridgeRefusedError(401, "The bridge does not accept the token.")
    presenter.ask()
    assert (views[-1].word, views[-1].bridge) == ("refused", "token refused")
    shop.error = BridgeAwayError("No bridge answers.")
    presenter.ask()
    assert views[-1].word == "away"


def test_only_the_latest_of_several_jobs_counts() -> None:
    runner, got = Later(), []
    latest = Latest(runner)
    latest.run(lambda: 1, got.append, got.append)
    latest.run(lambda: 2, got.append, got.append)
    assert latest.waiting
    for job in runner.jobs:
        job()
    assert (got, latest.waiting) == ([2], False)
