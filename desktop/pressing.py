"""The person of a played session: a desktop in a process of its own, whose keys are pressed one after the other.

`scripts/desktop-session` runs it as `python -m desktop.pressing`. It prints a line of JSON for each label as soon as
the next pair shows, which is when it is on the disk. It may be killed at any moment; started again on the same folder
it goes on.
"""

import argparse
import json
import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.app import Desktop
from desktop.desk import Desk
from desktop.label.state import LabelView

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PATIENCE = float(os.environ.get("KINDRED_SESSION_PATIENCE", "120"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="home of the desktop")
    parser.add_argument("--url", required=True)
    parser.add_argument("--number", type=int, required=True, help="labels to give")
    chosen = parser.parse_args()
    application = QApplication([])
    desk = Desk(chosen.folder, chosen.folder / "thumbnails", lambda: None)
    # As somebody who was here before: the window itself connects to the bridge of last time, and shows the last page.
    desk.tokens.keep(chosen.url, os.environ.get("KINDRED_SESSION_TOKEN", ""))
    desk.keep(language="en", theme="light", page="label", url=chosen.url, connected=True)
    desktop = Desktop(application, desk)
    for _ in range(chosen.number):
        press(desktop)
    wait(desktop, lambda view: view.counts.waiting == 0, "labels to reach the bridge")
    say(synced=True)
    desktop.window.close()
    desk.close()
    return 0


def press(desktop: Desktop) -> None:
    """Look at the pair, press S or D, and wait until the next one shows."""
    wait(desktop, lambda view: view.phase == "pair", "a pair")
    pair = desktop.window.label.view.pair
    assert pair is not None  # the phase says so
    similar = zlib.crc32(pair.key.encode()) % 3 == 0
    QTest.keyClick(desktop.window.label_view.stage, Qt.Key.Key_S if similar else Qt.Key.Key_D)
    wait(desktop, lambda view: view.pair is None or view.pair.key != pair.key, "the next pair")
    say(pair=pair.key, left=pair.left.id, right=pair.right.id, label="similar" if similar else "dissimilar")


def wait(desktop: Desktop, ready: Callable[[LabelView], bool], what: str) -> None:
    """Let the desktop go on until its label page is ready; SystemExit after PATIENCE seconds."""
    label, end = desktop.window.label, time.monotonic() + PATIENCE
    while not ready(label.view):
        QTest.qWait(2)
        if time.monotonic() > end:
            view = label.view
            shown = (view.phase, view.strip, view.blocked, view.failure, view.counts)
            raise SystemExit(f"waited {PATIENCE:.0f} s in vain for {what}: {shown}")


def say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
