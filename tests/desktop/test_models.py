"""Qt's own model tester on every model, and what they show."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from desktop.compare.models import SideModel
from desktop.compare.state import compare
from desktop.search.models import CARD, ResultsModel
from desktop.search.state import card
from tests.desktop.doubles import hit

CARDS = [card(hit(rank, name), "g001") for rank, name in enumerate(("pan", "pot", "lid"), 1)]


@pytest.mark.usefixtures("qapp")
def test_results_pass_the_model_tester() -> None:
    model = ResultsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_skeleton(12)
    assert model.rowCount() == 12
    assert model.data(model.index(0, 0), CARD) is None
    model.show_rows(CARDS)
    row = [model.data(model.index(1, column)) for column in range(model.columnCount())]
    assert row == ["2", "Pot", "Acme", "", "£20.00", "Words 40 %, Meaning 60 % · pot"]
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Title"
    assert "Pot" in model.data(model.index(1, 0), Qt.ItemDataRole.AccessibleTextRole)
    model.show_rows([])
    assert (model.rowCount(), model.card(0)) == (0, None)
    del tester


@pytest.mark.usefixtures("qapp")
def test_sides_pass_the_model_tester() -> None:
    model = SideModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_rows((None,) * 20)
    model.show_rows(compare(CARDS, CARDS[:1]).left)
    assert (model.rowCount(), model.place("lid"), model.place("nobody")) == (3, 2, None)
    spoken = model.data(model.index(1, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "2, Pot, only on this side"
    model.show_rows(())
    del tester
