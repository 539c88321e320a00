"""The application as it starts, and its keys."""

import subprocess
import sys
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt

from desktop.app import Desktop
from desktop.shell.commands import Palette, ShortcutSheet
from desktop.shell.connect import ConnectDialog
from tests.fixtures.data import ROOT

HEAVY = ("numpy", "onnxruntime", "torch", "fastapi", "plugin_bridge", "encoders", "opensearch", "pyqtgraph")


def test_the_desktop_needs_none_of_the_bridge() -> None:
    code = f"import desktop.app, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


def test_it_says_how_it_is_started() -> None:
    command = [sys.executable, "-m", "desktop.app", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert "--url" in done.stdout


def test_qt_keeps_its_references_to_none() -> None:
    """PySide6 6.12.0 gives one back with every call that returns nothing; Python 3.11 ends when none is left."""
    held, thing = sys.getrefcount(None), QObject()
    for _ in range(2000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > held - 500


def test_the_first_start_asks_where_the_shop_is(desktop: Desktop) -> None:
    window = desktop.window
    assert window.frame.currentWidget() is window.welcome
    window.welcome.button.click()
    assert window.findChild(ConnectDialog) is not None
    assert not window.away.isVisible()


@pytest.mark.parametrize("page", ["search", "compare"])
def test_keys_work_while_the_query_has_the_focus(desktop: Desktop, qtbot: Any, page: str) -> None:
    window = desktop.window
    window.frame.setCurrentWidget(window.stack)
    window.show_page(page)
    box = {"search": window.search_view, "compare": window.compare_view}[page].query
    window.activateWindow()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus, timeout=60_000)
    qtbot.keyClicks(box, "what?")
    assert box.text() == "what?", "a question mark is a letter there"
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(box, Qt.Key.Key_K, control)
    palette = window.findChild(Palette)
    assert palette is not None and palette.isVisible()
    palette.reject()
    box.setFocus()
    other, place = (Qt.Key.Key_2, 1) if page == "search" else (Qt.Key.Key_1, 0)
    qtbot.keyClick(box, other, control)
    assert window.stack.currentIndex() == place


def test_a_question_mark_elsewhere_shows_the_sheet(desktop: Desktop, qtbot: Any) -> None:
    window = desktop.window
    window.frame.setCurrentWidget(window.stack)
    window.search_view.mode.setFocus()
    # Which keys make the sign is for the platform to say, and offscreen there is none.
    qtbot.keyClick(window.search_view.mode, "?")
    assert window.findChild(ShortcutSheet) is not None
