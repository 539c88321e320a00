"""The tags page put together: view, presenter, and what the window knows of them."""

from desktop.desk import Desk
from desktop.i18n import tr
from desktop.shell.commands import Command
from desktop.shell.page import Page, copy
from desktop.tags.presenter import TagsPresenter
from desktop.tags.view import TagsPage


def tags_page(desk: Desk) -> tuple[Page, TagsPage, TagsPresenter]:
    """Return the tags page with its presenter."""
    view = TagsPage(desk.theme, desk.thumbnails)
    presenter = TagsPresenter(desk.bridge, desk.work, view.show_view)
    view.chosen.connect(presenter.chosen)
    view.sure_chosen.connect(presenter.sure_chosen)
    view.grouped.connect(presenter.grouped)
    view.page_turned.connect(presenter.page_turned)
    view.inspected.connect(presenter.inspected)
    view.decided.connect(presenter.decided)
    view.corrected.connect(presenter.corrected)
    view.undone.connect(presenter.undone)
    view.bulk_wanted.connect(presenter.bulk_wanted)
    view.bulk_confirmed.connect(presenter.bulk_confirmed)
    view.bulk_cancelled.connect(presenter.bulk_cancelled)
    view.making_wanted.connect(presenter.making_wanted)
    view.looked.connect(presenter.looked)
    view.precision_wanted.connect(presenter.precision_wanted)
    view.retried.connect(presenter.again)
    view.cancelled.connect(presenter.cancelled)
    view.details_copied.connect(copy)
    view.said.connect(desk.said)
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    page = Page(
        "tags",
        tr("Tags"),
        "#",
        view,
        view.list.setFocus,
        lambda: presenter.use(desk.bridge),
        shown=presenter.shown,
        undo=presenter.undone,
        commands=(
            Command(tr("Tags: suggest for all products"), presenter.making_wanted),
            Command(tr("Tags: how often suggestions were right"), view.precision.toggle),
        ),
        keys=(
            ("A  C  R", tr("Tags: accept, correct, refuse")),
            ("Z", tr("Tags: take back")),
        ),
    )
    return page, view, presenter
