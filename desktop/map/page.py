"""The map page put together: view, presenter, and what the window knows of them."""

from desktop.desk import Desk
from desktop.i18n import tr
from desktop.map.presenter import MapPresenter
from desktop.map.view import MapPage
from desktop.shell.commands import Command
from desktop.shell.page import Page, copy


def map_page(desk: Desk) -> tuple[Page, MapPage, MapPresenter]:
    """Return the map page with its presenter."""
    view = MapPage(desk.theme)
    presenter = MapPresenter(desk.bridge, desk.work, view.show_view)
    view.method_chosen.connect(presenter.method_chosen)
    view.field_chosen.connect(presenter.field_chosen)
    view.twins_wanted.connect(presenter.twins_wanted)
    view.looked.connect(presenter.looked)
    view.cancelled.connect(presenter.cancelled)
    view.retried.connect(presenter.again)
    view.details_copied.connect(copy)
    view.said.connect(desk.said)
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    def shown() -> None:
        # The drawing library takes a second to load; in a thread, so that the window goes on.
        desk.work.run(load_drawing, lambda _: presenter.shown(), lambda _: presenter.shown())

    def focus() -> None:
        (view.canvas or view.method).setFocus()

    page = Page(
        "map",
        tr("Map"),
        "∴",
        view,
        focus,
        lambda: presenter.use(desk.bridge),
        shown=shown,
        commands=(
            Command(tr("Map: make it anew"), presenter.again),
            Command(tr("Map: look for near-duplicates"), presenter.twins_wanted),
        ),
        keys=(
            ("L  V  0", tr("Map: lasso, select what is in view, show all")),
            ("← ↑ → ↓  + −", tr("Map: move, zoom")),
        ),
    )
    return page, view, presenter


def load_drawing() -> None:
    """Load the library that draws."""
    import desktop.map.canvas  # noqa: F401
