"""The label page by its keys: against label endpoints that come and go, and through a real bridge and node."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QPushButton

from desktop.app import Desktop
from desktop.bridge import Bridge as DesktopBridge
from desktop.bridge.labels import Conflict, Given, Labels
from desktop.errors import BridgeRefusedError
from desktop.label.models import AttributesModel
from desktop.label.presenter import Problems
from desktop.label.problems import ProblemsDialog
from desktop.label.state import pair_view
from desktop.label.view import LabelPage
from desktop.outbox import Refused
from desktop.theme import DARK, LIGHT
from desktop.widgets.thumbnails import Thumbnails
from desktop.work import Work
from opensearch.generations import Generation
from tests.desktop.conftest import WAIT
from tests.desktop.label_server import LabelServer, pair
from tests.fixtures.bridge import Bridge
from tests.fixtures.data import ROOT

KEYS = {"similar": Qt.Key.Key_S, "dissimilar": Qt.Key.Key_D, "skip": Qt.Key.Key_Space}


@pytest.fixture
def server() -> Iterator[LabelServer]:
    made = LabelServer().start()
    yield made
    made.stop()


@pytest.fixture
def labelling(desktop: Desktop, server: LabelServer, qtbot: Any) -> Desktop:
    """A desktop on its label page, the first pair shown."""
    desktop.desk.connect_to(server.url, "")
    desktop.window.show_page("label")
    qtbot.waitUntil(lambda: desktop.window.label.view.phase == "pair", timeout=WAIT)
    return desktop


def press(qtbot: Any, desktop: Desktop, label: str) -> None:
    """Press a key and wait for the next pair."""
    before = desktop.window.label.view.pair
    qtbot.keyClick(desktop.window.label_view.stage, KEYS[label])
    qtbot.waitUntil(lambda: desktop.window.label.view.pair != before, timeout=WAIT)


def test_three_keys_label_and_one_takes_back(labelling: Desktop, server: LabelServer, qtbot: Any) -> None:
    window = labelling.window
    qtbot.waitUntil(window.label_view.stage.hasFocus, timeout=WAIT)
    for label in ("similar", "dissimilar", "skip"):
        press(qtbot, labelling, label)
    qtbot.waitUntil(lambda: len(server.kept) == 3, timeout=WAIT)
    assert [one[2] for one in server.kept] == ["similar", "dissimilar", "skip"]
    assert window.label_view.today.text() == "2 today"
    qtbot.keyClick(window.label_view.stage, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: len(server.kept) == 2, timeout=WAIT)
    assert window.label.view.pair is not None and window.label.view.pair.key == "pair2"
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.label_view.stage, Qt.Key.Key_Z, control | shift)
    qtbot.waitUntil(lambda: len(server.kept) == 3, timeout=WAIT)
    qtbot.keyClick(window.label_view.stage, Qt.Key.Key_Z, control)
    qtbot.waitUntil(lambda: len(server.kept) == 2, timeout=WAIT)
    assert window.label_view.stage.hasFocus(), "the focus never leaves"


def test_buttons_do_what_keys_do_and_leave_the_focus(labelling: Desktop, server: LabelServer, qtbot: Any) -> None:
    stage = labelling.window.label_view.stage
    for label in ("similar", "dissimilar", "skip"):
        before = labelling.window.label.view.pair
        qtbot.mouseClick(stage.buttons[label], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda before=before: labelling.window.label.view.pair != before, timeout=WAIT)
    qtbot.waitUntil(lambda: len(server.kept) == 3, timeout=WAIT)
    qtbot.mouseClick(stage.buttons["undo"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(server.kept) == 2, timeout=WAIT)
    assert stage.hasFocus()


def test_a_key_with_a_modifier_or_held_down_labels_nothing(labelling: Desktop, qtbot: Any) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    stage, shown = labelling.window.label_view.stage, labelling.window.label.view.pair
    qtbot.keyClick(stage, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_S, Qt.KeyboardModifier.NoModifier, "s", True)
    stage.keyPressEvent(held)
    qtbot.keyClick(stage, Qt.Key.Key_A)
    assert labelling.window.label.view.pair == shown and not labelling.window.label._busy


def test_a_bridge_that_goes_and_comes_back(labelling: Desktop, server: LabelServer, qtbot: Any) -> None:
    window = labelling.window
    qtbot.waitUntil(lambda: window.label.view.at_hand >= 150, timeout=WAIT)
    server.stop()
    for _ in range(12):
        press(qtbot, labelling, "similar")
    qtbot.waitUntil(lambda: "The bridge is away" in window.label_view.strip.label.text(), timeout=WAIT)
    assert window.label_view.strip.isVisible()
    assert window.waiting_label.text() == "12 labels waiting to sync"
    server.start()
    window.health.ask()
    window.label.stood()
    qtbot.waitUntil(lambda: len(server.kept) == 12, timeout=WAIT)
    qtbot.waitUntil(lambda: not window.label_view.strip.isVisible(), timeout=WAIT)
    # The bridge has saved them a moment before its answer is here, on a busy machine.
    qtbot.waitUntil(lambda: window.waiting_label.text() == "", timeout=WAIT)


def test_labels_wait_at_the_bridge_that_they_were_given_for(
    labelling: Desktop, server: LabelServer, qtbot: Any
) -> None:
    server.stop()
    press(qtbot, labelling, "similar")
    with LabelServer_() as other:
        labelling.desk.connect_to(other.url, "")
        qtbot.waitUntil(lambda: labelling.window.label.view.phase == "pair", timeout=WAIT)
        press(qtbot, labelling, "dissimilar")
        qtbot.waitUntil(lambda: len(other.kept) == 1, timeout=WAIT)
        assert [one[2] for one in other.kept] == ["dissimilar"]
    server.start()
    labelling.desk.connect_to(server.url, "")
    qtbot.waitUntil(lambda: len(server.kept) == 1, timeout=WAIT)


class LabelServer_(LabelServer):  # noqa: N801
    """One that ends with its block."""

    def __enter__(self) -> "LabelServer_":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def test_a_new_language_loses_no_place(labelling: Desktop, server: LabelServer, qtbot: Any) -> None:
    press(qtbot, labelling, "similar")
    shown = labelling.window.label.view.pair
    assert shown is not None
    labelling.choose_language("zh_CN")
    qtbot.waitUntil(lambda: labelling.window.label.view.pair is not None, timeout=WAIT)
    assert labelling.window.label.view.pair.key == shown.key
    assert "相似" in labelling.window.label_view.stage.buttons["similar"].text()
    press(qtbot, labelling, "dissimilar")
    qtbot.waitUntil(lambda: len(server.kept) == 2, timeout=WAIT)


def test_what_a_page_says_without_pairs(desktop: Desktop, qtbot: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    desktop.desk.connect_to(f"http://127.0.0.1:{port}", "")
    desktop.window.show_page("label")
    view = desktop.window.label_view
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.message, timeout=WAIT)
    assert "The bridge is away" in view.message.title.text() and not view.strip.isVisible()


def test_the_models_tester_has_no_complaint(qapp: Any) -> None:
    model = AttributesModel(LIGHT)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for number in range(3):
        model.show_rows(pair_view(pair(number, size="x" * number)).rows)
        assert model.data(model.index(0, 0)) == "≠ Price"
    model.use_theme(DARK)
    assert model.data(model.index(0, 1), Qt.ItemDataRole.BackgroundRole).name() == DARK.mark
    model.show_rows(())


def test_odd_pairs_are_drawn(qtbot: Any, tmp_path: Path) -> None:
    from desktop.label.state import LabelView

    work = Work(threads=1)
    page = LabelPage(LIGHT, Thumbnails(work, tmp_path))
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    titles = ["", "x" * 5000, "word " * 1000, "مقلاة من الحديد الزهر", "铸铁煎锅", "a\u202eb\u0000\u200d👩‍🍳"]
    fields = {f"field {number}": "v" * 300 for number in range(200)}
    for number, title in enumerate(titles):
        one = pair_view(pair(number, title=title, price="?", brand=None, **fields))
        page.show_view(LabelView(phase="pair", pair=one))
        assert not page.grab().isNull()
    page.use_theme(DARK)
    page.show_view(LabelView())
    assert not page.grab().isNull()
    work.close()


def test_problems_are_decided_row_by_row(qtbot: Any) -> None:
    conflict = Conflict("a", "b", (("anna", "similar"), ("me", "dissimilar")))
    problems = Problems((Refused("k", "a", "c", "similar", "no such product"),), (conflict,), (("a", "Pan"),))
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ProblemsDialog(problems, parent)
    said: list[Any] = []
    dialog.settled.connect(lambda one, label: said.append((one, label)))
    dialog.put_away.connect(said.append)
    buttons = {button.text(): button for button in dialog.findChildren(QPushButton)}
    buttons["Dissimilar"].click()
    buttons["Put away"].click()
    assert said == [(conflict, "dissimilar"), "k"]
    assert not buttons["Similar"].isEnabled() and not buttons["Put away"].isEnabled()


def test_a_session_with_kills_loses_nothing(new_bridge: Callable[..., tuple[Bridge, Generation]]) -> None:
    """Through a real bridge: it is killed and comes back, the desktop is killed and is started again."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from labelling import session
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    bridge, _ = new_bridge("desktop-session")
    away = session.Bridge(bridge.url, bridge.secret("merchandiser"), bridge.kill, lambda: bridge.start() and None)
    events = session.Events(bridge_killed=5, desktop_killed=10, bridge_back=15, end=20)
    report = session.play(away, events)
    assert report.is_right(events), report
    assert report.waiting_when_back >= 10 and report.acknowledged >= 20
    _the_bridge_says_what_the_desktop_understands(bridge)


def _until(holds: Callable[[], bool]) -> None:
    """Wait for the counts: a bridge gives those that it has for as long as ten countings take."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _the_bridge_says_what_the_desktop_understands(bridge: Bridge) -> None:
    labels = Labels(DesktopBridge(bridge.url, bridge.secret("merchandiser")))
    unknown = labels.give([Given("one", "sofa", "nowhere", "similar")])
    assert unknown.saved == frozenset() and "nowhere" in unknown.refused["one"]
    before = labels.stats()
    both = labels.give([Given("two", "sofa", "drill", "skip"), Given("three", "sofa", "sofa", "similar")])
    assert both.saved == {"two"} and set(both.refused) == {"three"}
    assert labels.give([Given("two", "sofa", "drill", "skip")]).saved == {"two"}, "a repeat changes nothing"
    _until(lambda: labels.stats().skipped == before.skipped + 1)
    labels.undo("four", "two")
    labels.undo("four", "two")
    _until(lambda: labels.stats().skipped == before.skipped)
    # The curve and its verdict are made in the background, meanwhile or not yet.
    assert replace(labels.stats(), curve=before.curve, stop=before.stop, verdict=before.verdict) == before
    assert labels.conflicts() == ()
    with pytest.raises(BridgeRefusedError):
        labels.undo("five", "never given")
