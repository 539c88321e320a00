"""Tags, map and release pages with odd products, an older bridge and a refused token; no real bridge needed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
)

from desktop.bridge import Bridge
from desktop.bridge.maps import CatalogueMap, MapPoint
from desktop.bridge.releases import Release
from desktop.bridge.suggestions import Suggestion, ValueGroup
from desktop.map.presenter import MapPresenter
from desktop.map.state import MapView, legend
from desktop.map.view import MapPage
from desktop.tags.presenter import TagsPresenter
from desktop.tags.state import TagsView
from desktop.tags.view import TagsPage
from desktop.theme import DARK, LIGHT
from desktop.train.presenter import TrainPresenter
from desktop.train.releases import ReleasePresenter, ReleaseView
from desktop.train.view import TrainPage
from desktop.widgets.thumbnails import Thumbnails
from desktop.work import Work
from tests.desktop.doubles import AtOnce, Later, refusing_bridge

TITLES = [
    "",
    "x" * 5000,
    "word " * 1000,
    "مقلاة من الحديد الزهر",
    "铸铁煎锅",
    "a\u202eb\u0000\u200d👩‍🍳",
    "<b>&amp;</b>",
]


@pytest.fixture
def thumbnails(qapp: Any, tmp_path: Path) -> Iterator[Thumbnails]:
    work = Work(threads=1)
    yield Thumbnails(work, tmp_path)
    work.close()


def test_odd_products_are_drawn_among_tags(qtbot: Any, thumbnails: Thumbnails) -> None:
    page = TagsPage(LIGHT, thumbnails)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    products = {f"p{place}": {"title": title} for place, title in enumerate(TITLES)}
    rows = tuple(
        Suggestion.read(
            {"id": place, "product": name, "field": "category", "value": fields["title"] or "?", "confidence": 0.5,
             "evidence": {"neighbours": [{"id": "n", "title": fields["title"]}], "words": [{"word": "w" * 300}]}},
            products,
        )
        for place, (name, fields) in enumerate(products.items())
    )  # fmt: skip
    assert rows[0].title == "p0", "a product without a title goes by its id"
    groups = tuple(ValueGroup("tags", f"value {number} " * 40, 1, 0) for number in range(200))
    view = TagsView(phase="results", rows=rows, total=len(rows), groups=groups, categories=(("a > b", 1),))
    for theme in (LIGHT, DARK):
        page.use_theme(theme)
        page.show_view(view)
        for one in rows:
            page.list.setCurrentIndex(page.model.place(str(one.id)))
            assert not page.grab().isNull()


def test_odd_products_are_drawn_on_the_map(qtbot: Any) -> None:
    page = MapPage(LIGHT)
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    points = tuple(MapPoint(f"p{place}", title, (title,), place, -place) for place, title in enumerate(TITLES))
    same = (*points, MapPoint("twin", "", (), 1.0, -1.0))
    made = CatalogueMap("g", "pca", "text", same, ("p1", "nobody"))
    page.show_view(MapView(phase="results", map=made, legend=legend(same)))
    page.select(list(range(len(same))))
    for theme in (DARK, LIGHT):
        page.use_theme(theme)
        assert not page.grab().isNull()
    one = CatalogueMap("g", "pca", "text", same[:1], ())
    page.show_view(MapView(phase="results", map=one, legend=legend(same[:1])))
    assert not page.grab().isNull()


def test_odd_products_are_drawn_in_a_comparison(qtbot: Any, thumbnails: Thumbnails) -> None:
    page = TrainPage(LIGHT, thumbnails)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    hits = [{"id": f"p{place}", "product": {"title": title}} for place, title in enumerate(TITLES)]
    change = {"query": TITLES[1], "overlap": 0.1, "before": hits, "after": [*hits[::-1], {"id": "z", "product": None}]}
    figures = {"live": 0.5, "candidate": 0.5, "difference": 0.0, "low": 0.0, "high": 0.0, "queries": 1}
    release = Release.read({"id": 1, "changes": [change], "comparison": {"ndcg@10": figures}, "problem": TITLES[2]})
    page.show_releases(ReleaseView((release,), 1))
    page.open_releases()
    for theme in (DARK, LIGHT):
        page.use_theme(theme)
        assert not page.grab().isNull()


def test_every_control_of_the_pages_has_a_name(qtbot: Any, thumbnails: Thumbnails) -> None:
    for page in (TagsPage(LIGHT, thumbnails), MapPage(LIGHT), TrainPage(LIGHT, thumbnails)):
        qtbot.addWidget(page)
        for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView, QPlainTextEdit, QProgressBar):
            for one in page.findChildren(kind):
                inside = one.window() is not page or isinstance(one.parent(), QAbstractItemView) or one.isHidden()
                if inside or one.focusPolicy() == Qt.FocusPolicy.NoFocus or one.objectName().startswith("qt_"):
                    continue
                text = one.text() if isinstance(one, QAbstractButton) else ""
                assert one.accessibleName() or text, (type(page).__name__, type(one).__name__, one.objectName())


def test_a_slow_list_of_suggestions_can_be_given_up(qtbot: Any, thumbnails: Thumbnails) -> None:
    page = TagsPage(LIGHT, thumbnails)
    qtbot.addWidget(page)
    page.show()
    runner = Later()
    presenter = TagsPresenter(Bridge("http://127.0.0.1:9"), runner, page.show_view)
    page.cancelled.connect(presenter.cancelled)
    presenter.shown()
    assert page.message.title.text() == "Searching…"
    qtbot.waitUntil(page.message.button.isVisible, timeout=60_000)
    page.message.button.click()
    assert presenter.view.phase == "empty"
    runner.jobs[0]()
    assert presenter.view.phase == "empty", "the answer that comes late is dropped"


@pytest.fixture(params=[(404, "there is no"), (401, "does not accept the token"), (500, "there is no")])
def refusing(request: pytest.FixtureRequest) -> Iterator[tuple[Bridge, str]]:
    """A bridge that is older and has none of this, one that refuses the token, one that is broken."""
    with refusing_bridge(request.param[0]) as client:
        yield client, request.param[1]


def test_what_a_bridge_refuses_is_a_sentence_on_each_page(refusing: tuple[Bridge, str]) -> None:
    bridge, said = refusing
    views: list[Any] = []
    for presenter in (
        TagsPresenter(bridge, AtOnce(), views.append), MapPresenter(bridge, AtOnce(), views.append),
        TrainPresenter(bridge, AtOnce(), views.append), ReleasePresenter(bridge, AtOnce(), views.append),
    ):  # fmt: skip
        presenter.shown()
        last = views[-1]
        assert last.failure is not None and said in last.failure.message, type(presenter)
        assert last.failure.details
