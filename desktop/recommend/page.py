"""The recommend page put together: view, presenters, and what the window knows of them."""

from collections.abc import Callable

from desktop.desk import Desk
from desktop.i18n import tr
from desktop.map.page import load_drawing
from desktop.recommend.presenter import RecommendPresenter, SegmentsPresenter
from desktop.recommend.view import RecommendPage
from desktop.shell.commands import Command
from desktop.shell.page import Page, copy


def recommend_page(
    desk: Desk, similar: Callable[[str, str], None]
) -> tuple[Page, RecommendPage, RecommendPresenter, SegmentsPresenter]:
    """Return the recommend page with its presenters; `similar` shows items like a product."""
    view = RecommendPage(desk.theme, desk.thumbnails)
    pane, groups = view.recommendations, view.segments
    presenter = RecommendPresenter(desk.bridge, desk.work, pane.show_view)
    segments = SegmentsPresenter(desk.bridge, desk.work, groups.show_view)
    ask = pane.ask
    ask.who_chosen.connect(presenter.who_chosen)
    ask.who_chosen.connect(lambda _: ask.focus())
    ask.customer_given.connect(presenter.customer_given)
    ask.kind_chosen.connect(presenter.kind_chosen)
    ask.owned_chosen.connect(presenter.owned_chosen)
    ask.variety_chosen.connect(presenter.variety_chosen)
    ask.typed.connect(presenter.typed)
    ask.added.connect(presenter.added)
    ask.taken_out.connect(presenter.taken_out)
    ask.emptied.connect(presenter.emptied)
    pane.facets.value_toggled.connect(presenter.value_toggled)
    pane.facets.range_chosen.connect(presenter.range_chosen)
    pane.facets.filters_removed.connect(presenter.filters_removed)
    pane.retried.connect(presenter.again)
    pane.cancelled.connect(presenter.cancelled)
    pane.similar_wanted.connect(similar)
    pane.save.said.connect(desk.said)
    groups.count_chosen.connect(segments.count_chosen)
    groups.chosen.connect(segments.chosen)
    groups.retried.connect(segments.again)
    groups.cancelled.connect(segments.cancelled)
    groups.save.said.connect(desk.said)
    for one in (pane, groups):
        one.details_copied.connect(copy)
    # The drawing library takes a second to load; in a thread, so that the window goes on.
    view.segments_shown.connect(
        lambda: desk.work.run(load_drawing, lambda _: segments.shown(), lambda _: segments.shown())
    )
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    def begin() -> None:
        presenter.use(desk.bridge)
        segments.use(desk.bridge)
        if view.stack.currentWidget() is groups and view.isVisible():
            view.segments_shown.emit()

    page = Page(
        "recommend",
        tr("Recommend"),
        "★",
        view,
        view.focus,
        begin,
        shown=presenter.shown,
        undo=presenter.undone,
        redo=presenter.redone,
        commands=(
            Command(tr("Recommend: segments of customers"), view.open_segments),
            Command(tr("Recommend: empty the basket"), presenter.emptied),
        ),
        keys=(
            ("Enter", tr("Recommend: put the product into the basket")),
            ("Del", tr("Recommend: take the product out of the basket")),
        ),
    )
    return page, view, presenter, segments
