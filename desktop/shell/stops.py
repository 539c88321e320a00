"""What the tour shows, in its order."""

from typing import Protocol

from PySide6.QtWidgets import QFrame, QPushButton

from desktop.compare.presenter import ComparePresenter
from desktop.compare.view import ComparePage
from desktop.i18n import tr
from desktop.label.view import LabelPage
from desktop.search.presenter import SearchPresenter
from desktop.search.view import SearchPage
from desktop.shell.tour import Stop


class Toured(Protocol):
    """What the tour needs of a window."""

    search: SearchPresenter
    compare: ComparePresenter
    search_view: SearchPage
    compare_view: ComparePage
    label_view: LabelPage
    rail_frame: QFrame
    palette_button: QPushButton

    def show_page(self, name: str) -> object:
        """Show one of its pages."""
        ...


def stops(window: Toured) -> list[Stop]:
    """Return the stops of a window, those of pages that it has."""

    def search() -> None:
        window.show_page("search")
        if not window.search.view.wanted.text:
            window.search.text_changed("something warm for winter")

    def compare() -> None:
        window.show_page("compare")
        if not window.compare.view.text:
            window.compare.text_changed("something warm for winter")

    def label() -> None:
        window.show_page("label")

    return [
        Stop(
            tr("Search as a shopper would"),
            tr("Type any words, drop a photo, or double click a product to see what is like it."),
            lambda: window.search_view.query,
            search,
        ),
        Stop(
            tr("Every result says why"),
            tr("The bar under a product shows how much words, meaning and photo made of its score."),
            lambda: window.search_view.stack,
            search,
        ),
        Stop(
            tr("Compare two rankings"),
            tr("The same words, searched in two ways. Lines join the same product, arrows say how far it moved."),
            lambda: window.compare_view.stack,
            compare,
        ),
        Stop(
            tr("Teach it what is alike"),
            tr("One pair, one key: S similar, D dissimilar, Space skip, Z takes it back. It also works offline."),
            lambda: window.label_view.stack,
            label,
        ),
        Stop(
            tr("Everything else is here"),
            tr("Tags, rules, training, the map and recommendations are pages too: Ctrl and a number opens them."),
            lambda: window.rail_frame,
        ),
        Stop(
            tr("Find anything by its name"),
            tr("Ctrl+K finds commands and products, ? shows all keys. Enjoy."),
            lambda: window.palette_button,
        ),
    ]
