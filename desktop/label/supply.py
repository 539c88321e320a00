"""Keeps pairs at hand: a few fresh ones by the newest choice of the bridge, and a reserve for the time without it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop.bridge.labels import Labels, Pair
from desktop.outbox import Counts, Tray
from desktop.running import Runner

FRESH = 8
RESERVE = 200
MOST_AT_ONCE = 50  # a bridge hands out no more in one answer
RESERVE_EVERY = 50  # labels between two looks at whether the reserve is large enough


@dataclass(frozen=True)
class Kept:
    """What the outbox holds after a change: the first pairs to come, and its counts on the day."""

    upcoming: tuple[Pair, ...]
    counts: Counts


class Supply:
    """Fetches pairs, one call at a time.

    `read` looks into the outbox, `kept` gets what it holds now and how many pairs the bridge has left, `failed` why
    nothing came. `ahead` gets the products of a reserve: without a bridge nobody could show their photos.
    """

    def __init__(
        self,
        runner: Runner,
        writer: Runner,
        read: Callable[[Tray], Kept],
        kept: Callable[[Kept, int | None], None],
        failed: Callable[[Exception], None],
        ahead: Callable[[tuple[str, ...]], None] = lambda products: None,
    ) -> None:
        self._runner, self._writer, self._read = runner, writer, read
        self._told, self._failed, self._ahead = kept, failed, ahead
        self._tray: Tray | None = None
        self._labels: Labels | None = None
        self._labelled = RESERVE_EVERY
        self.fetching = self.all_seen = False

    def use(self, tray: Tray, labels: Labels) -> None:
        """Fetch for a shop from now on."""
        self._tray, self._labels = tray, labels
        self.fetching = self.all_seen = False
        self._labelled = RESERVE_EVERY

    def stop(self) -> None:
        """Fetch nothing until there is a shop again."""
        self._tray = None

    def labelled(self) -> None:
        """Note that a label was given: the reserve is looked after every now and then."""
        self._labelled += 1

    def fill(self, counts: Counts) -> None:
        """Fetch what is missing; at most one call is under way."""
        if self._tray is None or self._labels is None or self.fetching:
            return
        if counts.fresh < FRESH // 2:
            if not self.all_seen:
                self._fetch(self._tray, self._labels, FRESH, reserve=False)
        elif counts.reserve < RESERVE // 2 and self._labelled >= RESERVE_EVERY:
            self._labelled = 0
            self._fetch(self._tray, self._labels, RESERVE, reserve=True)

    def _fetch(self, tray: Tray, labels: Labels, size: int, *, reserve: bool) -> None:
        self.fetching = True

        def ask() -> tuple[tuple[Pair, ...], int | None]:
            return ask_for(labels, size, tray.excluded())

        def asked(found: tuple[tuple[Pair, ...], int | None]) -> None:
            pairs, left = found

            def add() -> Kept:
                tray.add(pairs, reserve=reserve)
                return self._read(tray)

            def added(kept: Kept) -> None:
                if tray is not self._tray:
                    return
                self.fetching = False
                self.all_seen = not reserve and not pairs
                self._told(kept, left)
                if reserve:
                    self._ahead(tuple(dict.fromkeys(item.id for one in pairs for item in (one.left, one.right))))
                self.fill(kept.counts)

            self._writer.run(add, added, failed)

        def failed(error: Exception) -> None:
            if tray is self._tray:
                self.fetching = False
                self._failed(error)

        self._runner.run(ask, asked, failed)


def ask_for(labels: Labels, size: int, excluded: Sequence[str]) -> tuple[tuple[Pair, ...], int | None]:
    """Return so many pairs, in as many calls as it takes, and how many the bridge has left."""
    found: tuple[Pair, ...] = ()
    left: int | None = None
    while len(found) < size:
        wanted = min(MOST_AT_ONCE, size - len(found))
        more, left = labels.next(wanted, (*excluded, *(one.key for one in found)))
        found += more
        if len(more) < wanted:
            break
    return found, left
