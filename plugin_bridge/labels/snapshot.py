"""A snapshot: the labels and judgments that hold now as a folder in the layout that training and evaluation read.

`train`, `valid` and `test.jsonl.gz` hold pairs by their products' ids, `products.jsonl.gz` the live catalogue,
`queries.tsv` and `qrels.txt` the judgments. Which split a pair is in follows from the pair alone, so it never changes.
The snapshot is named by the hash of its pairs and judgments: the same labels have the same name.
"""

import gzip
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from opensearch import generations
from opensearch.client import Cluster
from opensearch.mappings import INTERNAL_PREFIX
from opensearch.scanning import scan
from plugin_bridge.errors import BridgeError, RequestError
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.labels.values import share_of
from plugin_bridge.storage import Storage

SPLITS = {"train": 0.8, "valid": 0.9, "test": 1.0}
"""Each split with the share of pairs up to which it reaches."""
FILES = (*(f"{name}.jsonl.gz" for name in SPLITS), "products.jsonl.gz", "queries.tsv", "qrels.txt")


@dataclass(frozen=True)
class Snapshot:
    """What was written. `left_out` counts pairs and judgments whose product is not in the live catalogue any more."""

    hash: str
    folder: Path
    pairs: int
    judgments: int
    products: int
    left_out: int

    def to_json(self) -> dict[str, Any]:
        """Return it as the command line prints it."""
        return asdict(self) | {"folder": str(self.folder)}


def write(storage: Storage, alias: str, cluster: Cluster, folder: Path) -> Snapshot:
    """Write a snapshot of an alias into `folder`, which is made; files of an earlier snapshot in it are replaced.

    Raises:
        RequestError: nothing is live behind the alias.
        BridgeError: the folder cannot be written (no room, no right); what was there before stays.
    """
    live = generations.live(cluster, alias)
    if live is None:
        raise RequestError(f"nothing is live behind {alias}; load a catalogue first", status=409)
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        known = _write_products(cluster, live.index, draft / "products.jsonl.gz")
        content = _Content()
        pairs, gone = _write_pairs(Reading(storage, alias), known, draft, content)
        judgments, gone_too = _write_judgments(JudgmentLedger(storage, alias), known, draft, content)
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (draft / name).replace(folder / name)
    except OSError as error:
        reason = error.strerror or error
        raise BridgeError(f"the snapshot {folder} cannot be written: {reason}; nothing there was changed") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Snapshot(content.name(), folder, pairs, judgments, len(known), gone + gone_too)


def split_of(left: str, right: str) -> str:
    """Return the split that a pair belongs to for good: eight in ten train, one in ten valid, one in ten test."""
    share = share_of("split", left, right)
    return next(name for name, end in SPLITS.items() if share < end)


def query_id(query: str) -> str:
    """Return the id that a query has in every file of judgments."""
    return "q" + hashlib.sha256(query.encode()).hexdigest()[:12]


class _Content:
    """The hash of rows in any order: databases sort texts in different ways."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, line: bytes) -> None:
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line).digest())) % 2**256

    def name(self) -> str:
        return hashlib.sha256(str(self._sum).encode()).hexdigest()[:16]


def _write_products(cluster: Cluster, index: str, path: Path) -> set[str]:
    known: set[str] = set()
    with _packed(path) as file:
        for hit in scan(cluster, index, source={"excludes": [f"{INTERNAL_PREFIX}*"]}, size=1000):
            product = {name: value for name, value in hit["_source"].items() if value is not None}
            file.write(orjson.dumps({"id": hit["_id"], **product}) + b"\n")
            known.add(hit["_id"])
    return known


def _write_pairs(reading: Reading, known: set[str], folder: Path, content: "_Content") -> tuple[int, int]:
    written = gone = 0
    with ExitStack() as opened:
        files = {name: opened.enter_context(_packed(folder / f"{name}.jsonl.gz")) for name in SPLITS}
        for one in reading.pairs():
            if one.left not in known or one.right not in known:
                gone += 1
                continue
            row = {"left": one.left, "right": one.right, "label": int(one.label == "similar")}
            line = orjson.dumps(row) + b"\n"
            content.add(line)
            files[split_of(one.left, one.right)].write(line)
            written += 1
    return written, gone


def _write_judgments(ledger: JudgmentLedger, known: set[str], folder: Path, content: "_Content") -> tuple[int, int]:
    agreed = ledger.agreed()
    kept = [one for one in agreed if one.product in known]
    queries = dict.fromkeys(one.query for one in kept)
    lines = [qrels_line(one.query, one.product, one.rating) for one in kept]
    (folder / "qrels.txt").write_text("".join(lines), encoding="utf-8")
    named = "".join(f"{query_id(query)}\t{query}\n" for query in queries)
    (folder / "queries.tsv").write_text("qid\tquery\n" + named, encoding="utf-8")
    for line in lines:
        content.add(line.encode())
    return len(kept), len(agreed) - len(kept)


def qrels_line(query: str, product: str, rating: int) -> str:
    """Return a line of TREC's qrels; columns are separated by tabs, so that an id may hold blanks."""
    return f"{query_id(query)}\t0\t{product}\t{rating}\n"


@contextmanager
def _packed(path: Path) -> Iterator[BinaryIO]:
    """Yield a gzip file without a time in it: the same rows make the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        yield file  # type: ignore[misc]
