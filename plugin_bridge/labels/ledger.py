"""Labels of pairs: saved so that none is lost, taken back, and settled where people disagree."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, outerjoin, select

from plugin_bridge.errors import RequestError
from plugin_bridge.labels.history import PAIRS, History, Row
from plugin_bridge.labels.values import (
    LABELS,
    LONGEST_ID,
    Conflict,
    Opinion,
    Outcome,
    Pair,
    Refused,
    Said,
    Saved,
    has_control,
    now,
    ordered,
)
from plugin_bridge.storage import Storage
from plugin_bridge.storage.labels import label_settled, label_standing

SETTLE = "settle"


class PairLedger(History):
    """The labels of one alias. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, alias: str) -> None:
        super().__init__(storage, alias, PAIRS)
        self._settle = self._upsert(label_settled, ["alias", "left", "right"], ("label", "event"))
        said, settled = label_standing, label_settled
        same = and_(said.c.alias == settled.c.alias, said.c.left == settled.c.left, said.c.right == settled.c.right)
        columns = (said.c.by, said.c.label, said.c.at, said.c.event, settled.c.label, settled.c.event)
        of_pair = and_(said.c.alias == self.alias, said.c.left == bindparam("one"), said.c.right == bindparam("other"))
        self._of_pair = select(*columns).select_from(outerjoin(said, settled, same)).where(of_pair)

    def save(self, labels: Sequence[Said], by: str) -> Outcome:
        """Save labels in one transaction; on return they are on the disk, or nothing is (StorageError).

        A label that cannot be right (a pair with itself, no such label) is refused and stops none of the others.
        """
        refused = [problem for one in labels if (problem := check(one)) is not None]
        wrong = {one.key for one in refused}
        rows = [_row(one) for one in labels if one.key not in wrong]
        if not rows:
            return Outcome(refused=tuple(refused))
        with self.storage.write() as connection:
            saved, more = self.add(connection, rows, by)
            conflicts = self.conflicts_of(connection, [(row.about["left"], row.about["right"]) for row in rows])
        return Outcome(tuple(saved), tuple(refused + more), tuple(conflicts))

    def settle(self, left: str, right: str, label: str, by: str, key: str) -> Saved:
        """Decide what holds of a pair, whatever its annotators said; a later label may question it again.

        Raises RequestError where nobody has labelled the pair, or the label is no decision.
        """
        if label not in ("similar", "dissimilar"):
            raise RequestError("a pair is settled as similar or dissimilar", status=422, field="label")
        left, right = ordered(left, right)
        about = {"left": left, "right": right}
        with self.storage.write() as connection:
            if not self._opinions(connection, [(left, right)]):
                raise RequestError(f"nobody has labelled {left!r} and {right!r}", status=404, field="left")
            made = self.insert(connection, Row(key, about, label, None, "search"), by, now(), SETTLE)
            if isinstance(made, Refused):
                raise RequestError(made.message, status=409, field=made.field)
            if made.state == "saved":
                self._set(connection, about, label, made.id)
        return made

    def unsettle(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Forget a decision; the one before it holds again, where there was one."""
        connection.execute(delete(label_settled).where(self.about(label_settled, row)))
        last = self.last(connection, row, SETTLE)
        if last is not None:
            self._set(connection, {"left": last["left"], "right": last["right"]}, last["label"], last["id"])

    def conflicts_of(self, connection: Connection, pairs: Iterable[Pair]) -> list[Conflict]:
        """Return those of some pairs on which people disagree and nobody has decided since."""
        found = []
        for pair, (opinions, settled) in self._opinions(connection, list(dict.fromkeys(pairs))).items():
            since = {opinion.label for opinion, event in opinions if settled is None or event > settled[1]}
            votes = (since | ({settled[0]} if settled else set())) - {"skip"}
            if len(votes) > 1:
                said = tuple(opinion for opinion, _ in opinions if opinion.label != "skip")
                found.append(Conflict(*pair, said))
        return found

    def _opinions(
        self, connection: Connection, pairs: Sequence[Pair]
    ) -> dict[Pair, tuple[list[tuple[Opinion, int]], tuple[str, int] | None]]:
        """Return for each pair what people say of it (with the event), and what was settled."""
        found: dict[Pair, tuple[list[tuple[Opinion, int]], tuple[str, int] | None]] = {}
        for left, right in pairs:
            rows = connection.execute(self._of_pair, {"one": left, "other": right}).all()
            if rows:
                opinions = sorted(((Opinion(*row[:3]), row[3]) for row in rows), key=lambda one: one[1])
                found[left, right] = opinions, None if rows[0][4] is None else (rows[0][4], rows[0][5])
        return found

    def _set(self, connection: Connection, about: Mapping[str, str], label: str, event: int) -> None:
        connection.execute(self._settle, {"alias": self.alias, **about, "label": label, "event": event})


def check(one: Said) -> Refused | None:
    """Return why a label cannot be saved, None where it can."""
    for field in ("left", "right"):
        if problem := wrong_id(getattr(one, field)):
            return Refused(one.key, problem, field)
    if one.left == one.right:
        return Refused(one.key, f"a pair is two products, and both are {one.left!r}", "right")
    if one.label not in LABELS:
        return Refused(one.key, f"a label is one of {', '.join(LABELS)}, not {one.label!r}", "label")
    return None


def wrong_id(text: str) -> str | None:
    """Return why a text is no id of a product, None where it may be one."""
    if not text or len(text.encode("utf-8", "replace")) > LONGEST_ID:
        return f"an id has 1 to {LONGEST_ID} bytes"
    if has_control(text):
        return "an id with control characters is no id of a product"
    return None


def _row(one: Said) -> Row:
    left, right = ordered(one.left, one.right)
    return Row(one.key, {"left": left, "right": right}, one.label, one.at, one.source)
