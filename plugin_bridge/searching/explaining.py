"""Why a product stands where it stands: the shares of its words, its text and its photo in the fused score."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from plugin_bridge.rewrite import lexical
from plugin_bridge.rewrite.fusion import Signal, keyword_half
from plugin_bridge.rewrite.reading import Clause

KEYWORD = "keyword"
_NAMES = {TEXT_VECTOR: "text", IMAGE_VECTOR: "photo"}
# Unlikely to stand in a product's text, so that what is marked can be told apart.
_OPEN, _CLOSE = "\u2063<", ">\u2063"
_MARKED = re.compile(re.escape(_OPEN) + "(.*?)" + re.escape(_CLOSE), re.DOTALL)


def explain(
    cluster: Cluster,
    generation: Generation,
    ids: Mapping[str, bool],
    *,
    words: str | None,
    signals: Sequence[Signal],
    fused: bool,
) -> dict[str, dict[str, Any]]:
    """Return, by id, what made each product's score; one further request for a page of hits.

    Args:
        ids: whether a vector found the product, by id; one that only words found is not compared.
        words: the text that ranked as keywords, where one did.
        signals: the vectors that ranked.
        fused: whether the ranking is Kindred's own, so that parts and shares can be told.

    Each of `keyword`, `all_words`, `phrase`, `text` and `photo` that took part has its raw figure (`score` of words,
    `cosine` of a vector; None where the product has no such vector), and in a fused ranking its `part` of the score
    and its `share` of all parts. `words` are the product's words that matched.
    """
    if not ids:
        return {}
    clauses = _clauses(words, generation) if words else {}
    body = _body(generation, list(ids), clauses, signals)
    params = {"search_pipeline": "_none", "include_named_queries_score": True}
    answer = cluster.search(generation.index, body, **params)
    found = {hit["_id"]: hit for hit in answer["hits"]["hits"]}
    return {
        one: _of_hit(found[one], generation, clauses, signals, by_vector=by_vector, fused=fused)
        for one, by_vector in ids.items()
        if one in found
    }


def _clauses(words: str, generation: Generation) -> dict[str, Clause]:
    """Return the keyword clauses of the ranking by the names that they have in an explanation."""
    return {KEYWORD: lexical.clause(words, generation), **lexical.bonuses(words, generation)}


def _body(
    generation: Generation, ids: Sequence[str], clauses: Mapping[str, Clause], signals: Sequence[Signal]
) -> dict[str, Any]:
    query: dict[str, Any] = {"filter": [{"ids": {"values": list(ids)}}]}
    body: dict[str, Any] = {
        "query": {"bool": query},
        "size": len(ids),
        # Without one of these names nothing of the source is needed; an empty list would mean all of it.
        "_source": [signal.field for signal in signals] or False,
    }
    if clauses:
        query["should"] = [{"bool": {"_name": name, "must": [clause]}} for name, clause in clauses.items()]
        fields = [name.split("^", 1)[0] for name in generation.lexical]
        body["highlight"] = {
            "fields": {name: {} for name in fields},
            "fragment_size": 80,
            "number_of_fragments": 3,
            "pre_tags": [_OPEN],
            "post_tags": [_CLOSE],
        }
    return body


def _of_hit(
    hit: Mapping[str, Any],
    generation: Generation,
    clauses: Mapping[str, Clause],
    signals: Sequence[Signal],
    *,
    by_vector: bool,
    fused: bool,
) -> dict[str, Any]:
    explained: dict[str, Any] = {}
    parts: dict[str, float] = {}
    scores = hit.get("matched_queries", {})
    for name, clause in clauses.items():
        score = float(scores.get(name, 0.0))
        explained[name] = {"score": score}
        parts[name] = score  # a bonus is added as it is
        if name == KEYWORD:
            half = keyword_half(clause, generation.fusion)
            parts[name] = score / (score + half)
    for signal in signals:
        name = _NAMES[signal.field]
        vector = hit.get("_source", {}).get(signal.field)
        cosine = None if vector is None else _cosine(signal.vector, vector)
        explained[name] = {"cosine": cosine}
        counted = cosine if by_vector and cosine is not None else signal.neutral
        parts[name] = signal.weight * (1.0 + counted)
    if fused:
        whole = sum(parts.values())
        for name, part in parts.items():
            explained[name] |= {"part": part, "share": part / whole if whole else 0.0}
    explained["words"] = _words(hit)
    return explained


def _cosine(query: np.ndarray, vector: Sequence[float]) -> float:
    product = np.asarray(vector, np.float32)
    norms = float(np.linalg.norm(query) * np.linalg.norm(product))
    return float(query @ product) / norms if norms else 0.0


def _words(hit: Mapping[str, Any]) -> list[str]:
    """Return the marked words of all fields, each once, in the order in which they appear."""
    fragments = (text for texts in hit.get("highlight", {}).values() for text in texts)
    marked = (found for text in fragments for found in _MARKED.findall(text))
    # A pair of neighbouring words may be marked as one.
    return list(dict.fromkeys(word.lower() for found in marked for word in found.split()))
