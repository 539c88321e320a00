"""Odd products and many facets, drawn without a bridge."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox, QPushButton

from desktop.bridge import Facet, FacetValue, Wanted
from desktop.search.facets import FacetPanel
from desktop.search.state import SearchView, card
from desktop.search.view import SearchPage
from desktop.theme import DARK, LIGHT
from desktop.widgets.thumbnails import Thumbnails, prune
from desktop.work import Work
from tests.desktop.doubles import hit


@pytest.fixture
def work(qapp: Any) -> Iterator[Work]:
    made = Work(threads=2)
    yield made
    made.close()


@pytest.fixture
def page(qtbot: Any, work: Work, tmp_path: Path) -> SearchPage:
    made = SearchPage(LIGHT, Thumbnails(work, tmp_path))
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


def test_odd_products_are_drawn(page: SearchPage) -> None:
    titles = ["", "x" * 5000, "word " * 1000, "مقلاة من الحديد الزهر", "铸铁煎锅", "a\u202eb\u0000\u200d👩‍🍳"]
    cards = tuple(card(hit(rank, f"id{rank}", title=title, price="?"), "g") for rank, title in enumerate(titles, 1))
    page.show_view(SearchView(wanted=Wanted("x"), phase="results", cards=cards, total=len(cards)))
    for theme in (LIGHT, DARK):
        page.use_theme(theme)
        for table in (False, True):
            page.table_button.setChecked(table)
            assert not page.grab().isNull()


def test_a_title_is_drawn_with_its_matched_words_marked(page: SearchPage, qtbot: Any) -> None:
    """What is drawn where the title stands: letters on the page's ground, and the marked ground behind a word."""
    from desktop.widgets.cards import PHOTO_HEIGHT

    shown = [("Iron pan", ("pan",)), ("Iron pan", ()), ("word " * 1000, ("word",))]
    for title, words in shown:
        one = replace(card(hit(1, "id", title=title), "g"), words=words)
        page.show_view(SearchView(wanted=Wanted("x"), phase="results", cards=(one,), total=1))
        qtbot.wait(50)
        picture = page.grid.viewport().grab().toImage()
        box = page.grid.visualRect(page.grid.model().index(0, 0))
        top = box.top() + PHOTO_HEIGHT + 16
        places = ((x, y) for x in range(box.left() + 12, box.right() - 12) for y in range(top, top + 36))
        colours = {picture.pixelColor(*place).name() for place in places}
        assert LIGHT.text in colours, title
        assert (LIGHT.mark in colours) == bool(words), title


def test_two_hundred_facets_do_not_flood_the_panel(qtbot: Any) -> None:
    panel = FacetPanel()
    qtbot.addWidget(panel)
    values = tuple(FacetValue(f"v{number}" * 40, number) for number in range(200))
    facets = tuple(Facet(f"field_{number}", values) for number in range(200))
    began = time.monotonic()
    panel.show_facets(facets, {})
    qtbot.waitUntil(lambda: panel.findChild(QPushButton, "more:") is not None, timeout=5000)
    assert time.monotonic() - began < 2
    assert len(panel.findChildren(QCheckBox)) < 100
    panel.findChild(QPushButton, "more:field_0").click()
    qtbot.waitUntil(lambda: len(panel.findChildren(QCheckBox)) > 200, timeout=5000)


def test_a_filter_that_finds_nothing_can_be_taken_off(qtbot: Any) -> None:
    panel = FacetPanel()
    qtbot.addWidget(panel)
    panel.show_facets((), {"brand": ["Gone"], "price": {"gte": 5.0}})
    qtbot.waitUntil(lambda: panel.findChild(QCheckBox, "brand=Gone") is not None, timeout=5000)
    box = panel.findChild(QCheckBox, "brand=Gone")
    assert box.isChecked()
    with qtbot.waitSignal(panel.value_toggled) as taken:
        box.click()
    assert taken.args == ["brand", "Gone", False]


def test_typing_waits_a_moment_and_then_asks_once(page: SearchPage, qtbot: Any) -> None:
    asked: list[str] = []
    page.text_changed.connect(asked.append)
    qtbot.keyClicks(page.query, "pan")
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
    qtbot.wait(150)
    assert asked == ["pan"]


def test_jobs_run_elsewhere_and_come_back_here(work: Work, qtbot: Any) -> None:
    import threading

    here, seen = threading.get_ident(), []
    work.run(threading.get_ident, lambda there: seen.append((there, threading.get_ident())), lambda _: None)
    work.run(lambda: 1 // 0, lambda _: None, lambda error: seen.append(type(error)))
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=5000)
    assert ZeroDivisionError in seen
    there, back = next(one for one in seen if isinstance(one, tuple))
    assert there != here and back == here


def test_the_cache_of_thumbnails_keeps_to_its_limit(tmp_path: Path) -> None:
    import os

    for number in range(5):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(bytes(100))
        os.utime(file, (number, number))
    prune(tmp_path, 250)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["3.jpg", "4.jpg"]
