"""The page that trains and releases put together: views, presenters, and what the window knows of them."""

from desktop.bridge.jobs import Job
from desktop.desk import Desk
from desktop.i18n import tr
from desktop.shell.commands import Command
from desktop.shell.page import Page, copy
from desktop.train.presenter import TrainPresenter
from desktop.train.releases import ReleasePresenter
from desktop.train.state import doing
from desktop.train.view import TrainPage


def train_page(desk: Desk) -> tuple[Page, TrainPage, TrainPresenter]:
    """Return the page with its presenter."""
    view = TrainPage(desk.theme, desk.thumbnails)
    releasing = ReleasePresenter(desk.bridge, desk.work, view.show_releases)

    def ended(job: Job) -> None:
        desk.said.emit(tr("A job has ended: {state}.", state=doing(job)))
        if job.kind == "release":
            releasing.shown()
            view.open_releases()

    presenter = TrainPresenter(desk.bridge, desk.work, view.show_view, ended)
    sentence, running = view.sentence, view.running
    sentence.kind_chosen.connect(presenter.kind_chosen)
    sentence.base_chosen.connect(presenter.base_chosen)
    sentence.folder_chosen.connect(presenter.folder_chosen)
    sentence.setting_changed.connect(presenter.setting_changed)
    sentence.started.connect(presenter.started)
    running.cancelled.connect(presenter.cancelled)
    running.followed.connect(presenter.followed)
    running.log_folded.connect(presenter.log_folded)
    view.experiments.chosen.connect(presenter.experiments_chosen)
    view.experiments.compared.connect(presenter.compared)
    view.releases.chosen.connect(releasing.chosen)
    view.releases.release_wanted.connect(releasing.release_wanted)
    view.releases.rollback_wanted.connect(releasing.rollback_wanted)
    view.releases.confirmed.connect(releasing.confirmed)
    view.releases.refused.connect(releasing.refused)
    view.looked.connect(presenter.looked)
    view.retried.connect(presenter.again)
    view.details_copied.connect(copy)
    view.said.connect(desk.said)
    desk.themed.connect(lambda: view.use_theme(desk.theme))

    def begin() -> None:
        presenter.use(desk.bridge)
        releasing.use(desk.bridge)

    def shown() -> None:
        presenter.shown()
        releasing.shown()

    page = Page(
        "train",
        tr("Train"),
        "▲",
        view,
        view.sentence.kind.setFocus,
        begin,
        releasing.stands,
        shown=shown,
        commands=(
            Command(tr("Train: begin"), presenter.started),
            Command(tr("Train: roll back to the generation before"), releasing.rollback_wanted),
        ),
    )
    return page, view, presenter
