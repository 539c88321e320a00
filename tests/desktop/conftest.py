"""A desktop without a screen, over a shop whose products are known."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from desktop import i18n
from desktop.app import Desktop
from desktop.desk import Desk
from tests.fixtures.bridge import Bridge

WAIT = 120_000


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    i18n.choose("en")


@pytest.fixture
def desktop(qapp, tmp_path: Path) -> Iterator[Desktop]:  # type: ignore[no-untyped-def]
    """A desktop that has never been started before, in English."""
    desk = Desk(tmp_path / "settings", tmp_path / "thumbnails", lambda: None)
    desk.keep(language="en", theme="light")
    made = Desktop(qapp, desk)
    yield made
    made.window.close()
    desk.close()
    # A window that nobody deletes is laid out again with every change of the theme in the tests that follow.
    made.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def connected(desktop: Desktop, bridge: Bridge, qtbot) -> Desktop:  # type: ignore[no-untyped-def]
    """The same, connected to the shop of `bridge`, its catalogue shown."""
    desktop.desk.connect_to(bridge.url, bridge.secret("merchandiser"))
    qtbot.waitUntil(lambda: desktop.window.search.view.phase == "results", timeout=WAIT)
    return desktop
