"""Segments of customers: the presenter without a display, the table under the model tester, the pane without points."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtTest import QAbstractItemModelTester

from desktop.bridge.behaviour import Segments
from desktop.errors import BridgeRefusedError
from desktop.recommend.models import SORT, SegmentsModel
from desktop.recommend.presenter import SegmentsPresenter
from desktop.recommend.segments import SegmentsPane, mark_rows
from desktop.recommend.state import SegmentsView
from desktop.theme import DARK, LIGHT
from tests.desktop.doubles import AtOnce
from tests.desktop.test_recommend import GROUPS, MARK, Shop


def test_segments_are_made_once_and_anew_for_another_count() -> None:
    views: list[SegmentsView] = []
    shop = Shop(GROUPS, GROUPS, BridgeRefusedError(409, "no model"))
    presenter = SegmentsPresenter(shop, AtOnce(), views.append)  # type: ignore[arg-type]
    presenter.shown()
    presenter.shown()
    assert views[-1].summary == "30 customers in 2 segments · m" and views[-1].chosen == 1
    presenter.count_chosen(8)
    presenter.count_chosen(2)
    assert shop.asked == [{"count": 8}, {"count": 2}]
    presenter.chosen(2)
    assert views[-1].segment is not None and views[-1].segment.customers == 10
    presenter.count_chosen(3)
    assert views[-1].phase == "unready"


@pytest.mark.usefixtures("qapp")
def test_segments_pass_the_model_tester_and_sort_by_number() -> None:
    model, proxy = SegmentsModel(), QSortFilterProxyModel()
    testers = [
        QAbstractItemModelTester(one, QAbstractItemModelTester.FailureReportingMode.Fatal) for one in (model, proxy)
    ]
    proxy.setSourceModel(model)
    proxy.setSortRole(SORT)
    one = Segments.read(GROUPS).found[0]
    model.show_segments([replace(one, number=number, customers=number * 5) for number in (2, 1, 10)])
    proxy.sort(1, Qt.SortOrder.DescendingOrder)
    assert [proxy.index(row, 0).data() for row in range(3)] == ["10", "2", "1"]
    assert [model.data(model.index(0, column)) for column in range(5)] == ["2", "10", "67 %", "Pan", "iron"]
    assert [branch.cells[0] for branch in mark_rows(one)] == [
        "Products, by customers who buy them", "Categories and tags, by what is bought"
    ]  # fmt: skip
    model.show_segments(())
    assert model.place(1) is None and model.segment(0) is None
    del testers


def test_segments_without_points_are_a_table_only(qtbot: Any) -> None:
    pane = SegmentsPane(LIGHT)
    qtbot.addWidget(pane)
    pane.resize(1000, 600)
    pane.show()
    found = Segments.read(GROUPS | {"points": []})
    pane.show_view(SegmentsView("results", 8, found, 1))
    assert not pane.frame.isVisible() and "no points" in pane.summary.text()
    assert not pane.table.isColumnHidden(4)
    odd = "x" * 5000 + "‮مقلاة"
    marks = [MARK | {"item": f"p{place}", "title": title} for place, title in enumerate(("", odd))]
    again = Segments.read(GROUPS | {"segments": [{"segment": 1, "products": marks}]})
    pane.show_view(SegmentsView("results", 8, again, 1))
    pane.use_theme(DARK)
    assert pane.frame.isVisible() and pane.table.isColumnHidden(4)
    assert not pane.grab().isNull()
