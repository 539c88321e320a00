"""Trainings without widgets: intents come in, frozen views go out. Free of Qt.

What runs, runs in the bridge: it goes on when the desktop is closed, and is found again when it is opened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from desktop.bridge import Bridge
from desktop.bridge.jobs import Experiment, Job, Jobs, News, Plan
from desktop.errors import DesktopError
from desktop.i18n import tr
from desktop.running import Latest, Runner
from desktop.search.state import Failure
from desktop.train.state import BASE, TrainView, merged, settings_of, title

_LONGEST_LOG = 200_000


class TrainPresenter:
    """Answers the page's intents; `show` gets every view, `ended` every job that ends while somebody looks."""

    def __init__(
        self,
        bridge: Bridge,
        runner: Runner,
        show: Callable[[TrainView], None],
        ended: Callable[[Job], None] = lambda job: None,
    ) -> None:
        self._jobs, self._runner, self._show, self._ended = Jobs(bridge), runner, show, ended
        self._plans, self._lists, self._told_by = Latest(runner), Latest(runner), Latest(runner)
        self._recorded, self._logs = Latest(runner), Latest(runner)
        self._last = ""
        self._looking = False
        self.view = TrainView()

    def use(self, bridge: Bridge) -> None:
        """Train in another bridge from now on."""
        for one in (self._plans, self._lists, self._told_by, self._recorded, self._logs):
            one.forget()
        self._jobs, self._last, self._looking = Jobs(bridge), "", False
        self._give(TrainView(kind=self.view.kind))

    def shown(self) -> None:
        """Somebody looks at the page: fetch how everything stands."""
        self._looking = True
        self._plan()
        self._list()
        self._record()

    def kind_chosen(self, kind: str) -> None:
        """Train something else."""
        self._give(replace(self.view, kind=kind, plan=None, base="", own={}, notice=""))
        self._plan()

    def base_chosen(self, base: str) -> None:
        """Start from another model."""
        self._give(replace(self.view, base=base))

    def folder_chosen(self, folder: str) -> None:
        """Learn from a folder of the bridge, or (empty) from what people labelled."""
        self._give(replace(self.view, folder=folder.strip()))

    def setting_changed(self, name: str, value: Any) -> None:
        """Train with another value of a setting than its default."""
        self._give(replace(self.view, own={**self.view.own, name: value}))

    def started(self) -> None:
        """Queue the training that the sentence describes."""
        view = self.view
        if not view.can_start or view.plan is None:
            return
        settings = settings_of(view.own, view.plan.settings)
        if view.base and view.base != view.plan.settings.get(BASE) and BASE in view.plan.settings:
            settings[BASE] = view.base
        if view.folder:
            settings["data"] = view.folder
        self._start(view.kind, settings)

    def compared(self, model: str) -> None:
        """Build a generation with a model beside the live one and compare the two; nothing is switched."""
        self._start("release", {"model": model, "dry_run": True})

    def cancelled(self, job: int) -> None:
        """Cancel a job, waiting or running."""
        jobs = self._jobs
        self._runner.run(lambda: jobs.cancel(job), lambda _: self._list(), self._told_failure)

    def followed(self, job: int) -> None:
        """Show another job: its figures and its log."""
        found = next((one for one in self.view.jobs if one.id == job), None)
        if found is not None and (self.view.followed is None or self.view.followed.id != job):
            self._follow(found)

    def log_folded(self, folded: bool) -> None:
        """Show what the job says in words, or no longer."""
        if folded or self.view.followed is None:
            self._give(replace(self.view, log=None if folded else ""))
            return
        job, jobs = self.view.followed.id, self._jobs
        self._give(replace(self.view, log=""))
        self._logs.run(lambda: jobs.log(job), self._logged, self._told_failure)

    def experiments_chosen(self, names: Sequence[str]) -> None:
        """Compare these experiments."""
        self._give(replace(self.view, chosen=tuple(names)))

    def looked(self) -> None:
        """Ask how the queue stands; called every few seconds, and all there is where no events come."""
        if self._looking and not self._lists.waiting and any(not one.is_over for one in self.view.jobs):
            self._list()

    def again(self) -> None:
        """Fetch everything once more, after a failure."""
        self._give(replace(self.view, failure=None))
        self.shown()

    def _start(self, kind: str, settings: Mapping[str, Any]) -> None:
        jobs = self._jobs
        self._give(replace(self.view, starting=True, notice=""))

        def done(job: Job) -> None:
            notice = tr("{what} waits for its turn.", what=title(job)) if job.state == "queued" else ""
            listed = (job, *(one for one in self.view.jobs if one.id != job.id))
            self._give(replace(self.view, starting=False, jobs=listed, own={}, notice=notice))
            self._list()
            self._plan()

        def failed(error: Exception) -> None:
            self._give(replace(self.view, starting=False))
            self._told_failure(error)

        self._runner.run(lambda: jobs.start(kind, settings), done, failed)

    def _plan(self) -> None:
        jobs, kind = self._jobs, self.view.kind

        def done(plan: Plan) -> None:
            base = self.view.base or str(plan.settings.get(BASE) or next(iter(plan.bases), ""))
            self._give(replace(self.view, plan=plan, base=base))

        self._plans.run(lambda: jobs.plan(kind), done, self._told_failure)

    def _list(self) -> None:
        self._lists.run(self._jobs.all, self._listed, self._failed)

    def _listed(self, found: tuple[Job, ...]) -> None:
        before, known = self.view.followed, {one.id: one for one in self.view.jobs}
        for job in found:
            if job.is_over and job.id in known and not known[job.id].is_over:
                self._over(job)
        self._give(replace(self.view, jobs=found, known=True, failure=None))
        running = next((one for one in found if one.state == "running"), None)
        now = next((one for one in found if before is not None and one.id == before.id), None)
        if running is not None and (now is None or now.is_over):
            self._follow(running)
        elif now is not None:
            steps = merged(self.view.steps, now.figures)
            self._give(replace(self.view, followed=now, steps=steps))
            if now.state == "running" and not self._told_by.waiting:
                self._listen()
        elif found:
            self._follow(found[0])

    def _follow(self, job: Job) -> None:
        self._told_by.forget()
        self._last = ""
        opened = self.view.log is not None
        self._give(replace(self.view, followed=job, steps=job.figures, log="" if opened else None))
        if opened:
            self.log_folded(False)
        if job.state == "running":
            self._listen()

    def _listen(self) -> None:
        job, jobs, last = self.view.followed, self._jobs, self._last
        if job is not None:
            self._told_by.run(lambda: jobs.news(job.id, last, job.state), self._told, lambda error: None)

    def _told(self, news: News) -> None:
        job = self.view.followed
        if job is None or (news.job is not None and news.job.id != job.id):
            return
        self._last = news.last
        job = news.job or job
        if news.message or news.share is not None:
            left = news.seconds_left
            job = replace(job, message=news.message or job.message, share=news.share, seconds_left=left)
        steps = merged(self.view.steps, (*job.figures, *news.figures))
        log = self.view.log
        if log is not None and news.log and not self._logs.waiting:
            log = (log + "".join(f"{line}\n" for line in news.log if line not in log))[-_LONGEST_LOG:]
        jobs = tuple(job if one.id == job.id else one for one in self.view.jobs)
        self._give(replace(self.view, followed=job, steps=steps, log=log, jobs=jobs))
        if job.is_over:
            self._over(job)
            self._list()
        elif job.state == "running" and news.streamed:
            self._listen()

    def _over(self, job: Job) -> None:
        self._record()
        self._ended(job)

    def _record(self) -> None:
        def done(found: tuple[Experiment, ...]) -> None:
            there = {one.id for one in found}
            chosen = tuple(name for name in self.view.chosen if name in there)
            self._give(replace(self.view, experiments=found, chosen=chosen))

        self._recorded.run(self._jobs.experiments, done, lambda error: None)

    def _logged(self, text: str) -> None:
        if self.view.log is not None:
            self._give(replace(self.view, log=text[-_LONGEST_LOG:]))

    def _failed(self, error: Exception) -> None:
        if self.view.jobs or self.view.plan is not None:  # what is known stays; the strip on top tells of the bridge
            self._told_failure(error)
        else:
            self._give(replace(self.view, failure=_failure(error)))

    def _told_failure(self, error: Exception) -> None:
        self._give(replace(self.view, notice=_failure(error).message))

    def _give(self, view: TrainView) -> None:
        self.view = view
        self._show(view)


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
