"""Files of labels and judgments, read row by row: CSV, JSON Lines, TREC qrels, Quepid's CSV, OpenSearch's judgments.

A row that cannot be used is a `Bad` with its line and the reason, and reading goes on. A file that cannot be read at
all (its header lacks a column, it is in another encoding) raises RequestError.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from plugin_bridge.errors import RequestError
from plugin_bridge.labels.ledger import wrong_id
from plugin_bridge.labels.values import LONGEST_QUERY, MOST_RATING, has_control, tidy_query

_GUARDED = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SAID: Mapping[str, str] = {
    "similar": "similar", "1": "similar", "true": "similar", "1.0": "similar",
    "dissimilar": "dissimilar", "0": "dissimilar", "false": "dissimilar", "0.0": "dissimilar",
    "skip": "skip",
}  # fmt: skip
LONGEST_NAME = 100


class Parsed(NamedTuple):
    """A usable row: the two parts of its subject, what is said, by whom and when, where the file tells."""

    line: int
    first: str
    second: str
    value: Any
    by: str | None
    at: str | None


class Bad(NamedTuple):
    """A row that is left alone."""

    line: int
    message: str
    field: str | None


Rows = Iterator[Parsed | Bad]
Reader = Callable[[Path, str | None], Rows]


def guarded(text: str) -> str:
    """Return a CSV cell that no spreadsheet takes for a formula; `unguarded` gives the text back."""
    return f"'{text}" if _GUARDED.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell that was guarded."""
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell


def read_pairs_csv(path: Path, encoding: str | None = None) -> Rows:
    """Yield labels of a CSV with the columns `left`, `right`, `label` and perhaps `by` and `at`."""
    place, rows = _csv(path, encoding, ("left", "right", "label"))
    left, right, label = place["left"], place["right"], place["label"]
    by, at, width = place.get("by"), place.get("at"), max(left, right, label)
    for line, cells in rows:
        if len(cells) <= width:
            yield Bad(line, f"the row has {len(cells)} columns", None)
            continue
        who = unguarded(cells[by]) if by is not None and by < len(cells) else None
        when = cells[at] if at is not None and at < len(cells) else None
        yield _pair(line, unguarded(cells[left]), unguarded(cells[right]), cells[label], who, when)


def read_pairs_jsonl(path: Path, encoding: str | None = None) -> Rows:
    """Yield labels of JSON Lines: `left`, `right` (an id, or a product with one) and `label`."""
    for line, row in _json_lines(path, encoding):
        if isinstance(row, Bad):
            yield row
            continue
        missing = [name for name in ("left", "right", "label") if row.get(name) in (None, "")]
        if missing:
            yield Bad(line, f"{', '.join(missing)} is missing", missing[0])
            continue
        left, right = (_id(row[name]) for name in ("left", "right"))
        said = str(row["label"]).lower() if isinstance(row["label"], bool) else str(row["label"])
        yield _pair(line, left, right, said, _text(row.get("by")), _text(row.get("at")))


def read_quepid(path: Path, encoding: str | None = None) -> Rows:
    """Yield judgments of Quepid's CSV: `query`, `docid`, `rating`; rows that nobody has rated are passed over."""
    place, rows = _csv(path, encoding, ("query", "docid", "rating"))
    query, product, rating = place["query"], place["docid"], place["rating"]
    by, at = place.get("by"), place.get("at")
    for line, cells in rows:
        if len(cells) <= max(query, product, rating):
            yield Bad(line, f"the row has {len(cells)} columns", None)
        elif cells[rating].strip():
            who = unguarded(cells[by]) if by is not None and by < len(cells) else None
            when = cells[at] if at is not None and at < len(cells) else None
            yield _judgment(line, unguarded(cells[query]), unguarded(cells[product]), cells[rating], who, when)


def read_qrels(path: Path, encoding: str | None = None) -> Rows:
    """Yield judgments of TREC's qrels: query id, 0, product, rating; lines of an id, a tab and a query name queries.

    So the lines of queries.tsv stand before those of qrels.txt.
    """
    queries: dict[str, str] = {}
    for line, text in _lines(path, encoding):
        parts = text.split("\t")
        if len(parts) == 2:
            queries[parts[0].strip()] = parts[1].strip()
            continue
        columns = [part.strip() for part in parts] if len(parts) == 4 else text.split()
        if not columns:
            continue
        if len(columns) != 4:
            yield Bad(line, "expected four columns: query id, 0, product, rating", None)
        elif columns[0] not in queries:
            yield Bad(line, f"no line names the query {columns[0]!r}: put queries.tsv before the judgments", "query")
        else:
            yield _judgment(line, queries[columns[0]], columns[2], columns[3], None, None)


def read_opensearch(path: Path, encoding: str | None = None) -> Rows:
    """Yield judgments of OpenSearch's Search Relevance: `judgmentRatings` with `query` and `ratings`, each a string."""
    text = "\n".join(line for _, line in _lines(path, encoding))
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"not valid JSON: {error}", status=422) from error
    groups = document.get("judgmentRatings") if isinstance(document, dict) else None
    if not isinstance(groups, list):
        raise RequestError("the file has no list `judgmentRatings`", status=422, field="judgmentRatings")
    number = 0
    for group in groups:
        ratings = group.get("ratings") if isinstance(group, dict) else None
        for one in ratings if isinstance(ratings, list) else ():
            number += 1
            if not isinstance(one, dict) or "docId" not in one or "rating" not in one:
                yield Bad(number, "a rating needs docId and rating", None)
                continue
            yield _judgment(number, str(group.get("query", "")), str(one["docId"]), str(one["rating"]), None, None)


PAIR_READERS: Mapping[str, Reader] = {"csv": read_pairs_csv, "jsonl": read_pairs_jsonl}
JUDGMENT_READERS: Mapping[str, Reader] = {"qrels": read_qrels, "quepid": read_quepid, "opensearch": read_opensearch}


def _pair(line: int, left: str, right: str, said: str, by: str | None, at: str | None) -> Parsed | Bad:
    label = _SAID.get(said) or _SAID.get(said.strip().lower())
    if label is None:
        return Bad(line, f"a label is similar or dissimilar (1 or 0) or skip, not {said[:40]!r}", "label")
    if left == right:
        return Bad(line, f"a pair is two products, and both are {left[:80]!r}", "right")
    for field, text in (("left", left), ("right", right)):
        # What is plain and short is an id without looking at every character of it.
        if not (text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_NAME) and (wrong := wrong_id(text)):
            return Bad(line, wrong, field)
    if left > right:
        left, right = right, left
    return Parsed(line, left, right, label, _name(by), at or None)


def _judgment(line: int, query: str, product: str, said: str, by: str | None, at: str | None) -> Parsed | Bad:
    query = tidy_query(query)
    if not query or len(query) > LONGEST_QUERY or has_control(query):
        return Bad(line, f"a query has 1 to {LONGEST_QUERY} printable characters", "query")
    if wrong := wrong_id(product):
        return Bad(line, wrong, "product")
    try:
        rating = float(said)
    except ValueError:
        rating = -1.0
    if not (rating.is_integer() and 0 <= rating <= MOST_RATING):
        return Bad(line, f"a rating is a whole number from 0 to {MOST_RATING}, not {said[:40]!r}", "rating")
    return Parsed(line, query, product, int(rating), _name(by), at or None)


def _name(by: str | None) -> str | None:
    by = (by or "").strip()
    return None if not by or has_control(by) else by[:LONGEST_NAME]


def _id(value: Any) -> str:
    return _text(value.get("id")) or "" if isinstance(value, dict) else _text(value) or ""


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _csv(path: Path, encoding: str | None, needed: tuple[str, ...]) -> tuple[dict[str, int], Iterator[Any]]:
    """Return where each column stands, and the rows with their lines."""
    stream = _opened(path, encoding)
    with _worded(encoding):
        first = stream.readline()
    delimiter = max(",;\t|", key=first.count)
    names = [name.strip().strip('"').lower() for name in first.rstrip("\r\n").split(delimiter)]
    place = {name: number for number, name in reversed(list(enumerate(names)))}
    missing = [name for name in needed if name not in place]
    if missing:
        found = ", ".join(filter(None, names))[:200] or "nothing"
        stream.close()
        raise RequestError(
            f"line 1: the header has no column {', '.join(missing)}; needed are {', '.join(needed)}, found: {found}",
            status=422,
            field=missing[0],
        )

    def rows() -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(stream, delimiter=delimiter)
        with stream, _worded(encoding):
            try:
                for cells in reader:
                    if cells:
                        yield reader.line_num + 1, cells
            except csv.Error as error:
                raise RequestError(f"line {reader.line_num + 1}: not valid CSV: {error}", status=422) from error

    return place, rows()


def _json_lines(path: Path, encoding: str | None) -> Iterator[tuple[int, Any]]:
    for line, text in _lines(path, encoding):
        if not text.strip():
            continue
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield line, Bad(line, f"not valid JSON: {str(error).split(': line')[0]}", None)
            continue
        yield line, row if isinstance(row, dict) else Bad(line, "a row is a JSON object", None)


def _lines(path: Path, encoding: str | None) -> Iterator[tuple[int, str]]:
    stream = _opened(path, encoding)
    with stream, _worded(encoding):
        for number, text in enumerate(stream, 1):
            yield number, text.rstrip("\r\n")


def _opened(path: Path, encoding: str | None) -> io.TextIOWrapper:
    """Open a file, packed or not; a byte-order mark is understood."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    stream: Any = io.BufferedReader(gzip.GzipFile(path, "rb"), 2**17) if packed else path.open("rb", buffering=2**17)
    with _worded(encoding):
        mark = stream.peek(2)[:2]
    try:
        chosen = encoding or ("utf-16" if mark in _UTF16 else "utf-8-sig")
        return io.TextIOWrapper(stream, encoding=chosen, newline="")
    except LookupError as error:
        stream.close()
        raise RequestError(f"there is no encoding named {encoding!r}", status=422, field="encoding") from error


class _worded:  # noqa: N801 - read as a word in a `with`
    """Words what goes wrong while a stream is decoded."""

    def __init__(self, encoding: str | None) -> None:
        self._encoding = encoding

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, UnicodeError):
            wrong = getattr(error, "object", b"")
            shown = f" (byte 0x{wrong[error.start]:02x})" if isinstance(error, UnicodeDecodeError) else ""
            raise RequestError(
                f"the file is not {self._encoding or 'UTF-8'}{shown}: save it as UTF-8, or name its encoding "
                "(cp1252 for Excel's plain CSV)",
                status=422,
                field="encoding",
            ) from error
        if isinstance(error, EOFError | gzip.BadGzipFile | zlib.error):
            raise RequestError(f"the compressed file is damaged: {error}", status=422) from error
