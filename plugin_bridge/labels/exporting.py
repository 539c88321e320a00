"""Labels and judgments as files that others read: CSV and JSON Lines, TREC's qrels, Quepid's CSV, OpenSearch's JSON.

Cells of a CSV that a spreadsheet would take for a formula get an apostrophe before them, which an import takes away.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import orjson

from plugin_bridge.labels.files import guarded
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.labels.snapshot import qrels_line, query_id

PAIR_FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
JUDGMENT_FORMATS = {
    "qrels": "text/plain; charset=utf-8",
    "quepid": "text/csv; charset=utf-8",
    "opensearch": "application/json",
}
COLUMNS = ("left", "right", "label", "by", "at", "source")


def pairs(reading: Reading, form: str) -> Iterator[bytes]:
    """Yield everybody's labels in force, oldest first."""
    rows = reading.standing()
    if form == "csv":
        yield from _csv(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
        return
    for row in rows:
        yield orjson.dumps({name: row[name] for name in COLUMNS}) + b"\n"


def judgments(ledger: JudgmentLedger, form: str, *, queries: bool = False, name: str = "Kindred") -> Iterator[bytes]:
    """Yield one rating for each query and product, everybody's taken together.

    `queries` puts the lines of queries.tsv before those of qrels, as the import wants them.
    """
    agreed = ledger.agreed()
    if form == "quepid":
        yield from _csv(("query", "docid", "rating"), ([one.query, one.product, one.rating] for one in agreed))
    elif form == "opensearch":
        ratings = [
            {"query": query, "ratings": [{"docId": one.product, "rating": f"{one.rating}.000"} for one in group]}
            for query, group in groupby(agreed, key=lambda one: one.query)
        ]
        about = {"name": name, "description": "Judgments made with Kindred", "type": "IMPORT_JUDGMENT"}
        yield orjson.dumps({**about, "judgmentRatings": ratings}, option=orjson.OPT_INDENT_2) + b"\n"
    else:
        if queries:
            for query in dict.fromkeys(one.query for one in agreed):
                yield f"{query_id(query)}\t{query}\n".encode()
        for one in agreed:
            yield qrels_line(one.query, one.product, one.rating).encode()


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
        if buffer.tell() > 2**16:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
