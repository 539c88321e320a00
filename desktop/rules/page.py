"""The rules page put together: view, presenter, and what the window knows of them."""

from desktop.desk import Desk
from desktop.i18n import tr
from desktop.rules.presenter import RulesPresenter
from desktop.rules.view import RulesPage
from desktop.shell.commands import Command
from desktop.shell.page import Page, copy


def rules_page(desk: Desk) -> tuple[Page, RulesPage, RulesPresenter]:
    """Return the rules page with its presenter."""
    view = RulesPage(desk.theme, desk.thumbnails)
    presenter = RulesPresenter(desk.bridge, desk.work, view.show_view)
    view.chosen.connect(presenter.chosen)
    view.begun.connect(presenter.begun)
    view.drafted.connect(presenter.drafted)
    view.query_changed.connect(presenter.query_changed)
    view.product_added.connect(presenter.product_added)
    view.saved.connect(presenter.saved)
    view.removed.connect(presenter.removed)
    view.undone.connect(presenter.undone)
    view.history_wanted.connect(presenter.history_wanted)
    view.retried.connect(presenter.again)
    view.details_copied.connect(copy)
    desk.themed.connect(lambda: view.use_theme(desk.theme))
    page = Page(
        "rules",
        tr("Rules"),
        "⚑",
        view,
        view.list.setFocus,
        lambda: presenter.use(desk.bridge),
        shown=presenter.shown,
        undo=presenter.undone,
        redo=presenter.redone,
        commands=(Command(tr("Rules: show or hide the history"), view.history.toggle),),
        keys=(
            ("Ctrl+N", tr("Rules: new rule")),
            ("Ctrl+S", tr("Rules: save")),
            ("Enter", tr("Rules: put the product into the rule")),
            ("Del", tr("Rules: take the product out")),
        ),
    )
    return page, view, presenter
