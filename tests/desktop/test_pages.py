"""The pages through a real bridge and node."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
)

from desktop import i18n
from desktop.app import Desktop
from desktop.desk import Desk
from tests.desktop.conftest import WAIT
from tests.fixtures.bridge import PRODUCTS, Bridge, free_port


def results(desktop: Desktop) -> list[str]:
    return [one.id for one in desktop.window.search.view.cards]


def type_query(qtbot: Any, desktop: Desktop, text: str) -> None:
    box = desktop.window.search_view.query
    box.setFocus()
    box.clear()
    qtbot.keyClicks(box, text)
    qtbot.waitUntil(lambda: desktop.window.search.view.wanted.text == text, timeout=WAIT)
    qtbot.waitUntil(lambda: desktop.window.search.view.phase != "waiting", timeout=WAIT)


def test_typing_searches_and_every_result_says_why(connected: Desktop, qtbot: Any) -> None:
    assert len(results(connected)) == len(PRODUCTS)
    type_query(qtbot, connected, "frying pan")
    first = connected.window.search.view.cards[0]
    assert first.id == "pan"
    assert {"frying", "pan"} <= set(first.words)
    assert sum(one.share for one in first.shares) == pytest.approx(1, abs=0.01)
    assert connected.window.search_view.model.card(0) == first
    assert "results" in connected.window.search_view.summary.text()


def test_a_facet_is_ticked_and_taken_off(connected: Desktop, qtbot: Any) -> None:
    window = connected.window
    qtbot.waitUntil(lambda: window.search_view.facets.findChild(QCheckBox, "brand=Ferro") is not None, timeout=WAIT)
    window.search_view.facets.findChild(QCheckBox, "brand=Ferro").click()
    qtbot.waitUntil(lambda: sorted(results(connected)) == ["kettle", "pan"], timeout=WAIT)
    low = window.search_view.facets.findChild(QLineEdit, "price:gte")
    low.setText("40")
    low.editingFinished.emit()
    qtbot.waitUntil(lambda: results(connected) == ["pan"], timeout=WAIT)
    window.search_view.facets.filters_removed.emit()
    qtbot.waitUntil(lambda: len(results(connected)) == len(PRODUCTS), timeout=WAIT)


def test_enter_on_a_result_shows_similar_items(connected: Desktop, qtbot: Any) -> None:
    type_query(qtbot, connected, "couch")
    grid = connected.window.search_view.grid
    grid.setCurrentIndex(grid.model().index(0, 0))
    chosen = results(connected)[0]
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: connected.window.search.view.wanted.like == chosen, timeout=WAIT)
    qtbot.waitUntil(lambda: connected.window.search.view.phase == "results", timeout=WAIT)
    assert chosen not in results(connected)
    assert connected.window.search_view.example.isVisible()


def test_a_dropped_photo_is_searched_by(connected: Desktop, qtbot: Any, tmp_path: Path) -> None:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0x783C14)
    path = tmp_path / "boots.png"
    assert image.save(str(path))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    drop = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none)
    connected.window.search_view.dropEvent(drop)
    qtbot.waitUntil(lambda: connected.window.search.view.wanted.picture is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: results(connected)[:1] == ["boots"], timeout=WAIT)
    (tmp_path / "no.png").write_text("%PDF")
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "no.png"))])
    connected.window.search_view.dropEvent(drop)
    qtbot.waitUntil(lambda: "no picture" in connected.window.search_view.notice.text(), timeout=WAIT)
    assert results(connected)[:1] == ["boots"]


def test_a_pasted_picture_is_searched_by(connected: Desktop, qtbot: Any) -> None:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0x783C14)
    QGuiApplication.clipboard().setImage(image)
    connected.window.search_view.query.setFocus()
    qtbot.keyClick(connected.window.search_view.query, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: connected.window.search.view.wanted.picture is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: results(connected)[:1] == ["boots"], timeout=WAIT)
    assert not connected.window.search_view.example_photo.pixmap().isNull()


def test_results_are_exported(connected: Desktop, qtbot: Any, tmp_path: Path) -> None:
    connected.window.search.export_wanted(tmp_path / "out.csv")
    qtbot.waitUntil(lambda: "out.csv" in connected.window.search_view.notice.text(), timeout=WAIT)
    assert len((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()) == 1 + len(PRODUCTS)


def test_two_ways_to_search_are_compared(connected: Desktop, qtbot: Any) -> None:
    window = connected.window
    window.show_page("compare")
    qtbot.keyClicks(window.compare_view.query, "mattress for the bedroom")
    qtbot.waitUntil(lambda: window.compare.view.phase == "results", timeout=WAIT)
    found = window.compare.view.comparison
    assert found.overlap >= 1 and found.entered >= 1
    assert window.compare_view.models[1].rowCount() == len(found.right)
    qtbot.waitUntil(lambda: window.compare.view.generations == ("g001",), timeout=WAIT)


def test_the_status_bar_tells_how_things_stand(connected: Desktop, qtbot: Any) -> None:
    window = connected.window
    qtbot.waitUntil(lambda: window.health.view.state == "well", timeout=WAIT)
    assert f"{len(PRODUCTS)} products" in window.node_label.text()
    assert window.state_label.text() == "● well"
    assert not window.away.isVisible()


def test_a_bridge_that_is_away_is_a_calm_strip(desktop: Desktop, qtbot: Any) -> None:
    desktop.desk.connect_to(f"http://127.0.0.1:{free_port()}", "")
    window = desktop.window
    qtbot.waitUntil(lambda: window.search.view.phase == "failed", timeout=WAIT)
    qtbot.waitUntil(lambda: window.health.view.state == "away", timeout=WAIT)
    assert window.away.isVisible() and "No bridge answers" in window.away.label.text()
    window.search_view.message.copy.click()
    assert "Connect" in QGuiApplication.clipboard().text()


def test_a_wrong_token_is_said_and_the_right_one_is_kept(desktop: Desktop, bridge: Bridge, qtbot: Any) -> None:
    dialog = desktop.window.connect_dialog()
    dialog.url.setText(bridge.url.removeprefix("http://"))
    dialog.token.setText("wrong")
    dialog.attempt()
    qtbot.waitUntil(lambda: dialog.said.text() == "The bridge does not accept the token.", timeout=WAIT)
    dialog.token.setText(bridge.secret("merchandiser"))
    dialog.attempt()
    qtbot.waitUntil(lambda: desktop.window.search.view.phase == "results", timeout=WAIT)
    assert desktop.desk.tokens.read(bridge.url) == bridge.secret("merchandiser")


def test_the_last_search_and_layout_come_back(connected: Desktop, bridge: Bridge, qtbot: Any, qapp: Any) -> None:
    connected.desk.tokens.keep(bridge.url, bridge.secret("merchandiser"))
    type_query(qtbot, connected, "tent")
    qtbot.keyClick(connected.window.search_view.query, Qt.Key.Key_Return)
    connected.window.search_view.table_button.setChecked(True)
    connected.window.resize(1000, 640)
    segments = connected.window.pages[-1].widget.segments
    segments.table.setColumnWidth(3, 333)
    segments.body.setSizes([400, 500])
    wide = segments.body.sizes()
    connected.window.close()
    connected.desk.close()
    folder = connected.desk.file.path.parent
    again = Desktop(qapp, Desk(folder, folder / "thumbnails", lambda: None))
    try:
        qtbot.waitUntil(lambda: results(again)[:1] == ["tent"], timeout=WAIT)
        assert again.window.search_view.table_button.isChecked()
        assert again.window.size().height() == 640  # the offscreen screen is 800 pixels wide, too few for the width
        assert again.desk.settings.history[0] == "tent"
        same = again.window.pages[-1].widget.segments
        assert same.table.columnWidth(3) == 333 and same.body.sizes() == pytest.approx(wide, abs=40)
    finally:
        again.window.close()
        again.desk.close()


def test_everything_can_be_said_in_chinese(connected: Desktop, qtbot: Any) -> None:
    connected.choose_language("zh_CN")
    window = connected.window
    qtbot.waitUntil(lambda: window.search.view.phase == "results", timeout=WAIT)
    texts = [one.text() for one in window.findChildren(QAbstractButton) if not isinstance(one, QCheckBox)]
    words = " ".join(texts)
    foreign = set(re.findall("[A-Za-z]{2,}", words)) - {"Ctrl", "CSV", "PNG", "UMAP"}  # one letter alone is a key
    assert "搜索" in words and not foreign, foreign
    assert i18n.chosen() == "zh_CN"


def test_the_palette_and_the_keys(connected: Desktop, qtbot: Any) -> None:
    window = connected.window
    palette = window.palette_dialog()
    qtbot.keyClicks(palette.box, "dark")
    qtbot.keyClick(palette.box, Qt.Key.Key_Return)
    assert connected.desk.theme.name == "dark"
    palette = window.palette_dialog()
    qtbot.keyClicks(palette.box, "garden hose")
    qtbot.keyClick(palette.box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.search.view.wanted.text == "garden hose", timeout=WAIT)
    keys = [one.key for one in window.commands if one.key]
    assert len(keys) == len(set(keys))
    assert window.shortcut_sheet().isVisible()
    assert window.about_dialog().isVisible()


def test_every_control_of_every_page_has_a_name(connected: Desktop, qtbot: Any) -> None:
    nameless = []
    for page in connected.window.pages:
        connected.window.show_page(page.name)
        qtbot.wait(200)
        for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractItemView):
            for one in connected.window.findChildren(kind):
                if not one.isVisible() or one.focusPolicy() == Qt.FocusPolicy.NoFocus:
                    continue
                if isinstance(one.parent(), QAbstractSpinBox | QComboBox) or isinstance(one, QHeaderView):
                    continue  # a part of what has the name
                text = one.text() if isinstance(one, QAbstractButton) else ""
                if not (one.accessibleName() or text):
                    nameless.append((page.name, type(one).__name__, one.objectName()))
    assert nameless == []


def test_a_slow_bridge_never_holds_the_window(desktop: Desktop, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes a connection and says nothing: the window goes on, shows a skeleton, offers to cancel."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        desktop.desk.connect_to(f"http://127.0.0.1:{mute.getsockname()[1]}", "")
        window, began = desktop.window, time.monotonic()
        qtbot.waitUntil(lambda: window.search_view.model.rowCount() == 12, timeout=WAIT)
        assert window.search_view.model.card(0) is None
        qtbot.waitUntil(window.search_view.cancel.isVisible, timeout=WAIT)
        assert time.monotonic() - began < 10
        window.search_view.cancel.click()
        assert window.search.view.phase == "empty"
