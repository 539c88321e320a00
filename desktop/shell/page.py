"""What the window knows of a page. A page is put together from view and presenter in its folder's `page.py`."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop.bridge import Standing
from desktop.shell.commands import Command


def _nothing() -> None:
    """What a page does that has nothing to do."""


@dataclass(frozen=True)
class Page:
    """A page of the rail. `begin` is called when a bridge is there, `stands` with every look at it.

    `shown` is called when somebody goes to the page, `undo` and `redo` by Ctrl+Z and Ctrl+Shift+Z while it is open.
    `commands` come into the palette, with a key also into the window; `keys` are those that the page's own widgets
    take, as rows of the sheet of shortcuts. `close` is called when the window goes: timers and files end there.
    """

    name: str
    title: str
    sign: str
    widget: QWidget
    focus: Callable[[], None]
    begin: Callable[[], None]
    stands: Callable[[Standing], None] = lambda standing: None
    shown: Callable[[], None] = _nothing
    undo: Callable[[], None] | None = None
    redo: Callable[[], None] | None = None
    commands: tuple[Command, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    close: Callable[[], None] = _nothing


def copy(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)
