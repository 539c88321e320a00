"""Judgments: how relevant a product is for a query, saved as labels are."""

from collections.abc import Sequence
from statistics import median_low
from typing import Any

from sqlalchemy import select

from plugin_bridge.labels.history import JUDGMENTS, History, Row
from plugin_bridge.labels.ledger import wrong_id
from plugin_bridge.labels.values import (
    LONGEST_QUERY,
    MOST_RATING,
    Judged,
    Judgment,
    Outcome,
    Refused,
    has_control,
    tidy_query,
)
from plugin_bridge.storage import Storage
from plugin_bridge.storage.labels import judgment_standing


class JudgmentLedger(History):
    """The judgments of one alias. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, alias: str) -> None:
        super().__init__(storage, alias, JUDGMENTS)

    def save(self, judged: Sequence[Judged], by: str) -> Outcome:
        """Save judgments in one transaction; on return they are on the disk, or nothing is (StorageError)."""
        refused = [problem for one in judged if (problem := check(one)) is not None]
        wrong = {one.key for one in refused}
        rows = [
            Row(one.key, {"query": tidy_query(one.query), "product": one.product}, one.rating, one.at, one.source)
            for one in judged
            if one.key not in wrong
        ]
        if not rows:
            return Outcome(refused=tuple(refused))
        with self.storage.write() as connection:
            saved, more = self.add(connection, rows, by)
        return Outcome(tuple(saved), tuple(refused + more))

    def opinions(self, query: str | None = None) -> list[dict[str, Any]]:
        """Return everybody's judgments in force: of one query, or of all."""
        table = judgment_standing
        chosen = select(table.c.query, table.c.product, table.c.rating, table.c.by, table.c.at)
        chosen = chosen.where(table.c.alias == self.alias)
        if query is not None:
            chosen = chosen.where(table.c.query == tidy_query(query))
        with self.storage.read() as connection:
            rows = connection.execute(chosen.order_by(table.c.query, table.c.product, table.c.by)).mappings().all()
        return [{str(name): value for name, value in row.items()} for row in rows]

    def agreed(self) -> list[Judgment]:
        """Return one rating for each query and product: the median of what people say, the lower of two middles."""
        by_subject: dict[tuple[str, str], list[int]] = {}
        for row in self.opinions():
            by_subject.setdefault((row["query"], row["product"]), []).append(row["rating"])
        return [Judgment(query, product, median_low(said)) for (query, product), said in by_subject.items()]


def check(one: Judged) -> Refused | None:
    """Return why a judgment cannot be saved, None where it can."""
    query = tidy_query(one.query)
    if not query or len(query) > LONGEST_QUERY or has_control(query):
        return Refused(one.key, f"a query has 1 to {LONGEST_QUERY} printable characters", "query")
    if problem := wrong_id(one.product):
        return Refused(one.key, problem, "product")
    if not 0 <= one.rating <= MOST_RATING:
        return Refused(one.key, f"a rating is 0 to {MOST_RATING}, not {one.rating}", "rating")
    return None
