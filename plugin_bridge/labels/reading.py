"""Labels, read: what holds of each pair, who said what, how many there are and where people disagree."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, and_, exists, func, or_, outerjoin, select, union_all

from plugin_bridge.labels.agreement import Agreement, agreement
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.values import Conflict, LabelledPair, Pair
from plugin_bridge.storage import Storage
from plugin_bridge.storage.labels import label_events, label_settled, label_standing

_AT_ONCE = 5_000
MOST_CONFLICTS = 1_000


@dataclass(frozen=True)
class Counts:
    """How many pairs there are, and by whom. `pairs` have one label that holds; conflicts have none yet."""

    pairs: int
    similar: int
    dissimilar: int
    skipped: int
    annotators: tuple[tuple[str, int], ...]
    agreement: Agreement
    conflicts: int

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        people = [{"by": by, "labels": labels} for by, labels in self.annotators]
        return asdict(self) | {"annotators": people, "agreement": self.agreement.to_json()}


class Reading:
    """What is known of one alias's labels. Safe to share between threads."""

    def __init__(self, storage: Storage, alias: str) -> None:
        self._storage, self._alias = storage, alias
        self._ledger = PairLedger(storage, alias)

    def last_event(self) -> int:
        """Return the number of the last event, 0 where there is none: it changes with every change."""
        table = label_events
        with self._storage.read() as connection:
            found = connection.execute(select(func.max(table.c.id)).where(table.c.alias == self._alias)).scalar()
        return int(found or 0)

    def history(
        self,
        *,
        by: str | None = None,
        label: str | None = None,
        product: str | None = None,
        size: int = 50,
        offset: int = 0,
    ) -> list[dict[str, Any]]:
        """Return what was said, taken back and settled, newest first."""
        table = label_events
        later = table.alias("later")
        undone = select(later.c.id).where(later.c.undoes == table.c.id).limit(1).scalar_subquery()
        chosen = select(table, undone.label("undone_by")).where(table.c.alias == self._alias)
        if by is not None:
            chosen = chosen.where(table.c.by == by)
        if label is not None:
            chosen = chosen.where(table.c.label == label)
        if product is not None:
            chosen = chosen.where(or_(table.c.left == product, table.c.right == product))
        with self._storage.read() as connection:
            rows = connection.execute(chosen.order_by(table.c.id.desc()).limit(size).offset(offset)).mappings().all()
        return [{str(name): value for name, value in row.items() if name != "alias"} for row in rows]

    def counts(self) -> Counts:
        """Return how many labels hold, by whom, and how far people agree."""
        table = label_standing
        mine = table.c.alias == self._alias
        by_person = select(table.c.by, func.count()).where(mine).group_by(table.c.by).order_by(func.count().desc())
        with self._storage.read() as connection:
            held = self._held().subquery()
            said = select(held.c.least, held.c.most, func.count()).group_by(held.c.least, held.c.most)
            of = {(row[0], row[1]): row[2] for row in connection.execute(said)}
            people = tuple((row[0], row[1]) for row in connection.execute(by_person.limit(100)))
            alike, unlike = of.pop(("similar", "similar"), 0), of.pop(("dissimilar", "dissimilar"), 0)
            conflicts = sum(of.values())
            pairs = select(table.c.left, table.c.right).where(mine).distinct().subquery()
            distinct = connection.execute(select(func.count()).select_from(pairs)).scalar_one()
            kappa = self._agreement(connection)
        skipped = distinct - alike - unlike - conflicts
        return Counts(alike + unlike, alike, unlike, skipped, people, kappa, conflicts)

    def of_person(self, by: str) -> tuple[int, int]:
        """Return how many labels of a person hold, and how many of them are from today (UTC)."""
        table = label_standing
        mine = and_(table.c.alias == self._alias, table.c.by == by)
        today = datetime.now(UTC).date().isoformat()
        with self._storage.read() as connection:
            counted = select(func.count(), func.count().filter(table.c.at >= today)).where(mine)
            total, new = connection.execute(counted).one()
        return int(total), int(new)

    def today(self) -> int:
        """Return how many labels that hold are from today (UTC)."""
        table = label_standing
        new = and_(table.c.alias == self._alias, table.c.at >= datetime.now(UTC).date().isoformat())
        with self._storage.read() as connection:
            return int(connection.execute(select(func.count()).where(new)).scalar_one())

    def answered(self, since: int = 0) -> Iterator[tuple[str, Pair, int]]:
        """Yield who has answered which pair (skipped too), with the event, after event `since`."""
        table = label_standing
        chosen = select(table.c.by, table.c.left, table.c.right, table.c.event)
        chosen = chosen.where(table.c.alias == self._alias, table.c.event > since).order_by(table.c.event)
        with self._storage.read() as connection:
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(chosen):
                yield row[0], (row[1], row[2]), row[3]

    def taken_back(self, since: int) -> list[tuple[str, Pair]]:
        """Return who, by what was taken back after event `since`, has no answer for which pair any more."""
        table, said = label_events, label_standing
        same = and_(said.c.left == table.c.left, said.c.right == table.c.right, said.c.by == table.c.by)
        stands = exists().where(said.c.alias == table.c.alias, same)
        chosen = select(table.c.by, table.c.left, table.c.right)
        chosen = chosen.where(table.c.alias == self._alias, table.c.id > since, table.c.kind == "undo", ~stands)
        with self._storage.read() as connection:
            return [(row[0], (row[1], row[2])) for row in connection.execute(chosen)]

    def conflicts(self, size: int = MOST_CONFLICTS) -> list[Conflict]:
        """Return the pairs on which people disagree and that nobody has settled."""
        held = self._held().subquery()
        chosen = select(held.c.left, held.c.right).where(held.c.least != held.c.most).order_by(held.c.last.desc())
        with self._storage.read() as connection:
            pairs = [(row[0], row[1]) for row in connection.execute(chosen.limit(size))]
            return self._ledger.conflicts_of(connection, pairs)

    def pairs(self, newest: int | None = None) -> Iterator[LabelledPair]:
        """Yield the pairs with one label that holds, similar or dissimilar: all in a stable order, or the newest."""
        held = self._held().subquery()
        chosen = select(held.c.left, held.c.right, held.c.least).where(held.c.least == held.c.most)
        if newest is None:
            chosen = chosen.order_by(held.c.left, held.c.right)
        else:
            chosen = chosen.order_by(held.c.last.desc()).limit(newest)
        with self._storage.read() as connection:
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(chosen):
                yield LabelledPair(row[0], row[1], row[2])

    def standing(self) -> Iterator[dict[str, Any]]:
        """Yield everybody's labels in force, skipped ones too, oldest first."""
        table = label_standing
        columns = (table.c.left, table.c.right, table.c.label, table.c.by, table.c.at)
        chosen = select(*columns, label_events.c.source).join(label_events, label_events.c.id == table.c.event)
        chosen = chosen.where(table.c.alias == self._alias).order_by(table.c.event)
        with self._storage.read() as connection:
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(chosen).mappings():
                yield dict(row)

    def _held(self) -> Select[Any]:
        """Return, for each pair, the least and the most of its votes: equal where one label holds.

        Votes are the labels of all annotators, skips apart; where a conflict was settled, the decision and what was
        said after it.
        """
        said, settled = label_standing, label_settled
        same = and_(said.c.alias == settled.c.alias, said.c.left == settled.c.left, said.c.right == settled.c.right)
        counted = and_(
            said.c.alias == self._alias,
            said.c.label != "skip",
            or_(settled.c.event.is_(None), said.c.event > settled.c.event),
        )
        of_people = select(said.c.left, said.c.right, said.c.label, said.c.event)
        of_people = of_people.select_from(outerjoin(said, settled, same)).where(counted)
        decided = select(settled.c.left, settled.c.right, settled.c.label, settled.c.event)
        votes: CompoundSelect[Any] = union_all(of_people, decided.where(settled.c.alias == self._alias))
        vote = votes.subquery()
        least, most = func.min(vote.c.label).label("least"), func.max(vote.c.label).label("most")
        last = func.max(vote.c.event).label("last")
        return select(vote.c.left, vote.c.right, least, most, last).group_by(vote.c.left, vote.c.right)

    def _agreement(self, connection: Connection) -> Agreement:
        one, other = label_standing.alias("one"), label_standing.alias("other")
        same = and_(
            one.c.alias == other.c.alias,
            one.c.left == other.c.left,
            one.c.right == other.c.right,
            one.c.by < other.c.by,
        )
        chosen = select(one.c.by, other.c.by, one.c.label, other.c.label, func.count())
        chosen = chosen.select_from(one.join(other, same)).where(
            one.c.alias == self._alias, one.c.label != "skip", other.c.label != "skip"
        )
        tables: dict[tuple[str, str], list[list[int]]] = {}
        grouped = chosen.group_by(one.c.by, other.c.by, one.c.label, other.c.label)
        for first, second, said, answered, count in connection.execute(grouped):
            table = tables.setdefault((first, second), [[0, 0], [0, 0]])
            table[said != "similar"][answered != "similar"] += count
        return agreement(list(tables.values()))
