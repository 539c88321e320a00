"""The tags page without widgets: intents come in, frozen views go out. Free of Qt.

A decision leaves the list at once and is sent behind the scenes; where it cannot be made it comes back.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from desktop.bridge import Bridge
from desktop.bridge.suggestions import (
    PAGE,
    Action,
    Filter,
    Making,
    Outcome,
    Precision,
    Preview,
    Suggested,
    Suggestion,
    Suggestions,
    ValueGroup,
)  # fmt: skip
from desktop.errors import DesktopError
from desktop.i18n import formats, tr
from desktop.running import Latest, Paced, Runner
from desktop.search.state import Failure
from desktop.tags.state import CATEGORY, Grouping, TagsView, precision_chart


class TagsPresenter:
    """Answers the page's intents; `show` gets every view."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[TagsView], None]) -> None:
        self._suggestions, self._runner, self._show = Suggestions(bridge), runner, show
        self._pages, self._groups, self._trees = Latest(runner), Latest(runner), Latest(runner)
        self._jobs, self._bulk, self._regions = Latest(runner), Latest(runner), Paced(runner)
        self._operations: list[int] = []
        self._leaving: set[int] = set()
        self._asked = False
        self.view = TagsView()

    def use(self, bridge: Bridge) -> None:
        """Review for the shop of another bridge from now on."""
        for one in (self._pages, self._groups, self._trees, self._jobs, self._bulk, self._regions):
            one.forget()
        self._suggestions, self._operations, self._asked = Suggestions(bridge), [], False
        self._leaving = set()
        self._give(TagsView(grouping=self.view.grouping, wanted=Filter(sure=self.view.wanted.sure)))

    def shown(self) -> None:
        """Somebody looks at the page: fetch what is not there yet."""
        if not self._asked:
            self.again()

    def again(self) -> None:
        """Fetch everything anew."""
        self._asked = True
        self._fetch(self.view.page)
        self._count()
        self._trees.run(self._suggestions.categories, self._branched, lambda error: None)

    def chosen(self, wanted: Filter) -> None:
        """Show the suggestions of a value, a field or a category."""
        self.view = replace(self.view, wanted=replace(wanted, sure=self.view.wanted.sure), notice="")
        self._fetch(1)

    def sure_chosen(self, sure: bool | None) -> None:
        """Show only what the model is sure of, only what it is not, or both."""
        self.view = replace(self.view, wanted=replace(self.view.wanted, sure=sure), notice="")
        self._fetch(1)
        self._count()

    def grouped(self, grouping: Grouping) -> None:
        """Group by value or by product."""
        self._give(replace(self.view, grouping=grouping))

    def page_turned(self, page: int) -> None:
        """Show another page."""
        page = min(max(page, 1), self.view.pages)
        if page != self.view.page:
            self._fetch(page)

    def cancelled(self) -> None:
        """Wait no longer for the list."""
        self._pages.forget()
        self._asked = bool(self.view.rows)
        self._give(replace(self.view, phase="results" if self.view.rows else "empty"))

    def decided(self, action: Action, ids: Sequence[int]) -> None:
        """Accept or refuse suggestions of the list."""
        numbers = [one.id for one in self.view.rows if one.id in set(ids)]
        if numbers:
            suggestions = self._suggestions
            self._send(lambda: suggestions.decide(action, numbers), numbers, action)

    def corrected(self, number: int, value: str, new: bool) -> None:
        """Put another value into the field than the suggested one."""
        value = " ".join(value.replace("›", ">").split())
        if value and any(one.id == number for one in self.view.rows):
            suggestions = self._suggestions
            self._send(lambda: suggestions.correct(number, value, new), [number], "correct")

    def undone(self) -> None:
        """Take the last operation of this sitting back."""
        if not self._operations:
            self._give(replace(self.view, notice=tr("There is nothing to take back.")))
            return
        operation, suggestions = self._operations.pop(), self._suggestions

        def done(outcome: Outcome) -> None:
            said = tr("{count} decisions were taken back.", count=len(outcome.decided))
            self._give(replace(self.view, notice=_with_conflicts(said, outcome), undoable=len(self._operations)))
            self._fetch(self.view.page)
            self._count()

        def failed(error: Exception) -> None:
            self._operations.append(operation)
            self._give(replace(self.view, notice=_failure(error).message, undoable=len(self._operations)))

        self._runner.run(lambda: suggestions.undo(operation), done, failed)

    def bulk_wanted(self, action: Action) -> None:
        """Show what accepting or refusing all that is chosen would do."""
        wanted, suggestions = self.view.wanted, self._suggestions
        self._give(replace(self.view, notice=tr("Looking at what would change…")))
        self._bulk.run(lambda: suggestions.preview(wanted, action), self._previewed, self._bulk_failed)

    def bulk_confirmed(self) -> None:
        """Do what the preview shows."""
        preview, wanted, suggestions = self.view.preview, self.view.wanted, self._suggestions
        if preview is None:
            return
        self._give(replace(self.view, preview=None, notice=tr("Working…")))

        def done(outcome: Outcome) -> None:
            self._made(outcome, preview.action)
            self._fetch(1)
            self._count()

        self._bulk.run(lambda: suggestions.bulk(wanted, preview), done, self._bulk_failed)

    def bulk_cancelled(self) -> None:
        """Leave everything as it is."""
        self._give(replace(self.view, preview=None, notice=""))

    def making_wanted(self) -> None:
        """Have suggestions made for all products."""
        self._jobs.run(self._suggestions.make, self._job_stands, self._job_failed)

    def looked(self) -> None:
        """Ask how far the job is; called again and again while it runs."""
        making, suggestions = self.view.making, self._suggestions
        if making is not None and making.state == "running" and not self._jobs.waiting:
            self._jobs.run(lambda: suggestions.making(making.job), self._job_stands, self._job_failed)

    def precision_wanted(self) -> None:
        """Show how right the models were, week by week."""

        def done(weeks: tuple[Precision, ...]) -> None:
            self._give(replace(self.view, precision=precision_chart(weeks)))

        self._runner.run(self._suggestions.precision, done, self._told)

    def inspected(self, one: Suggestion) -> None:
        """Somebody looks at a suggestion: a category can show which region of the photo spoke for it."""
        suggestions, shown = self._suggestions, self.view.region
        if one.field != CATEGORY or (shown is not None and shown[0] == one.id):
            return

        def done(picture: bytes | None) -> None:
            self._give(replace(self.view, region=(one.id, picture) if picture else None))

        self._regions.run(lambda: suggestions.region(one), done, lambda error: None)

    def _send(self, decide: Callable[[], Outcome], numbers: Sequence[int], action: str) -> None:
        gone = [one for one in self.view.rows if one.id in set(numbers)]
        self._leaving.update(numbers)
        rows = tuple(one for one in self.view.rows if one not in gone)
        self._give(replace(self.view, rows=rows, total=max(0, self.view.total - len(gone)), notice=""))

        def done(outcome: Outcome) -> None:
            self._leaving.difference_update(numbers)
            self._made(outcome, action)
            if outcome.conflicts or (not self.view.rows and self.view.phase == "results" and not self._leaving):
                self._fetch(1)
            if not self._leaving:
                self._count()

        def failed(error: Exception) -> None:
            self._leaving.difference_update(numbers)
            back = sorted((*gone, *self.view.rows), key=lambda one: (-one.confidence, one.id))
            total = self.view.total + len(gone)
            self._give(replace(self.view, rows=tuple(back), total=total, notice=_failure(error).message))

        self._runner.run(decide, done, failed)

    def _made(self, outcome: Outcome, action: str) -> None:
        if outcome.operation is not None:
            self._operations.append(outcome.operation)
        said = {
            "accept": tr("{count} accepted. Z takes it back.", count=len(outcome.decided)),
            "refuse": tr("{count} refused. Z takes it back.", count=len(outcome.decided)),
            "correct": tr("{count} corrected. Z takes it back.", count=len(outcome.decided)),
        }[action]
        if outcome.pending:
            said += " " + tr("The index follows when OpenSearch answers.")
        notice = _with_conflicts(said if outcome.decided else "", outcome)
        self._give(replace(self.view, notice=notice, undoable=len(self._operations)))

    def _fetch(self, page: int) -> None:
        wanted, suggestions = self.view.wanted, self._suggestions
        self._give(replace(self.view, phase="waiting", page=page, failure=None))
        self._pages.run(lambda: suggestions.page(wanted, offset=(page - 1) * PAGE), self._found, self._failed)

    def _found(self, found: Suggested) -> None:
        rows = tuple(one for one in found.rows if one.id not in self._leaving)
        if not rows and self.view.page > 1:
            self._fetch(1)
            return
        total = found.total - len(found.rows) + len(rows)
        self._give(replace(self.view, phase="results" if rows else "nothing", rows=rows, total=total))

    def _failed(self, error: Exception) -> None:
        self._asked = False
        self._give(replace(self.view, phase="failed", rows=(), total=0, failure=_failure(error)))

    def _count(self) -> None:
        sure, suggestions = self.view.wanted.sure, self._suggestions
        self._groups.run(lambda: suggestions.groups(sure), self._counted, lambda error: None)

    def _counted(self, groups: tuple[ValueGroup, ...]) -> None:
        self._give(replace(self.view, groups=groups))

    def _branched(self, categories: tuple[tuple[str, int], ...]) -> None:
        self._give(replace(self.view, categories=categories))

    def _previewed(self, preview: Preview) -> None:
        if preview.count:
            self._give(replace(self.view, preview=preview, notice=""))
        else:
            said = " ".join(preview.conflicts[:1]) or tr("There is nothing to decide here.")
            self._give(replace(self.view, notice=said))

    def _bulk_failed(self, error: Exception) -> None:
        self._give(replace(self.view, preview=None, notice=_failure(error).message))

    def _job_stands(self, making: Making) -> None:
        before = self.view.making
        self._give(replace(self.view, making=making))
        if making.state == "failed":
            self._give(replace(self.view, notice=making.problem))
        elif making.state == "done" and before is not None and before.state == "running":
            self._give(replace(self.view, notice=tr("Suggestions were made.")))
            self.again()

    def _job_failed(self, error: Exception) -> None:
        self._give(replace(self.view, making=None, notice=_failure(error).message))

    def _told(self, error: Exception) -> None:
        self._give(replace(self.view, notice=_failure(error).message))

    def _give(self, view: TagsView) -> None:
        self.view = view
        self._show(view)


def _with_conflicts(said: str, outcome: Outcome) -> str:
    if not outcome.conflicts:
        return said
    left = tr("{count} were left alone: {reason}", count=formats.number(len(outcome.conflicts)),
              reason=outcome.conflicts[0])  # fmt: skip
    return f"{said} {left}".strip()


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
