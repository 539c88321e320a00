"""Releases without widgets: what was compared, what shoppers get, and the way back. Free of Qt."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from desktop.branches import Branch
from desktop.bridge import Bridge, GenerationRow, Standing
from desktop.bridge.releases import Change, Measure, Release, Releases
from desktop.errors import DesktopError
from desktop.i18n import formats, tr
from desktop.i18n.bridge import told
from desktop.running import Latest, Runner
from desktop.search.state import Failure
from desktop.train.state import when

SHOWN_CHANGES = 10
UNDECIDED = ("compared", "refused")
MAY_NOT = ("storefront", "merchandiser")  # roles that look, and change nothing that shoppers get


@dataclass(frozen=True)
class Question:
    """What is asked before something happens: the sentence, what it means, and the word on the button."""

    title: str
    text: str
    action: str
    release: int | None = None
    to: str = ""


@dataclass(frozen=True)
class ReleaseView:
    """All that the page shows of releases. `live` and `before` are names of generations, empty where there is none."""

    releases: tuple[Release, ...] = ()
    chosen: int | None = None
    generations: tuple[GenerationRow, ...] = ()
    role: str = ""
    question: Question | None = None
    working: str = ""
    notice: str = ""
    failure: Failure | None = None

    @property
    def release(self) -> Release | None:
        """The chosen release."""
        return next((one for one in self.releases if one.id == self.chosen), None)

    @property
    def live(self) -> GenerationRow | None:
        """The generation that shoppers get."""
        return next((one for one in self.generations if one.live), None)

    @property
    def before(self) -> GenerationRow | None:
        """The generation that a rollback goes to: the newest one before the live one."""
        names = [one.name for one in self.generations]
        at = names.index(self.live.name) if self.live is not None else 0
        return self.generations[at - 1] if at > 0 else None

    @property
    def can_release(self) -> bool:
        """Whether the chosen release has a candidate that can be made live."""
        undecided = self.release is not None and self.release.state in UNDECIDED
        return undecided and not self.working and self.role not in MAY_NOT

    @property
    def can_roll_back(self) -> bool:
        """Whether there is a generation to go back to, and the token may."""
        return self.before is not None and not self.working and self.role not in MAY_NOT

    @property
    def permission(self) -> str:
        """Who may release, where this token may not; empty where it may."""
        if self.role not in MAY_NOT:
            return ""
        return tr(
            "Your token compares models; releasing and rolling back want one of the role “release”. Whoever runs the "
            "bridge has it: {command}",
            command="kindred tokens show release",
        )


class ReleasePresenter:
    """Answers the page's intents; `show` gets every view, `changed` is called after shoppers got another generation."""

    def __init__(
        self,
        bridge: Bridge,
        runner: Runner,
        show: Callable[[ReleaseView], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._releases, self._runner, self._show, self._changed = Releases(bridge), runner, show, changed
        self._lists = Latest(runner)
        self.view = ReleaseView()

    def use(self, bridge: Bridge) -> None:
        """Release in another bridge from now on."""
        self._releases = Releases(bridge)
        self._lists.forget()
        self._give(ReleaseView())

    def shown(self) -> None:
        """Fetch the releases; the newest one is chosen where none is."""

        def done(found: tuple[Release, ...]) -> None:
            newest = found[0].id if found else None
            there = any(one.id == self.view.chosen for one in found)
            known = {one.id for one in self.view.releases}
            chosen = self.view.chosen if there and newest in known else newest
            self._give(replace(self.view, releases=found, chosen=chosen, failure=None))

        self._lists.run(self._releases.all, done, self._failed)

    def stands(self, standing: Standing) -> None:
        """Know the generations of the shop."""
        if (standing.generations, standing.role) != (self.view.generations, self.view.role):
            self._give(replace(self.view, generations=standing.generations, role=standing.role))

    def chosen(self, number: int) -> None:
        """Show a release."""
        self._give(replace(self.view, chosen=number))

    def release_wanted(self) -> None:
        """Ask whether the chosen candidate is to be made live, and say what that means."""
        found = self.view.release
        if found is None or not self.view.can_release:
            return
        target, live = _name(found.target), _name(found.source)
        lines = [
            tr("{target} with {model} takes the place of {live}.", target=target, model=found.model, live=live),
            tr("Shoppers get its results at once. “Roll back” brings {live} back.", live=live),
        ]
        if found.verdict == "worse":
            lines.insert(1, tr("The comparison says that it is worse."))
        elif found.verdict != "better":
            lines.insert(1, tr("The labels cannot tell whether it is better."))
        question = Question(tr("Release {target}?", target=target), "\n\n".join(lines), tr("Release"), found.id)
        self._give(replace(self.view, question=question))

    def rollback_wanted(self) -> None:
        """Ask whether to go back to the generation before, and say what that means."""
        live, before = self.view.live, self.view.before
        if live is None or before is None or not self.view.can_roll_back:
            self._give(replace(self.view, notice=self.view.permission))
            return
        count = formats.number(before.documents)
        text = "\n\n".join((
            tr("{target} with {model} ({count} products) takes the place of {live}.", target=before.name,
               model=before.model, count=count, live=live.name),
            tr("Shoppers get its results at once. What changed in the products meanwhile is brought over."),
        ))  # fmt: skip
        title = tr("Roll back from {live} to {target}?", live=live.name, target=before.name)
        self._give(replace(self.view, question=Question(title, text, tr("Roll back"), None, before.name)))

    def refused(self) -> None:
        """Leave everything as it is."""
        self._give(replace(self.view, question=None))

    def confirmed(self) -> None:
        """Do what was asked about."""
        question, releases = self.view.question, self._releases
        if question is None:
            return
        found = next((one for one in self.view.releases if one.id == question.release), None)

        def work() -> None:
            if found is not None:
                releases.switch(found)
            else:
                releases.roll_back(question.to)

        def done(_: None) -> None:
            name = _name(found.target) if found is not None else question.to
            self._give(replace(self.view, working="", notice=tr("{target} is live.", target=name)))
            self._changed()
            self.shown()

        def failed(error: Exception) -> None:
            self._give(replace(self.view, working="", notice=_failure(error).message))

        self._give(replace(self.view, question=None, working=tr("Switching…"), notice=""))
        self._runner.run(work, done, failed)

    def _failed(self, error: Exception) -> None:
        self._give(replace(self.view, failure=_failure(error)))

    def _give(self, view: ReleaseView) -> None:
        self.view = view
        self._show(view)


def release_rows(releases: tuple[Release, ...]) -> tuple[Branch, ...]:
    """Return releases as rows."""
    rows = []
    for one in releases:
        way = f"{_name(one.source)} → {_name(one.target) or '…'}"
        cells = (one.model, way, release_state(one), verdict_word(one.verdict), when(one.begun))
        rows.append(Branch(str(one.id), cells, one))
    return tuple(rows)


def release_state(release: Release) -> str:
    """Return how a release stands, in a word."""
    words = {
        "building": lambda: tr("being built"),
        "compared": lambda: tr("compared"),
        "released": lambda: tr("released"),
        "refused": lambda: tr("not released"),
        "rolled back": lambda: tr("rolled back"),
        "failed": lambda: tr("failed"),
    }
    return words[release.state]() if release.state in words else release.state


def verdict_word(verdict: str) -> str:
    """Return the verdict in a word."""
    words = {
        "better": lambda: tr("better"),
        "worse": lambda: tr("worse"),
        "cannot tell": lambda: tr("cannot tell"),
    }
    return words[verdict]() if verdict in words else verdict


def measure_name(name: str) -> str:
    """Return the name of a measure as people read it."""
    words = {
        "ndcg@10": lambda: "nDCG@10",
        "pairs_f1": lambda: tr("F1 of pairs"),
        "photo_pairs_f1": lambda: tr("F1 of pairs by their photos"),
        "similar_pairs@10": lambda: tr("similar pairs among the first ten"),
        "photo_ndcg@10": lambda: tr("nDCG@10 of searches by photo"),
        "photo_words_ndcg@10": lambda: tr("nDCG@10 of searches by photo and words"),
        "photo_category@10": lambda: tr("same category by photo"),
        "similar_category@10": lambda: tr("same category among similar items"),
        "recall@20": lambda: tr("recall@20"),
        "new_recall@20": lambda: tr("recall@20 of new products"),
    }
    return words[name]() if name in words else name


def notes_of(release: Release) -> tuple[str, ...]:
    """Return what the bridge notes beside the measures; what a measure's own line says already is left out."""
    said = tuple(f"{one.name}: " for one in release.measures)
    return tuple(told(note) for note in release.notes if not note.startswith(said))


def comparison_table(release: Release) -> tuple[tuple[str, ...], ...]:
    """Return a comparison's figures as rows of a file, headings first."""
    headings = (tr("Figure"), tr("live"), tr("candidate"), tr("difference"), tr("low"), tr("high"), tr("cases"))
    figures = (
        (measure_name(one.name), *map(str, (one.live, one.candidate, one.difference, one.low, one.high, one.cases)))
        for one in release.measures
    )
    return (headings, *figures)


def measure_text(one: Measure) -> str:
    """Return a measure in words: nDCG@10 0.781 → 0.796, +0.015 (+0.004 to +0.026), 120 queries."""
    text = tr(
        "{name}: {live} → {candidate}, {difference} ({low} to {high}), {cases} cases",
        name=measure_name(one.name), live=f"{one.live:.3f}", candidate=f"{one.candidate:.3f}",
        difference=f"{one.difference:+.3f}", low=f"{one.low:+.3f}", high=f"{one.high:+.3f}",
        cases=formats.number(one.cases),
    )  # fmt: skip
    return text if one.enough else f"{text} · {tr('too few to tell')}"


def change_text(one: Change) -> str:
    """Return in a line how much of a query's first results stays."""
    most = max(len(one.before), len(one.after))
    return tr("{query}: {stay} of {count} stay", query=one.query, stay=round(one.overlap * most), count=most)


def _name(index: str) -> str:
    """Return the short name of a generation's index: products-g007 is g007."""
    return index.rpartition("-")[2]


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
