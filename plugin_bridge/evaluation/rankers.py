"""The rankings that are compared: keywords, vectors, OpenSearch's own hybrid, and ours, over one generation."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import TEXT_VECTOR
from plugin_bridge.rewrite import bodies, lexical, passthrough
from plugin_bridge.rewrite.reading import Clause

DEPTH = 10
NATIVE_KEYWORD_WEIGHT = 0.4
ANY_COSINE = -1.0

Ranker = Callable[[str], dict[str, Any]]
"""From a query's text to the request that ranks for it; encoding happens in here."""


@dataclass(frozen=True)
class Ranking:
    """Product ids, best first, and the seconds from the text to the answer."""

    ids: tuple[str, ...]
    seconds: float


def rankers(generation: Generation, encoder: TextEncoder, size: int = DEPTH) -> dict[str, Ranker]:
    """Return the four rankings of the contract by name: `bm25`, `vector`, `native` and `kindred`."""

    def bm25(text: str) -> dict[str, Any]:
        return bodies.keyword_body(text, generation, size=size)

    def vector(text: str) -> dict[str, Any]:
        # Without a floor: what k-NN alone can do, not cut where Kindred would cut it.
        found = encoder.encode_one(text)
        return bodies.vector_body(generation, text_vector=found, floor=ANY_COSINE, size=size)

    def native(text: str) -> dict[str, Any]:
        words = lexical.clause(text, generation)
        return native_body(words, encoder.encode_one(text), generation, size=size)

    def kindred(text: str) -> dict[str, Any]:
        return bodies.hybrid_body(text, generation, encoder.encode_one, encoder.knows, size=size)

    return {"bm25": bm25, "vector": vector, "native": native, "kindred": kindred}


def native_body(
    words: Clause,
    vector: np.ndarray,
    generation: Generation,
    *,
    keyword_weight: float = NATIVE_KEYWORD_WEIGHT,
    technique: str = "min_max",
    size: int = DEPTH,
) -> dict[str, Any]:
    """Return OpenSearch's own `hybrid` query with a given vector: the ranking of `neural`, without a call to a bridge.

    It normalises over as many candidates as ours (`pagination_depth`); by default it would see `size` of each only,
    which ranks worse.
    """
    depth = generation.fusion.k
    knn = {"knn": {TEXT_VECTOR: {"vector": vector.tolist(), "k": depth}}}
    combination = {
        "technique": "arithmetic_mean",
        "parameters": {"weights": [keyword_weight, 1 - keyword_weight]},
    }
    processor = {"normalization": {"technique": technique}, "combination": combination}
    plain = {
        "query": {"hybrid": {"queries": [words, knn], "pagination_depth": depth}},
        "search_pipeline": {"phase_results_processors": [{"normalization-processor": processor}]},
        "size": size,
    }
    return passthrough(plain, generation)


def rank(cluster: Cluster, index: str, ranker: Ranker, text: str) -> Ranking:
    """Rank for one query. The index's own pipeline is left out: nothing but `ranker` decides."""
    started = time.perf_counter()
    body = ranker(text)
    params = {} if "search_pipeline" in body else {"search_pipeline": "_none"}
    answer = cluster.search(index, body, **params)
    return Ranking(tuple(hit["_id"] for hit in answer["hits"]["hits"]), time.perf_counter() - started)


def percentiles_ms(rankings: Sequence[Ranking]) -> Mapping[str, float]:
    """Return `p50_ms` and `p99_ms` of these rankings' times."""
    taken = np.array([ranking.seconds for ranking in rankings]) * 1000
    return {f"p{q}_ms": round(float(np.percentile(taken, q)), 2) for q in (50, 99)}
