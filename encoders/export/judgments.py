"""A folder of graded searches, as far as the parity gate needs it: does an exported encoder rank as its original?

The evaluation room measures searches in full; this is the one number of a bare encoder, in numpy alone.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.errors import SourceError

DEPTH = 10


@dataclass(frozen=True)
class Judgments:
    """Queries (id to text), products (ids and titles, in step) and grades (query id to product id to 0..3)."""

    name: str
    queries: Mapping[str, str]
    products: Sequence[str]
    titles: Sequence[str]
    grades: Mapping[str, Mapping[str, int]]


def read_judgments(folder: Path) -> Judgments:
    """Read products.jsonl[.gz], queries.tsv and qrels.txt of a folder; raises SourceError naming what is amiss."""
    try:
        queries = _read_queries(folder / "queries.tsv")
        grades: dict[str, dict[str, int]] = defaultdict(dict)
        for line in (folder / "qrels.txt").read_text(encoding="utf-8").splitlines():
            query, _, product, grade = line.split()
            grades[query][product] = int(grade)
        plain, packed = folder / "products.jsonl", folder / "products.jsonl.gz"
        text = plain.read_bytes() if plain.is_file() else gzip.decompress(packed.read_bytes())
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        products, titles = [str(row["id"]) for row in rows], [str(row["title"]) for row in rows]
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f"{folder} is not a folder of graded searches: {error}") from error
    return Judgments(folder.name, queries, products, titles, grades)


def ndcg_at_10(judgments: Judgments, queries: np.ndarray, products: np.ndarray) -> float:
    """Return the mean nDCG@10 of exact k-NN; vectors (queries, d) and (products, d) in the judgments' order.

    Gain is 2^grade - 1, unjudged products count 0 (the contract's definition); queries without any gain are left out.
    """
    scores = []
    discount = 1 / np.log2(np.arange(2, DEPTH + 2))
    for query, vector in zip(judgments.queries, queries, strict=True):
        graded = judgments.grades.get(query, {})
        ideal = np.sort([2.0**grade - 1 for grade in graded.values()])[::-1][:DEPTH]
        if ideal.sum() == 0:
            continue
        nearest = np.argsort(-(products @ vector), kind="stable")[:DEPTH]
        gains = np.array([2.0 ** graded.get(judgments.products[row], 0) - 1 for row in nearest])
        scores.append((gains * discount[: len(gains)]).sum() / (ideal * discount[: len(ideal)]).sum())
    if not scores:
        raise SourceError(f"{judgments.name}: no query has a product of grade 1 or more")
    return float(np.mean(scores))


def _read_queries(path: Path) -> dict[str, str]:
    queries = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        identity, separator, text = line.partition("\t")
        if separator and (identity, text) != ("qid", "query"):
            queries[identity] = text
    return queries
