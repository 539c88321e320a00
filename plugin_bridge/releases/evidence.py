"""What a comparison is measured on: judged queries and labelled pairs of a folder in the contract's layout."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from opensearch.client import Cluster, path
from plugin_bridge.errors import ReleaseError
from plugin_bridge.evaluation.folders import read_judgments, read_queries

_IDS_AT_ONCE = 500
PAIR_SPLITS = ("valid", "test")

Fields = Mapping[str, Any]
Pair = tuple[Fields, Fields, int]
"""Fields of two products (with the `id` where it is known), and 1 where they were called similar."""


@dataclass(frozen=True)
class Evidence:
    """Judgments by query text and product id, and labelled pairs by split; `notes` say what could not be used."""

    judgments: Mapping[str, Mapping[str, int]]
    pairs: Mapping[str, list[Pair]]
    notes: tuple[str, ...] = ()


def read_evidence(
    folder: Path, cluster: Cluster, index: str, keep: Callable[[str], bool] = lambda query: True
) -> Evidence:
    """Read a folder; each part may be absent. Pairs name products by id (looked up in `index`) or by their fields.

    `keep` says by a query's id whether it counts.

    Raises:
        ReleaseError: no such folder, or neither queries with judgments nor pairs are in it; a line that is no pair.
        EvaluationError: queries or judgments are malformed; the message names the line.
    """
    if not folder.is_dir():
        raise ReleaseError(f"{folder}: no such folder")
    judgments, notes = _judgments(folder, keep)
    rows = {split: list(_pair_rows(folder, split)) for split in PAIR_SPLITS}
    if not judgments and not any(rows.values()):
        raise ReleaseError(
            f"{folder}: holds neither judged queries (queries.tsv, qrels.txt) nor pairs (valid.jsonl.gz, test.jsonl.gz)"
        )
    named = {side for part in rows.values() for row in part for side in row[:2] if isinstance(side, str)}
    fields = _look_up(cluster, index, sorted(named))
    pairs = {split: _resolved(part, fields) for split, part in rows.items()}
    lost = sum(len(part) for part in rows.values()) - sum(len(part) for part in pairs.values())
    if lost:
        notes = (*notes, f"{lost:,} labelled pairs name products that the catalogue does not hold")
    return Evidence(judgments, pairs, notes)


def _judgments(folder: Path, keep: Callable[[str], bool]) -> tuple[dict[str, dict[str, int]], tuple[str, ...]]:
    """Return grades by the query's text; two ids of one text are put together, the first grade of a product counts."""
    if not (folder / "queries.tsv").is_file() or not (folder / "qrels.txt").is_file():
        return {}, ()
    if not (folder / "qrels.txt").read_bytes().strip() or not (folder / "queries.tsv").read_bytes().strip():
        return {}, ()
    texts = {query.id: query.text for query in read_queries(folder / "queries.tsv")}
    found: dict[str, dict[str, int]] = {}
    unknown = learned = 0
    for query, grades in read_judgments(folder / "qrels.txt").items():
        if query not in texts:
            unknown += 1
            continue
        if not keep(query):
            learned += 1
            continue
        for product, grade in grades.items():
            found.setdefault(texts[query], {}).setdefault(product, grade)
    notes = [f"{unknown:,} judged queries have no text in queries.tsv"] if unknown else []
    notes += [f"{learned:,} judged queries are left out: an encoder could have learned from them"] if learned else []
    return found, tuple(notes)


def _pair_rows(folder: Path, split: str) -> Iterator[tuple[Any, Any, int]]:
    for name in (f"{split}.jsonl.gz", f"{split}.jsonl"):
        file = folder / name
        if not file.is_file():
            continue
        opened: Callable[..., Any] = gzip.open if name.endswith(".gz") else open
        try:
            with opened(file, "rb") as stream:
                for number, line in enumerate(stream, 1):
                    if line.strip():
                        yield _pair_row(line.removeprefix(BOM_UTF8), f"{file}, line {number}")
        except (OSError, EOFError, zlib.error) as error:
            raise ReleaseError(f"{file} cannot be read: {error}") from error
        return


def _pair_row(line: bytes, place: str) -> tuple[Any, Any, int]:
    try:
        row = orjson.loads(line)
        left, right, label = row["left"], row["right"], int(row["label"])
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f'{place}: a pair is {{"left", "right", "label"}}: {error}') from error
    if label not in (0, 1) or not all(isinstance(side, (str, dict)) for side in (left, right)):
        raise ReleaseError(f"{place}: left and right are ids or fields of products, and the label is 0 or 1")
    return _side(left), _side(right), label


def _side(given: str | dict[str, Any]) -> str | dict[str, Any]:
    """Return an id where there is one, else the fields, a `name` taken for the title."""
    if isinstance(given, str):
        return given
    if set(given) == {"id"}:
        return str(given["id"])
    return {"title": given.get("name", ""), **given}


def _look_up(cluster: Cluster, index: str, ids: list[str]) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        body, params = {"ids": ids[start : start + _IDS_AT_ONCE]}, {"_source_excludes": "kindred_*"}
        for one in cluster.request("POST", path(index, "_mget"), body, params=params)["docs"]:
            if one.get("found"):
                found[one["_id"]] = {"id": one["_id"], **one["_source"]}
    return found


def _resolved(rows: list[tuple[Any, Any, int]], fields: Mapping[str, Fields]) -> list[Pair]:
    found: list[Pair] = []
    for left, right, label in rows:
        sides = [fields.get(side) if isinstance(side, str) else side for side in (left, right)]
        if sides[0] is not None and sides[1] is not None:
            found.append((sides[0], sides[1], label))
    return found
