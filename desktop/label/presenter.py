"""The label page without widgets: intents come in, frozen views go out. Free of Qt.

Two runners: `runner` for what is said to the bridge, `writer` for the outbox. A writer does one thing after the other,
so that what it returns is always newer than what it returned before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from desktop.bridge import Bridge
from desktop.bridge.labels import Conflict, Labels, LabelStats, Pair
from desktop.errors import BridgeAwayError, BridgeRefusedError, DesktopError
from desktop.i18n import formats, tr
from desktop.label.state import LabelView, pair_view
from desktop.label.supply import Kept, Supply
from desktop.label.sync import Report, Sync
from desktop.outbox import Outbox, Refused, Tray, Undone
from desktop.running import Latest, Runner
from desktop.search.state import Failure

SOON = 3  # pairs whose photos are fetched ahead
STATS_EVERY = 10


@dataclass(frozen=True)
class Problems:
    """What somebody has to look at."""

    refused: tuple[Refused, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()

    def title(self, product: str) -> str:
        """Return a product's title, its id where it is not known here."""
        return dict(self.titles).get(product, product)


class LabelPresenter:
    """Answers the page's intents.

    `show` gets every view, `waits` how many labels the bridge has not heard of, `ahead` products that may be shown
    when it is away.
    """

    def __init__(
        self,
        open_outbox: Callable[[], Outbox],
        runner: Runner,
        writer: Runner,
        show: Callable[[LabelView], None],
        waits: Callable[[int], None] = lambda count: None,
        ahead: Callable[[tuple[str, ...]], None] = lambda products: None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._open, self._runner, self._writer, self._now = open_outbox, runner, writer, now
        self._show, self._waits = show, waits
        self._sync = Sync(runner, self._synced)
        self._supply = Supply(runner, writer, self._read, self._supplied, self._away, ahead)
        self._opening, self._stats = Latest(writer), Latest(runner)
        self._tray: Tray | None = None
        self._labels: Labels | None = None
        self._upcoming: tuple[Pair, ...] = ()
        self._shown = self._saving = False
        self._undone: list[Undone] = []
        self._unkept: Callable[[], None] | None = None
        self._since_stats = 0
        self.view = LabelView()

    def use(self, bridge: Bridge) -> None:
        """Label for the shop of another bridge from now on."""
        self._tray, self._labels, self._upcoming = None, Labels(bridge), ()
        self._undone, self._unkept, self._saving = [], None, False
        self._stats.forget()
        self._supply.stop()
        self._give(LabelView())
        self._open_tray(bridge.url)

    def shown(self) -> None:
        """Somebody looks at the page: fetch what is missing."""
        self._shown = True
        self._fetch()
        self._count()

    def stood(self) -> None:
        """The bridge has just answered: send what waits."""
        self._sync.kick()
        if self._shown:
            self._supply.all_seen = self._supply.all_seen and bool(self._upcoming)
            self._fetch()

    def answered(self, label: str) -> None:
        """Label the pair that is shown: similar, dissimilar or skip."""
        self._undone.clear()
        self._answer(label)

    def undone(self) -> None:
        """Take the last label back and show its pair again."""
        tray = self._tray
        if tray is None or self._busy:
            return

        def undo() -> tuple[Undone | None, Kept]:
            return tray.undo(), self._read(tray)

        def done(found: tuple[Undone | None, Kept]) -> None:
            undone, kept = found
            if undone is None:
                self._saved(kept, tr("There is nothing to undo."))
                return
            self._undone.append(undone)
            self._saved(kept, tr("Taken back: {label}.", label=label_name(undone.label)))

        self._write(undo, done, self.undone)

    def redone(self) -> None:
        """Give the label again that was taken back last."""
        if self._busy:
            return
        if not self._undone:
            self._give(replace(self.view, notice=tr("There is nothing to redo.")))
            return
        last = self._undone[-1]
        if self._upcoming and self._upcoming[0].key == last.pair.key:
            self._undone.pop()
            self._answer(last.label)

    def retried(self) -> None:
        """Try again what could not be kept, or to open what could not be opened."""
        again, self._unkept = self._unkept, None
        self._give(replace(self.view, blocked=None, failure=None, strip=""))
        if again is not None:
            again()
        elif self._tray is None and self._labels is not None:
            self._give(LabelView())
            self._open_tray(self._labels.url)
        else:
            self._supply.all_seen = False
            self._sync.kick()
            self._fetch()

    def problems(self, then: Callable[[Problems], None]) -> None:
        """Hand out what somebody has to look at."""
        tray = self._tray
        if tray is None:
            return

        def look() -> Problems:
            refused, conflicts = tray.refused(), tray.conflicts()
            ids = {name for one in refused for name in (one.left, one.right)}
            ids |= {name for one in conflicts for name in (one.left, one.right)}
            return Problems(refused, conflicts, tuple((name, tray.title(name)) for name in sorted(ids)))

        self._writer.run(look, then, self._not_done)

    def put_away(self, key: str) -> None:
        """Show a refusal no more."""
        tray = self._tray
        if tray is not None:
            self._writer.run(lambda: tray.put_away(key), lambda _: self._look(), self._not_done)

    def settled(self, conflict: Conflict, label: str) -> None:
        """Decide a pair that was labelled differently."""
        tray, labels = self._tray, self._labels
        if tray is None or labels is None:
            return

        def settle() -> None:
            labels.settle(conflict.left, conflict.right, label)
            tray.know_conflicts(labels.conflicts())

        self._runner.run(settle, lambda _: self._look(), self._not_done)

    @property
    def _busy(self) -> bool:
        return self._saving or self.view.blocked is not None

    def _open_tray(self, shop: str) -> None:
        def opened() -> tuple[Tray, Kept]:
            tray = self._open().tray(shop)
            return tray, self._read(tray)

        def done(found: tuple[Tray, Kept]) -> None:
            self._tray, kept = found
            assert self._labels is not None
            self._sync.use(self._tray, self._labels)
            self._supply.use(self._tray, self._labels)
            self._keep(kept)
            self._sync.kick()
            if self._shown:
                self.shown()

        self._opening.run(
            opened, done, lambda error: self._give(replace(self.view, failure=_failure(error), phase="failed"))
        )

    def _answer(self, label: str) -> None:
        tray = self._tray
        if tray is None or self._busy or self.view.phase != "pair":
            return
        pair, at = self._upcoming[0], self._now().isoformat(timespec="seconds")

        def save() -> Kept:
            tray.save(pair, label, at)
            return self._read(tray)

        self._write(save, lambda kept: self._saved(kept, ""), lambda: self._answer(label))

    def _write(self, job: Callable[[], Any], done: Callable[[Any], None], again: Callable[[], None]) -> None:
        """Do a job in the outbox, nothing else meanwhile. Where it fails, nothing is labelled until it is done."""

        def failed(error: Exception) -> None:
            self._saving, self._unkept = False, again
            self._give(replace(self.view, blocked=_failure(error)))

        def kept(found: Any) -> None:
            self._saving = False
            done(found)

        self._saving = True
        self._writer.run(job, kept, failed)

    def _saved(self, kept: Kept, notice: str) -> None:
        self._keep(kept, notice)
        self._sync.kick()
        self._supply.labelled()
        self._fetch()
        self._since_stats += 1
        if self._since_stats >= STATS_EVERY:
            self._count()

    def _keep(self, kept: Kept, notice: str | None = None) -> None:
        self._upcoming = kept.upcoming
        first = kept.upcoming[0] if kept.upcoming else None
        pair = self.view.pair
        if first is None or pair is None or first.key != pair.key:
            pair = None if first is None else pair_view(first)
        asking = self._supply.fetching or (not self._supply.all_seen and not self.view.strip)
        self._waits(kept.counts.waiting)
        self._give(
            replace(
                self.view,
                phase="pair" if first else "asking" if asking else "empty",
                pair=pair,
                soon=tuple(item.id for one in kept.upcoming[1:SOON] for item in (one.left, one.right)),
                counts=kept.counts,
                at_hand=kept.counts.fresh + kept.counts.reserve,
                notice=self.view.notice if notice is None else notice,
            )
        )

    def _look(self) -> None:
        tray = self._tray
        if tray is not None:
            self._writer.run(lambda: self._read(tray), self._keep, self._not_done)

    def _read(self, tray: Tray) -> Kept:
        return Kept(tray.upcoming(SOON), tray.counts(self._now().date().isoformat()))

    def _fetch(self) -> None:
        self._supply.fill(self.view.counts)

    def _supplied(self, kept: Kept, left: int | None) -> None:
        self._well()
        self.view = replace(self.view, left=left)
        self._keep(kept)

    def _count(self) -> None:
        labels = self._labels
        if labels is None or self._tray is None:
            return
        self._since_stats = 0

        def counted(stats: LabelStats) -> None:
            self._give(replace(self.view, stats=stats))

        self._stats.run(labels.stats, counted, lambda _: None)

    def _synced(self, report: Report) -> None:
        if report.problem is not None:
            self._away(report.problem)
        elif report.sent:
            self._well()
        if report.sent:
            self._supply.all_seen = False  # what was sent makes room for other pairs
            self._look()

    def _well(self) -> None:
        if self.view.strip:
            self._give(replace(self.view, strip=""))
            self._count()

    def _away(self, error: Exception) -> None:
        """Say on the strip what is not as it should be; labelling goes on with the pairs that are at hand."""
        if isinstance(error, BridgeAwayError):
            strip = tr("The bridge is away. Labels are kept on this computer and sent when it is back.")
        elif isinstance(error, BridgeRefusedError) and error.status in (404, 405):
            strip = tr("This bridge is too old for labelling: it has to be updated. Labels are kept on this computer.")
        else:
            strip = _failure(error).message
        phase = self.view.phase if self._upcoming else "empty"
        self._give(replace(self.view, strip=strip, phase=phase, failure=_failure(error)))

    def _not_done(self, error: Exception) -> None:
        self._give(replace(self.view, notice=_failure(error).message))

    def _give(self, view: LabelView) -> None:
        self.view = view
        self._show(view)


def label_name(label: str) -> str:
    """Return a label as people read it."""
    names = {"similar": tr("Similar"), "dissimilar": tr("Dissimilar"), "skip": tr("Skip")}
    return names.get(label, label)


def waiting_text(count: int) -> str:
    """Return what the status bar says of labels that wait, empty where none does."""
    if not count:
        return ""
    if count == 1:
        return tr("1 label waiting to sync")
    return tr("{count} labels waiting to sync", count=formats.number(count))


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
