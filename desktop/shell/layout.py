"""What is remembered of a window: its place and size, where the splitters of each page stand, the columns of tables."""

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QHeaderView, QMainWindow, QSplitter

from desktop.shell.page import Page

_COLUMNS = 1  # a table's rows have a header, too, which nobody moves


def kept(window: QMainWindow, pages: tuple[Page, ...]) -> dict[str, str]:
    """Return the layout, by name, base64."""
    states = {"window": window.saveGeometry(), **{name: part.saveState() for name, part in _parts(pages)}}
    return {name: bytes(state.toBase64().data()).decode() for name, state in states.items()}


def restore(window: QMainWindow, pages: tuple[Page, ...], layout: Mapping[str, str]) -> None:
    """Give a window the layout of last time; what another version kept otherwise is left out."""
    for name, give in (
        ("window", window.restoreGeometry),
        *((name, part.restoreState) for name, part in _parts(pages)),
    ):
        state = layout.get(name)
        if isinstance(state, str) and state:
            give(QByteArray.fromBase64(state.encode()))


def _parts(pages: tuple[Page, ...]) -> Iterator[tuple[str, QSplitter | QHeaderView]]:
    for page in pages:
        for place, splitter in enumerate(page.widget.findChildren(QSplitter)):
            yield f"{page.name}-splitter-{place}", splitter
        for place, header in enumerate(page.widget.findChildren(QHeaderView)):
            if header.orientation().value == _COLUMNS:
                yield f"{page.name}-columns-{place}", header
