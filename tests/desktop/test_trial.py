"""Trying it on this computer, and the tour that follows."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop import trial
from desktop.app import Desktop
from desktop.trial import Recipe, TrialPresenter, TrialView
from tests.desktop.conftest import WAIT
from tests.fixtures.bridge import Bridge
from tests.fixtures.data import ROOT


def child(tmp_path: Path, code: str) -> Recipe:
    file = tmp_path / "child.py"
    file.write_text(code, encoding="utf-8")
    return Recipe((sys.executable, str(file)), tmp_path)


def test_lines_become_stages_and_progress() -> None:
    seen: list[TrialView] = []
    presenter = TrialPresenter(seen.append)
    for line in ("✓ virtual environment   3.2 s", "▸ OpenSearch and bridge   $ kindred up", "12 of 160 MB", "", "✓ x"):
        presenter.line(line)
    assert presenter.view.stage == "Starting OpenSearch and the bridge"
    assert presenter.view.done == 2 and presenter.view.progress == 2 / trial.STEPS
    assert "12 of 160 MB" in presenter.view.details
    for number in range(500):
        presenter.line(f"✓ {number}")
    assert presenter.view.progress < 1, "ready is only what says so"
    presenter.line(json.dumps({"url": "http://a", "token": "t"}))
    presenter.ended(0)
    assert presenter.view.state == "ready" and presenter.view.progress == 1
    assert '"t"' not in presenter.view.details, "the token is no detail to be copied"


@pytest.mark.parametrize("line", ["{", '{"url": "x"}', "{}"])
def test_a_child_that_says_nothing_usable_has_failed(line: str) -> None:
    presenter = TrialPresenter(lambda view: None)
    presenter.line(line)
    presenter.ended(0)
    assert presenter.view.state == "failed"


def test_the_recipe_stands_in_a_checkout() -> None:
    found = trial.recipe()
    assert found is not None and found.folder == ROOT
    assert Path(found.command[1]).exists() and "sample" in {one.name for one in ROOT.iterdir()}


def test_a_trial_ends_in_a_connected_desktop_and_a_tour(
    desktop: Desktop, bridge: Bridge, qtbot: Any, tmp_path: Path
) -> None:
    ready = json.dumps({"url": bridge.url, "token": bridge.secret("merchandiser")})
    dialog = desktop.window.trial_dialog(child(tmp_path, f"print('✓ sample'); print({ready!r})"))
    assert dialog is not None
    window = desktop.window
    qtbot.waitUntil(lambda: window.search.view.phase == "results", timeout=WAIT)
    assert window.tour is not None and window.frame.currentWidget() is window.stack
    titles = []
    while window.tour is not None:
        titles.append(window.tour.title.text())
        assert window.rect().contains(window.tour.geometry()), "the bubble is inside of the window"
        qtbot.keyClick(window.tour, Qt.Key.Key_Right)
    assert len(titles) == len(set(titles)) >= 5
    assert desktop.desk.settings.toured
    qtbot.waitUntil(lambda: desktop.desk.tokens.read(bridge.url) == bridge.secret("merchandiser"), timeout=WAIT)


def test_a_tour_can_be_ended_and_taken_again(desktop: Desktop, qtbot: Any) -> None:
    window = desktop.window
    window.take_tour()
    assert window.tour is not None
    qtbot.keyClick(window.tour, Qt.Key.Key_Escape)
    assert window.tour is None
    tour = window.take_tour()
    qtbot.keyClick(tour, Qt.Key.Key_Return)
    qtbot.keyClick(tour, Qt.Key.Key_Left)
    assert tour.count.text().startswith("1 of")
    window.resize(1200, 700)
    tour.end.click()
    assert window.tour is None


def test_what_fails_says_its_last_line_and_keeps_the_rest(desktop: Desktop, qtbot: Any, tmp_path: Path) -> None:
    code = "import sys; print('▸ sample catalogue'); sys.exit('scripts/demo: no disk left')"
    dialog = desktop.window.trial_dialog(child(tmp_path, code))
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.presenter.view.state == "failed", timeout=WAIT)
    assert dialog.stage.text() == "It could not be started: scripts/demo: no disk left"
    assert dialog.copy.isVisible() and "sample" in dialog.presenter.view.details
    dialog.cancel.click()
    assert not dialog.isVisible()


def test_a_program_that_is_not_there_is_said(desktop: Desktop, qtbot: Any, tmp_path: Path) -> None:
    dialog = desktop.window.trial_dialog(Recipe((str(tmp_path / "none"),), tmp_path))
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.presenter.view.state == "failed", timeout=WAIT)


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is POSIX")
def test_a_cancel_lets_the_child_clean_up(desktop: Desktop, qtbot: Any, tmp_path: Path) -> None:
    code = (
        "import pathlib, time\n"
        "try:\n    print('▸ sample'); time.sleep(600)\n"
        "except KeyboardInterrupt:\n    pathlib.Path('cleaned').write_text('')\n"
    )
    dialog = desktop.window.trial_dialog(child(tmp_path, code))
    assert dialog is not None
    qtbot.waitUntil(lambda: "sample" in dialog.presenter.view.details, timeout=WAIT)
    ended: list[int] = []
    dialog.finished.connect(ended.append)
    dialog.cancel.click()
    qtbot.waitUntil(lambda: bool(ended), timeout=WAIT)
    assert (tmp_path / "cleaned").exists()


def test_the_first_start_offers_two_ways(desktop: Desktop) -> None:
    welcome: Any = desktop.window.welcome
    assert isinstance(welcome, QWidget)
    assert (welcome.button.text(), welcome.other.text()) == ("Connect to my shop", "Try it on this computer")
    assert welcome.other.isVisible()
