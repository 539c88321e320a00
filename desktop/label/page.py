"""The label page put together: view, presenter, and what the window knows of them."""

from PySide6.QtCore import QByteArray, Qt

from desktop.desk import Desk
from desktop.i18n import tr
from desktop.label.presenter import LabelPresenter, Problems
from desktop.label.problems import ProblemsDialog
from desktop.label.view import LabelPage
from desktop.shell.commands import Command
from desktop.shell.page import Page, copy

_LAYOUT = "label"


def label_page(desk: Desk) -> tuple[Page, LabelPage, LabelPresenter]:
    """Return the label page with its presenter."""
    view = LabelPage(desk.theme, desk.thumbnails)
    presenter = LabelPresenter(
        desk.outbox, desk.work, desk.writing, view.show_view, desk.waits.emit, desk.thumbnails.warm
    )
    view.answered.connect(presenter.answered)
    view.undone.connect(presenter.undone)
    view.retried.connect(presenter.retried)
    view.details_copied.connect(copy)
    view.said.connect(desk.said)
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    def show_problems(problems: Problems) -> None:
        dialog = ProblemsDialog(problems, view)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.settled.connect(presenter.settled)
        dialog.put_away.connect(presenter.put_away)
        dialog.open()

    view.problems_wanted.connect(lambda: presenter.problems(show_problems))
    _restore(desk, view)

    def shown() -> None:
        presenter.shown()
        desk.work.run(_load_charts, lambda _: view.draw_charts(), lambda _: None)

    page = Page(
        "label",
        tr("Label"),
        "☑",
        view,
        view.stage.setFocus,
        lambda: presenter.use(desk.bridge),
        lambda standing: presenter.stood(),
        shown=shown,
        undo=presenter.undone,
        redo=presenter.redone,
        commands=(Command(tr("Label: show or hide details"), view.details.toggle),),
        keys=(
            ("S  D  Space", tr("Label: similar, dissimilar, skip")),
            ("Z", tr("Label: take the last one back")),
        ),
        close=lambda: _keep(desk, view),
    )
    return page, view, presenter


def _restore(desk: Desk, view: LabelPage) -> None:
    kept = desk.settings.layout.get(_LAYOUT)
    if isinstance(kept, str) and kept:
        view.body.restoreState(QByteArray.fromBase64(kept.encode()))


def _keep(desk: Desk, view: LabelPage) -> None:
    state = bytes(view.body.saveState().toBase64().data()).decode()
    desk.keep(layout={**desk.settings.layout, _LAYOUT: state})


def _load_charts() -> None:
    """Load what draws curves: it takes a second, in which nobody shall wait for a key."""
    import pyqtgraph  # noqa: F401
