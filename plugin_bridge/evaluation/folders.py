"""Judged folders: `products.jsonl[.gz]`, `queries.tsv` (qid, query) and `qrels.txt` (TREC: qid, 0, id, grade)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plugin_bridge.errors import EvaluationError

PRODUCT_FILES = ("products.jsonl.gz", "products.jsonl", "products.csv", "products.parquet")
HIGHEST_GRADE = 10  # the gain of a grade is 2^grade - 1: a higher one would drown all others
_HEADER = ("qid", "query")

Judgments = Mapping[str, Mapping[str, int]]
"""Grades by query id, then by product id."""


@dataclass(frozen=True)
class Query:
    """A shopper's query."""

    id: str
    text: str


@dataclass(frozen=True)
class JudgedSet:
    """A catalogue with judged queries.

    `queries` are those with at least one judgment, in the order of the file. `without_judgments` counts the other
    ones of queries.tsv, `without_query` the judgments whose query is not in it: neither can be scored.
    """

    folder: Path
    products: Path
    queries: tuple[Query, ...]
    judgments: Judgments
    without_judgments: int = 0
    without_query: int = 0

    @property
    def judgment_count(self) -> int:
        """Number of grades that count."""
        return sum(len(grades) for grades in self.judgments.values())


def read_judged_set(folder: Path) -> JudgedSet:
    """Read a judged folder; the products are not opened yet.

    Raises:
        EvaluationError: a file is missing, or a line is malformed; the message names file and line.
    """
    if not folder.is_dir():
        raise EvaluationError(f"{folder}: no such folder")
    queries = read_queries(folder / "queries.tsv")
    judgments = read_judgments(folder / "qrels.txt")
    judged = tuple(query for query in queries if query.id in judgments)
    if not judged:
        raise EvaluationError(f"{folder}: none of the {len(queries)} queries in queries.tsv is judged in qrels.txt")
    named = {query.id for query in judged}
    return JudgedSet(
        folder=folder,
        products=_product_file(folder),
        queries=judged,
        judgments={query.id: judgments[query.id] for query in judged},
        without_judgments=len(queries) - len(judged),
        without_query=sum(len(grades) for qid, grades in judgments.items() if qid not in named),
    )


def read_queries(path: Path) -> list[Query]:
    """Read a queries.tsv; a first line `qid<TAB>query` is taken for a header.

    Raises:
        EvaluationError: no such file, a line without a tab, an id twice, or a query without text.
    """
    found: dict[str, Query] = {}
    lines: dict[str, int] = {}
    for number, line in _lines(path):
        qid, _, text = (part.strip() for part in line.partition("\t"))
        if number == 1 and (qid.lower(), text.lower()) == _HEADER:
            continue
        if "\t" not in line:
            raise EvaluationError(f"{path}, line {number}: expected an id, a tab and a query, got {_shown(line)}")
        if not qid or not text:
            raise EvaluationError(f"{path}, line {number}: the {'query' if qid else 'id'} is empty: {_shown(line)}")
        if qid in found:
            raise EvaluationError(f"{path}, line {number}: the id {qid!r} was used in line {lines[qid]} already")
        found[qid], lines[qid] = Query(qid, text), number
    if not found:
        raise EvaluationError(f"{path}: holds no query")
    return list(found.values())


def read_judgments(path: Path) -> dict[str, dict[str, int]]:
    """Read a qrels.txt; columns are separated by blanks or, where an id may hold blanks, by tabs.

    Raises:
        EvaluationError: no such file, a line that has not four columns, a grade that is none, or two grades for one
            product.
    """
    found: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        columns = [column.strip() for column in line.split("\t")] if line.count("\t") == 3 else line.split()
        if len(columns) != 4 or not all(columns):
            raise EvaluationError(
                f"{path}, line {number}: expected four columns (query id, 0, product id, grade), got {_shown(line)}"
            )
        qid, _, product, written = columns
        grade = _grade(written)
        if grade is None:
            raise EvaluationError(
                f"{path}, line {number}: a grade is a whole number from 0 to {HIGHEST_GRADE}, got {written!r}"
            )
        before = found.setdefault(qid, {}).setdefault(product, grade)
        if before != grade:
            raise EvaluationError(
                f"{path}, line {number}: {product!r} has grade {grade} for query {qid!r}, and {before} further up"
            )
    if not found:
        raise EvaluationError(f"{path}: holds no judgment")
    return found


def _product_file(folder: Path) -> Path:
    for name in PRODUCT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise EvaluationError(f"{folder}: there is no {PRODUCT_FILES[1]}, plain or .gz (nor .csv, nor .parquet)")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise EvaluationError(f"{path}: no such file") from error
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise EvaluationError(f"{path}, line {line}: not UTF-8: {error.reason}") from error
    # Not splitlines(): it would also break a query at the odd separators that Unicode knows.
    for number, whole in enumerate(text.split("\n"), 1):
        if whole.strip():
            yield number, whole.removesuffix("\r")


def _grade(written: str) -> int | None:
    if not (written.isascii() and written.isdigit()):
        return None
    grade = int(written)
    return grade if grade <= HIGHEST_GRADE else None


def _shown(line: str) -> str:
    return repr(line if len(line) <= 80 else line[:77] + "...")
