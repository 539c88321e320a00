"""The rules page: without a display, its models, and through a real bridge and node."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QAbstractItemModelTester

from desktop import i18n
from desktop.app import Desktop
from desktop.bridge.rules import AuditEntry, Draft, RuleConflict, RuleRow
from desktop.rules.models import AuditModel, RulesModel
from desktop.rules.presenter import RulesPresenter
from desktop.rules.state import RulesView, sentence, when
from desktop.rules.view import RulesPage
from tests.desktop.conftest import WAIT
from tests.desktop.doubles import refusing_bridge
from tests.fixtures.bridge import Bridge

PIN = Draft("pin", "query", "couch", ("tent",), place=2, owner="ann")
ROWS = (
    RuleRow(1, 5, "live", "ann", "2026-11-01T10:00:00", PIN),
    RuleRow(2, 6, "waiting", "ann", "2026-11-01T10:00:00", Draft("hide", "pattern", "*", field="brand", of="Acme")),
)


def test_rules_are_sentences() -> None:
    assert sentence(PIN, {"tent": "Two person tent"}) == "Pin Two person tent to place 2 for “couch”"
    assert sentence(ROWS[1].draft) == "Hide Brand “Acme” everywhere"
    bury = Draft("bury", "category", "Shoes", ("a", "b", "c"), factor=2.0)
    assert sentence(bury) == "Bury a and 2 more ÷2 in the category “Shoes”"
    assert sentence(Draft("boost", "pattern", "boot*")) == "Boost … ×1.5 for words like “boot*”"
    assert [when(replace(PIN, starts=one, ends=other)) for one, other in (("", ""), ("2026-12-01", ""))] == [
        "", "from 2026-12-01"
    ]  # fmt: skip
    try:
        i18n.choose("zh_CN")
        assert sentence(PIN, {"tent": "帐篷"}) == "对“couch”将 帐篷 固定在第 2 位"
    finally:
        i18n.choose("en")


def test_days_are_whole_both_ways() -> None:
    document = PIN.to_json() | {"starts": "2026-12-01T00:00:00+00:00", "ends": "2026-12-25T00:00:00+00:00"}
    read = Draft.read(document)
    assert (read.starts, read.ends) == ("2026-12-01", "2026-12-24")
    assert Draft.read(document | {"ends": "2026-12-24T08:30:00+00:00"}).ends == "2026-12-24T08:30:00+00:00"


@pytest.mark.usefixtures("qapp")
def test_models_pass_the_model_tester() -> None:
    model, audit = RulesModel(), AuditModel()
    testers = [
        QAbstractItemModelTester(one, QAbstractItemModelTester.FailureReportingMode.Fatal) for one in (model, audit)
    ]
    view = RulesView(rows=ROWS, conflicts=(RuleConflict("hidden", (1, 2), 2),))
    model.show_view(view)
    assert model.rowCount() == 2 and model.place(2) == 1 and model.place(9) is None
    assert model.data(model.index(1, 0)) == "Hide Brand “Acme” everywhere\nwaiting · ⚠ in conflict"
    model.show_view(replace(view, titles={"tent": "Tent"}))
    assert "Tent" in model.data(model.index(0, 0))
    model.show_view(RulesView())
    audit.show_entries((AuditEntry(9, 1, "change", "ann", "2026-11-01T10:00:00.5", None, PIN),), view)
    row = [audit.data(audit.index(0, column)) for column in range(audit.columnCount())]
    assert row == ["2026-11-01 10:00:00", "ann", "1: changed", "", "Pin tent to place 2 for “couch”"]
    audit.show_entries((), view)
    assert model.rowCount() == audit.rowCount() == 0
    del testers


@pytest.fixture
def merchant(connected: Desktop, bridge: Bridge) -> Iterator[Desktop]:
    """A desktop on the rules page of a shop that has no rules, before and after."""
    connected.window.show_page("rules")
    yield connected
    with bridge.http("merchandiser") as http:
        for one in http.get("/v1/rules").json()["rules"]:
            http.delete(f"/v1/rules/{one['id']}")


def page(desktop: Desktop) -> RulesPage:
    view = next(page.widget for page in desktop.window.pages if page.name == "rules")
    assert isinstance(view, RulesPage)
    return view


def shown(view: RulesPage, side: int) -> list[str]:
    rows = (view.models[side].row(place) for place in range(view.models[side].rowCount()))
    return [row.card.id for row in rows if row is not None]


def standing(bridge: Bridge) -> list[dict[str, Any]]:
    with bridge.http("merchandiser") as http:
        return list(http.get("/v1/rules").json()["rules"])


def changes(bridge: Bridge) -> int:
    with bridge.http("merchandiser") as http:
        return len(http.get("/v1/rules/audit", params={"size": 1000}).json()["events"])


def test_a_rule_is_made_looked_at_saved_and_taken_back(merchant: Desktop, bridge: Bridge, qtbot: Any) -> None:
    window, before = merchant.window, changes(bridge)
    view = page(merchant)
    qtbot.waitUntil(lambda: view._view.phase == "nothing", timeout=WAIT)
    assert view.message.button.isVisible()
    view.message.button.click()
    assert not view.editor.save.isEnabled()
    qtbot.keyClicks(view.editor.value, "couch")
    qtbot.waitUntil(lambda: len(shown(view, 0)) > 3, timeout=WAIT)  # what is found now, to choose from
    chosen = shown(view, 0)[3]
    view.lists[0].setCurrentIndex(view.models[0].index(3, 0))
    qtbot.keyClick(view.lists[0], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(view, 1)[:1] == [chosen], timeout=WAIT)
    assert shown(view, 0)[3] == chosen and "moved" in view.summary.text()
    assert standing(bridge) == []
    qtbot.keyClick(view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [one["products"] for one in standing(bridge)] == [[chosen]], timeout=WAIT)
    qtbot.waitUntil(lambda: view.model.rowCount() == 1 and view.undo.isEnabled(), timeout=WAIT)
    assert view.editor.notice.text() == "The rule was saved." and not view.editor.save.isEnabled()
    view.editor.place.setValue(2)
    qtbot.waitUntil(lambda: shown(view, 1)[1:2] == [chosen], timeout=WAIT)
    view.editor.has_end.click()
    view.editor.ends.setDate(QDate(2099, 12, 24))
    qtbot.waitUntil(lambda: view._view.draft.ends == "2099-12-24", timeout=WAIT)
    view.editor.save.click()
    qtbot.waitUntil(lambda: standing(bridge)[0]["ends"] == "2099-12-25T00:00:00+00:00", timeout=WAIT)
    qtbot.waitUntil(lambda: not view._view.busy, timeout=WAIT)
    assert standing(bridge)[0]["place"] == 2 and view.editor.ends.date() == QDate(2099, 12, 24)
    window.page.undo()
    qtbot.waitUntil(lambda: standing(bridge)[0]["place"] == 1, timeout=WAIT)
    qtbot.waitUntil(lambda: not view._view.busy, timeout=WAIT)
    window.page.redo()
    qtbot.waitUntil(lambda: standing(bridge)[0]["place"] == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: not view._view.busy, timeout=WAIT)
    view.history.click()
    qtbot.waitUntil(lambda: view.audit_model.rowCount() == before + 4, timeout=WAIT)
    view.editor.remove.click()
    qtbot.waitUntil(lambda: standing(bridge) == [], timeout=WAIT)
    qtbot.waitUntil(lambda: view.audit_model.rowCount() == before + 5, timeout=WAIT)


def test_conflicts_are_shown_before_saving_and_in_the_list(merchant: Desktop, bridge: Bridge, qtbot: Any) -> None:
    rule = {"action": "hide", "kind": "pattern", "value": "couch", "products": ["tent"]}
    with bridge.http("merchandiser") as http:
        http.post("/v1/rules", json=rule)
    view = page(merchant)
    view.retried.emit()
    qtbot.waitUntil(lambda: view.model.rowCount() == 1, timeout=WAIT)
    view.new.click()
    qtbot.keyClicks(view.editor.value, "couch")
    qtbot.keyClicks(view.editor.add, "tent")
    qtbot.keyClick(view.editor.add, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "One rule pins what another hides" in view.strip.label.text(), timeout=WAIT)
    assert "The other one wins." in view.strip.label.text()
    assert "tent" not in shown(view, 1)
    view.editor.save.click()
    qtbot.waitUntil(lambda: view.model.rowCount() == 2, timeout=WAIT)
    assert all("in conflict" in view.model.data(view.model.index(place, 0)) for place in range(2))
    view.list.setCurrentIndex(view.model.index(view.model.place(standing(bridge)[-1]["id"]) or 0, 0))


def test_somebody_elses_change_is_not_written_over(merchant: Desktop, bridge: Bridge, qtbot: Any) -> None:
    rule = {"action": "boost", "kind": "query", "value": "couch", "field": "brand", "of": "Lune"}
    with bridge.http("merchandiser") as http:
        made = http.post("/v1/rules", json=rule).json()
        view = page(merchant)
        view.retried.emit()
        qtbot.waitUntil(lambda: view.model.rowCount() == 1, timeout=WAIT)
        view.list.setCurrentIndex(view.model.index(0, 0))
        qtbot.waitUntil(lambda: view.editor.of.text() == "Lune", timeout=WAIT)
        assert view.editor.factor.isVisible() and not view.editor.place.isVisible()
        http.put(f"/v1/rules/{made['id']}", json=rule | {"of": "Ferro"})
    view.editor.of.clear()
    qtbot.keyClicks(view.editor.of, "Werk")
    qtbot.waitUntil(lambda: view.editor.save.isEnabled(), timeout=WAIT)
    view.editor.save.click()
    qtbot.waitUntil(lambda: "somebody else" in view.editor.notice.text(), timeout=WAIT)
    assert standing(bridge)[0]["of"] == "Ferro"


def test_a_bridge_that_is_away_is_said_and_nothing_is_lost(merchant: Desktop, qtbot: Any) -> None:
    view = page(merchant)
    qtbot.waitUntil(lambda: view._view.phase == "nothing", timeout=WAIT)
    presenter = RulesPresenter(_away(), merchant.desk.work, view.show_view)
    presenter.begun(PIN)
    qtbot.waitUntil(lambda: presenter.view.preview == "failed", timeout=WAIT)
    assert "No bridge answers" in view.strip.label.text()
    presenter.saved()
    qtbot.waitUntil(lambda: "No bridge answers" in presenter.view.notice, timeout=WAIT)
    assert presenter.view.draft == PIN and presenter.view.savable


def _away() -> Any:
    from desktop.bridge import Bridge as Client
    from tests.fixtures.bridge import free_port

    return Client(f"http://127.0.0.1:{free_port()}")


def test_a_title_of_5000_letters_and_another_direction_fit(merchant: Desktop, qtbot: Any) -> None:
    view = page(merchant)
    draft = Draft("pin", "query", "كنبة", ("x",), note="א" * 2000)
    view.show_view(RulesView(phase="results", editing=True, draft=draft, titles={"x": "W" * 5000}, rows=ROWS))
    assert "…" in sentence(draft, {"x": "W" * 5000})
    assert view.minimumSizeHint().width() < 1300


def test_older_bridges_say_so(merchant: Desktop, qtbot: Any) -> None:
    view = page(merchant)
    qtbot.waitUntil(lambda: view._view.phase == "nothing", timeout=WAIT)
    with refusing_bridge(404) as older:
        merchant.desk.connect_to(older.url, "wrong")
        view.retried.emit()
        qtbot.waitUntil(lambda: view._view.phase == "failed", timeout=WAIT)
        assert view.message.button.isVisible()
