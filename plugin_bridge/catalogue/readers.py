"""Product files as rows: JSON Lines (plain or gzip), CSV and Parquet, one row at a time in bounded memory.

A row that cannot be read is a `BadRow` with its line and the reason, and reading goes on. A file that cannot be
read at all, or that ends in the middle of its compressed stream, raises CatalogueError.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from plugin_bridge.errors import CatalogueError

LONGEST_LINE = 32 * 2**20
PARQUET_BATCH = 256
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Row:
    """One row. `line` counts from 1: the line of the file, or the row of a Parquet file. Blank lines are `{}`."""

    line: int
    data: dict[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read; `excerpt` is its beginning."""

    line: int
    reason: str
    excerpt: str = ""


def read_rows(path: Path, *, encoding: str | None = None) -> Iterator[Row | BadRow]:
    """Yield the rows of a product file in order.

    The format follows from the content (gzip, Parquet) and the name (`.csv`, `.tsv`, with or without `.gz`; all
    else is JSON Lines). `encoding` is for files that are not UTF-8; a UTF-8 or UTF-16 byte-order mark is
    understood.

    Raises:
        CatalogueError: no such file, not a format known here, or the file is damaged.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror or error}") from error
    if head == _PARQUET:
        yield from _parquet_rows(path)
        return
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".xlsx", ".xls", ".zip", ".xml", ".parquet")):
        raise CatalogueError(f"{path}: a catalogue is JSON Lines (plain or .gz), CSV or Parquet")
    rows = _csv_rows if name.endswith((".csv", ".tsv")) else _json_rows
    line = 0
    try:
        with _opened(path, packed=head[:2] == _GZIP) as stream:
            for row in rows(path, stream, encoding):
                line = row.line
                yield row
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CatalogueError(f"{path}: the compressed file is damaged after line {line}: {error}") from error
    except UnicodeError as error:
        raise CatalogueError(f"{path}: not {encoding or 'UTF-8'} after line {line}: {error}") from error
    except LookupError as error:
        raise CatalogueError(f"{path}: there is no encoding named {encoding!r}") from error


def count_rows(path: Path) -> int | None:
    """Return about how many rows a file has, for a progress bar; None where that cannot be told."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
        if head == _PARQUET:
            import pyarrow.parquet as pq

            return int(pq.read_metadata(path).num_rows)
        with _opened(path, packed=head[:2] == _GZIP) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
    except (OSError, EOFError, zlib.error, ValueError):
        return None  # the reader says what is wrong


def _opened(path: Path, *, packed: bool) -> BinaryIO:
    if packed:
        return io.BufferedReader(gzip.open(path, "rb"), 2**17)
    return path.open("rb", buffering=2**17)


def _json_rows(path: Path, stream: BinaryIO, encoding: str | None) -> Iterator[Row | BadRow]:
    for number, raw in enumerate(_lines(stream, encoding), start=1):
        if raw is None:
            yield BadRow(number, f"the line is longer than {LONGEST_LINE // 2**20} MiB")
            continue
        if number == 1:
            if raw[:2] in _WIDE_MARKS:
                raise CatalogueError(f"{path}: the file is UTF-16; name its encoding: --encoding utf-16")
            raw = raw.removeprefix(_UTF8_MARK)
            if raw.strip() in (b"[", b"[]") or raw.lstrip().startswith(b"[{"):
                raise CatalogueError(f"{path}: line 1: one JSON array; JSON Lines has one product object a line")
        raw = raw.strip()
        yield Row(number, {}) if not raw else _json_row(number, raw)


def _json_row(number: int, raw: bytes) -> Row | BadRow:
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        wrong = _not_utf8(raw)
        excerpt = raw[:80].decode("utf-8", "replace")
        return BadRow(number, wrong or f"not valid JSON: {str(error).split(': line')[0]}", excerpt)
    if not isinstance(data, dict):
        return BadRow(number, f"a product is a JSON object, this is {_kind(data)}", str(data)[:80])
    return Row(number, data)


def _not_utf8(raw: bytes) -> str | None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return (
            f"not UTF-8: byte 0x{raw[error.start]:02x} at position {error.start + 1}; "
            "if the file is Windows-1252, pass --encoding cp1252"
        )
    return None


def _lines(stream: BinaryIO, encoding: str | None) -> Iterator[bytes | None]:
    """Yield lines as UTF-8 bytes; None stands for one that is too long to hold."""
    if encoding is not None and encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        for text in io.TextIOWrapper(stream, encoding=encoding, newline="\n"):
            yield text.encode("utf-8", "surrogatepass")
        return
    while raw := stream.readline(LONGEST_LINE + 1):
        if len(raw) <= LONGEST_LINE:
            yield raw
            continue
        while raw and not raw.endswith(b"\n"):
            raw = stream.readline(2**20)
        yield None


def _csv_rows(path: Path, stream: BinaryIO, encoding: str | None) -> Iterator[Row | BadRow]:
    # Bytes that are not UTF-8 come through as lone surrogates, so that one bad line does not end the reading.
    text = io.TextIOWrapper(stream, encoding=encoding or "utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(LONGEST_LINE)
    first = text.readline()
    if first.startswith("\udcff\udcfe") or first.startswith("\udcfe\udcff"):
        raise CatalogueError(f"{path}: the file is UTF-16; name its encoding: --encoding utf-16")
    delimiter = max(",;\t|", key=first.count)
    columns = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    if "id" not in columns:
        raise CatalogueError(
            f"{path}: line 1: the header has no column `id` (found: {', '.join(columns)[:200] or 'nothing'})"
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise CatalogueError(f"{path}: line 1: the header names a column twice: {', '.join(twice)}")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 2  # one for the header, which was read before, and one for counting from 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(begins, f"not valid CSV: {error}")
            continue
        yield _csv_row(begins, columns, cells)


def _csv_row(line: int, columns: list[str], cells: list[str]) -> Row | BadRow:
    if len(cells) > len(columns):
        return BadRow(line, f"{len(cells)} fields where the header has {len(columns)}", ",".join(cells)[:80])
    for name, cell in zip(columns, cells, strict=False):
        if not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell):
            return BadRow(line, f"field {name}: not UTF-8; if the file is Windows-1252, pass --encoding cp1252")
    return Row(line, {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell})


def _parquet_rows(path: Path) -> Iterator[Row | BadRow]:
    import pyarrow as pa  # heavy, and only this format needs it
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            if "id" not in file.schema_arrow.names:
                raise CatalogueError(f"{path}: there is no column `id`")
            for batch in file.iter_batches(batch_size=PARQUET_BATCH, use_threads=False):
                for data in batch.to_pylist():
                    number += 1
                    yield Row(number, {k: _plain(v) for k, v in data.items() if v is not None})
    except (pa.ArrowException, OSError) as error:
        raise CatalogueError(f"{path}: damaged Parquet file after row {number}: {error}") from error


def _plain(value: Any) -> Any:
    """Return a Parquet value as JSON has it."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def _kind(value: Any) -> str:
    names = {list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
