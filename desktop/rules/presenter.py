"""The rules page without widgets: intents come in, frozen views go out. Free of Qt."""

from collections.abc import Callable
from dataclasses import replace

from desktop.bridge import Bridge
from desktop.bridge.rules import AuditEntry, Changed, Draft, Previewed, RuleConflict, RuleRow, Rules
from desktop.compare.state import Comparison, compare
from desktop.errors import BridgeRefusedError, DesktopError
from desktop.i18n import tr
from desktop.rules.state import RulesView, known_titles
from desktop.running import Latest, Runner
from desktop.search.state import Failure, card

_Listed = tuple[tuple[RuleRow, ...], tuple[RuleConflict, ...]]


class RulesPresenter:
    """Answers the page's intents; `show` gets every view."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[RulesView], None]) -> None:
        self._rules, self._runner, self._show = Rules(bridge), runner, show
        self._lists, self._previews, self._histories = Latest(runner), Latest(runner), Latest(runner)
        self._done: list[int] = []
        self._taken_back: list[int] = []
        self._bridges = 0
        self.view = RulesView()

    def use(self, bridge: Bridge) -> None:
        """Show the rules of another bridge's shop from now on."""
        for one in (self._lists, self._previews, self._histories):
            one.forget()
        self._rules, self._done, self._taken_back = Rules(bridge), [], []
        self._bridges += 1
        self._give(RulesView())

    def shown(self) -> None:
        """Somebody looks at the page: fetch what is not there yet."""
        if self.view.phase in ("empty", "failed"):
            self.again()

    def again(self) -> None:
        """Fetch the rules anew."""
        self._give(replace(self.view, phase="waiting" if not self.view.rows else self.view.phase, failure=None))
        self._lists.run(self._rules.listed, self._listed, self._failed)

    def chosen(self, number: int) -> None:
        """Open a saved rule."""
        row = next((one for one in self.view.rows if one.id == number), None)
        if row is not None and (self.view.chosen is None or self.view.chosen.id != number):
            self._edit(row, row.draft)

    def begun(self, draft: Draft | None = None) -> None:
        """Open a new rule."""
        self._edit(None, draft or Draft(), dirty=draft is not None)

    def drafted(self, draft: Draft) -> None:
        """Say something else in the rule that is open, and look at what it would change."""
        if not self.view.editing or draft == self.view.draft:
            return
        saved = self.view.chosen.draft if self.view.chosen is not None else Draft()
        moved = draft.kind == "query" and self.view.query == self.view.draft.value
        query = draft.value if moved else self.view.query
        self._give(replace(self.view, draft=draft, dirty=draft != saved, query=query, notice="", notice_field=""))
        self._look()

    def query_changed(self, text: str) -> None:
        """Look at what the rule changes for other words."""
        self.view = replace(self.view, query=" ".join(text.split()))
        self._look()

    def product_added(self, product: str) -> None:
        """Put a product into the rule that is open."""
        draft = self.view.draft
        if self.view.editing and product.strip() and product not in draft.products:
            self.drafted(replace(draft, products=(*draft.products, product.strip()), field="", of=""))

    def saved(self) -> None:
        """Save the rule that is open."""
        view, rules = self.view, self._rules
        if not view.savable:
            return
        row, draft = view.chosen, view.draft
        said = tr("The rule was saved.")
        self._send(lambda: rules.add(draft) if row is None else rules.change(row, draft), said)

    def removed(self) -> None:
        """Remove the rule that is open."""
        row, rules = self.view.chosen, self._rules
        if row is not None and not self.view.busy:
            self._send(lambda: rules.remove(row), tr("The rule was removed. Undo brings it back."))

    def undone(self) -> None:
        """Take the last change of this sitting back."""
        self._turn(self._done, self._taken_back, tr("The change was taken back."))

    def redone(self) -> None:
        """Make the change that was taken back last again."""
        self._turn(self._taken_back, self._done, tr("The change was made again."))

    def history_wanted(self) -> None:
        """Fetch who changed what."""

        def told(entries: tuple[AuditEntry, ...]) -> None:
            self._give(replace(self.view, audit=entries))

        self._histories.run(self._rules.audit, told, self._notice)

    def _edit(self, row: RuleRow | None, draft: Draft, *, dirty: bool = False) -> None:
        query = _words(draft)
        blank = _without_preview(self.view)
        self._give(
            replace(blank, chosen=row, draft=draft, editing=True, dirty=dirty, query=query, notice="", notice_field="")
        )
        self._look()

    def _look(self) -> None:
        view, rules = self.view, self._rules
        number = view.chosen.id if view.chosen is not None else None
        draft, query = view.draft, view.query
        if not view.editing or not (draft.is_whole or query or (draft.kind == "category" and draft.value)):
            self._previews.forget()
            self._give(_without_preview(view))
            return
        self._give(replace(view, preview="waiting", preview_failure=""))
        self._previews.run(
            lambda: (
                rules.preview(draft, number, query, without=not view.dirty)
                if draft.is_whole
                else rules.found(draft, query)
            ),
            self._previewed,
            self._preview_failed,
        )

    def _previewed(self, found: Previewed) -> None:
        before, after = ([card(hit, found.generation) for hit in hits] for hits in (found.before, found.after))
        titles = known_titles(self.view.titles, ((one.id, one.title) for one in (*before, *after)))
        self._give(
            replace(
                self.view,
                preview="results" if before or after else "nothing",
                comparison=compare(before, after),
                preview_conflicts=found.conflicts,
                totals=(found.total_before, found.total_after),
                degraded=found.degraded,
                titles=titles,
            )
        )

    def _preview_failed(self, error: Exception) -> None:
        failed = _without_preview(self.view)
        self._give(replace(failed, preview="failed", preview_failure=_sentence(error).message))

    def _listed(self, found: _Listed) -> None:
        rows, conflicts = found
        chosen = self.view.chosen
        if chosen is not None and not self.view.dirty:
            chosen = next((one for one in rows if one.id == chosen.id), None)
        self._give(
            replace(self.view, phase="results" if rows else "nothing", rows=rows, conflicts=conflicts, chosen=chosen)
        )

    def _failed(self, error: Exception) -> None:
        self._give(replace(self.view, phase="failed", failure=_sentence(error)))

    def _send(self, job: Callable[[], Changed], said: str) -> None:
        bridges = self._bridges
        self._give(replace(self.view, busy=True, notice="", notice_field=""))

        def done(change: Changed) -> None:
            if bridges != self._bridges:
                return
            self._done.append(change.event)
            self._taken_back.clear()
            self._changed(change, said)

        def failed(error: Exception) -> None:
            if bridges == self._bridges:
                self._notice(error)

        self._runner.run(job, done, failed)

    def _turn(self, source: list[int], target: list[int], said: str) -> None:
        if not source or self.view.busy:
            if not source:
                self._give(replace(self.view, notice=tr("There is nothing to take back.")))
            return
        event, rules, bridges = source.pop(), self._rules, self._bridges
        self._give(replace(self.view, busy=True, notice=""))

        def done(change: Changed) -> None:
            if bridges == self._bridges:
                target.append(change.event)
                self._changed(change, said)

        def failed(error: Exception) -> None:
            if bridges != self._bridges:
                return
            if not isinstance(error, BridgeRefusedError):
                source.append(event)
            self._notice(error)

        self._runner.run(lambda: rules.undo(event), done, failed)

    def _changed(self, change: Changed, said: str) -> None:
        self.view = replace(self.view, busy=False, undoable=len(self._done), redoable=len(self._taken_back))
        if change.rule is not None:
            self._edit(change.rule, change.rule.draft)
        else:
            self._previews.forget()
            plain = _without_preview(self.view)
            self.view = replace(plain, chosen=None, editing=False, dirty=False, draft=Draft())
        self._give(replace(self.view, notice=said))
        self.again()
        if self.view.audit:
            self.history_wanted()

    def _notice(self, error: Exception) -> None:
        field = (error.field or "") if isinstance(error, BridgeRefusedError) else ""
        self._give(
            replace(
                self.view,
                busy=False,
                notice=_sentence(error).message,
                notice_field=field,
                undoable=len(self._done),
                redoable=len(self._taken_back),
            )
        )

    def _give(self, view: RulesView) -> None:
        self.view = view
        self._show(view)


def _without_preview(view: RulesView) -> RulesView:
    return replace(view, comparison=Comparison(), preview="none", preview_conflicts=(), preview_failure="")


def _words(draft: Draft) -> str:
    """Return the words for which a rule is looked at first."""
    if draft.kind == "category":
        return ""
    return draft.value if draft.kind == "query" else " ".join(draft.value.replace("*", "").replace("?", "").split())


def _sentence(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
