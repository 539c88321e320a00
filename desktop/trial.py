"""Trying Kindred on this computer: what is run for it, and how far it is, by what it prints. Free of Qt.

The desktop imports nothing of the bridge: it runs `scripts/demo --prepare`, which stands beside it in a checkout, and
reads its lines.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from desktop.i18n import tr

STEPS = 5  # environment, two encoders, services, catalogue
_BEGUN, _DONE = "▸", "✓"
_KEPT_LINES = 200
State = Literal["running", "ready", "failed", "cancelled"]


@dataclass(frozen=True)
class Recipe:
    """What is run, and where."""

    command: tuple[str, ...]
    folder: Path


def recipe() -> Recipe | None:
    """Return how Kindred is tried here; None where the desktop was installed without what that takes."""
    root = Path(__file__).resolve().parents[1]
    script = root / "scripts" / "demo"
    if not script.exists() or not (root / "sample").is_dir():
        return None
    return Recipe((sys.executable, str(script), "--prepare"), root)


@dataclass(frozen=True)
class TrialView:
    """How far it is. `url` and `token` are there once it is ready, `details` what was printed."""

    state: State = "running"
    done: int = 0
    stage: str = ""
    details: str = ""
    url: str = ""
    token: str = ""

    @property
    def progress(self) -> float:
        """How far, 0 to 1."""
        return 1.0 if self.state == "ready" else min(self.done, STEPS - 1) / STEPS


class TrialPresenter:
    """Takes the lines of the child as they come; `show` gets every view."""

    def __init__(self, show: Callable[[TrialView], None]) -> None:
        self._show = show
        self._lines: list[str] = []
        self._cancelled = False
        self.view = TrialView(stage=tr("Preparing Python"))

    def line(self, text: str) -> None:
        """Read one line."""
        text = text.strip()
        if not text:
            return
        found = _ready(text)
        if found is not None:
            self._give(replace(self.view, url=found[0], token=found[1]))
            return
        self._lines = [*self._lines, text][-_KEPT_LINES:]
        view = replace(self.view, details="\n".join(self._lines))
        if text.startswith(_DONE):
            view = replace(view, done=view.done + 1)
        if text.startswith((_BEGUN, _DONE)):
            view = replace(view, stage=stage(text) or view.stage)
        self._give(view)

    def cancelled(self) -> None:
        """Somebody wants no more of it."""
        self._cancelled = True
        self._give(replace(self.view, stage=tr("Stopping…")))

    def ended(self, status: int) -> None:
        """The child has ended."""
        if status == 0 and self.view.url:
            self._give(replace(self.view, state="ready"))
        elif self._cancelled:
            self._give(replace(self.view, state="cancelled"))
        else:
            self._give(replace(self.view, state="failed"))

    def _give(self, view: TrialView) -> None:
        self.view = view
        self._show(view)


def stage(line: str) -> str:
    """Return what is going on, in the user's language; empty where the line is none that we know."""
    known = {
        "encoder": tr("Preparing the models"),
        "OpenSearch": tr("Starting OpenSearch and the bridge"),
        "sample": tr("Loading the sample catalogue"),
        "virtual": tr("Preparing Python"),
    }
    return next((text for word, text in known.items() if word in line), "")


def _ready(line: str) -> tuple[str, str] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
        return str(found["url"]), str(found["token"])
    except (ValueError, KeyError, TypeError):
        return None
