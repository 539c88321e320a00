"""Search and compare: each view is tied to its presenter here, as the other pages' are in their own `page.py`."""

from pathlib import Path

from PySide6.QtCore import QDir
from PySide6.QtWidgets import QFileDialog

from desktop.bridge import Wanted
from desktop.compare.presenter import ComparePresenter
from desktop.compare.view import ComparePage
from desktop.desk import Desk
from desktop.i18n import tr
from desktop.search.presenter import SearchPresenter
from desktop.search.view import SearchPage
from desktop.shell.page import Page, copy


def search_page(desk: Desk) -> tuple[Page, SearchPage, SearchPresenter]:
    """Return the search page with its presenter."""
    view = SearchPage(desk.theme, desk.thumbnails)

    def searched(wanted: Wanted) -> None:
        desk.keep(query=wanted.text, mode=wanted.mode, filters=dict(wanted.filters))

    presenter = SearchPresenter(desk.bridge, desk.work, view.show_view, searched)
    view.text_changed.connect(presenter.text_changed)
    view.mode_chosen.connect(presenter.mode_chosen)
    view.picture_given.connect(presenter.picture_given)
    view.picture_file_given.connect(lambda name: presenter.picture_file_given(Path(name)))
    view.example_removed.connect(presenter.example_removed)
    view.similar_wanted.connect(presenter.similar_wanted)
    view.page_turned.connect(presenter.page_turned)
    view.retried.connect(presenter.again)
    view.cancelled.connect(presenter.cancelled)
    view.facets.value_toggled.connect(presenter.value_toggled)
    view.facets.range_chosen.connect(presenter.range_chosen)
    view.facets.filters_removed.connect(presenter.filters_removed)
    view.details_copied.connect(copy)

    def history(text: str) -> None:
        desk.keep_query(text)
        view.show_history(desk.settings.history)

    def choose_picture() -> None:
        kinds = tr("Pictures") + " (*.jpg *.jpeg *.png *.webp *.gif *.bmp *.tif *.tiff)"
        name, _ = QFileDialog.getOpenFileName(view, tr("Choose a photo"), QDir.homePath(), kinds)
        if name:
            presenter.picture_file_given(Path(name))

    def export() -> None:
        start = str(Path(QDir.homePath()) / "kindred-results.csv")
        name, _ = QFileDialog.getSaveFileName(view, tr("Export results"), start, "CSV (*.csv)")
        if name:
            presenter.export_wanted(Path(name))

    view.history_kept.connect(history)
    view.choose_picture.connect(choose_picture)
    view.export_wanted.connect(export)
    view.show_history(desk.settings.history)
    view.table_button.setChecked(desk.settings.view == "table")
    view.table_button.toggled.connect(lambda on: desk.keep(view="table" if on else "grid"))
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    def begin() -> None:
        presenter.use(desk.bridge)
        kept = desk.settings
        wanted = presenter.view.wanted
        if presenter.view.phase == "empty":
            wanted = Wanted(text=kept.query, mode=kept.mode, filters=kept.filters)
        presenter.restore(wanted)

    def focus() -> None:
        view.query.setFocus()
        view.query.selectAll()

    page = Page("search", tr("Search"), "⌕", view, focus, begin)
    return page, view, presenter


def compare_page(desk: Desk) -> tuple[Page, ComparePage, ComparePresenter]:
    """Return the compare page with its presenter."""
    view = ComparePage(desk.theme, desk.thumbnails)
    presenter = ComparePresenter(desk.bridge, desk.work, view.show_view)
    view.text_changed.connect(presenter.text_changed)
    view.side_changed.connect(presenter.side_changed)
    view.rated.connect(presenter.rated)
    view.undone.connect(presenter.undone)
    view.swapped.connect(presenter.swapped)
    view.retried.connect(presenter.again)
    view.details_copied.connect(copy)
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    def begin() -> None:
        presenter.use(desk.bridge)
        if presenter.view.phase == "failed":
            presenter.again()

    page = Page(
        "compare",
        tr("Compare"),
        "⇄",
        view,
        view.query.setFocus,
        begin,
        lambda standing: presenter.generations_known(standing.generations),
        undo=presenter.undone,
        keys=(
            ("0  1  2  3", tr("Compare: rate the result")),
            ("U", tr("Compare: next result that is not rated")),
            ("Z", tr("Compare: take the last rating back")),
        ),
    )
    return page, view, presenter
