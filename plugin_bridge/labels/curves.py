"""Learning curves kept in the database: made in the background when enough has been labelled since the last one."""

import numpy as np
from sqlalchemy import insert, select

from plugin_bridge.labels.candidates import Item, Shelf
from plugin_bridge.labels.curve import MOST, Curve, from_json, learning_curve, too_few
from plugin_bridge.labels.features import Featurer
from plugin_bridge.labels.ranking import RANDOM_SHARE
from plugin_bridge.labels.reading import Reading
from plugin_bridge.labels.values import LabelledPair, now, share_of
from plugin_bridge.storage import Storage
from plugin_bridge.storage.labels import label_curves

AGAIN_AFTER = 20


class Curves:
    """The learning curves of one alias. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, alias: str) -> None:
        self._storage, self._alias = storage, alias
        self._reading = Reading(storage, alias)

    def kept(self) -> tuple[Curve | None, int]:
        """Return the last curve, None where there is none, and the last event that it saw."""
        table = label_curves
        chosen = select(table.c.found, table.c.through).where(table.c.alias == self._alias)
        with self._storage.read() as connection:
            row = connection.execute(chosen.order_by(table.c.id.desc()).limit(1)).first()
        return (None, 0) if row is None else (from_json(row[0]), int(row[1]))

    def is_due(self, last: int) -> bool:
        """Return whether enough has happened until event `last` to make a new one."""
        curve, through = self.kept()
        return last > 0 and (curve is None or last - through >= max(AGAIN_AFTER, through // 10))

    def make(self, shelf: Shelf, last: int) -> Curve:
        """Make the curve of the newest labels, and keep it as that of event `last`."""
        newest = list(self._reading.pairs(newest=MOST))[::-1]
        items = shelf.items(end for one in newest for end in (one.left, one.right))
        known = [one for one in newest if one.left in items and one.right in items]
        curve = curve_of(known, items)
        with self._storage.write() as connection:
            row = {"alias": self._alias, "through": last, "at": now(), "found": curve.to_json()}
            connection.execute(insert(label_curves).values(**row))
        return curve


def curve_of(known: list[LabelledPair], items: dict[str, Item]) -> Curve:
    """Return the curve of labelled pairs, oldest first, whose products are at hand."""
    labels = np.asarray([one.label == "similar" for one in known], np.int64)
    if not len(labels):
        return too_few(0, 0)
    rows = Featurer(items.values()).rows([(items[one.left], items[one.right]) for one in known])
    shares = np.asarray([share_of("curve", one.left, one.right) for one in known])
    by_chance = np.asarray([share_of("random", one.left, one.right) < RANDOM_SHARE for one in known])
    return learning_curve(rows, labels, shares, by_chance)
