"""What every command prints: JSON for machines on standard output, everything for people on standard error."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

out = Console()
console = Console(stderr=True)


def print_json(document: Any) -> None:
    """Print one JSON document on standard output."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    sys.stdout.write(orjson.dumps(document, option=options, default=str).decode() + "\n")
    sys.stdout.flush()


def print_json_list(head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
    """Print one JSON document: `head`, and under `name` a list too long to be held, one item a line."""
    sys.stdout.write(orjson.dumps({**head, name: []}).decode().removesuffix("]}"))
    before = "\n"
    for item in items:
        sys.stdout.write(before + orjson.dumps(item, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode())
        before = ",\n"
    sys.stdout.write("]}\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a table whose cells are shown as they are, never read as markup."""
    drawn = Table(title=escape(title) if title else None, title_justify="left")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    return drawn


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a progress display on standard error; it draws nothing where that is not a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as display:
        yield display
