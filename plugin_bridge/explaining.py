"""Why a product stands where it stands: the share of its words, its text and its photo in the fused score."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from plugin_bridge.rewrite import lexical
from plugin_bridge.rewrite.fusion import Signal
from plugin_bridge.rewrite.reading import Clause

_NAMES = {TEXT_VECTOR: "text", IMAGE_VECTOR: "photo"}
# Unlikely to stand in a product's text, so that what is marked can be told apart.
_OPEN, _CLOSE = "\u2063<", ">\u2063"
_MARKED = re.compile(re.escape(_OPEN) + "(.*?)" + re.escape(_CLOSE), re.DOTALL)


def explain(
    cluster: Cluster,
    generation: Generation,
    ids: Sequence[str],
    *,
    text: str | None,
    signals: Sequence[Signal],
    fused: bool = True,
) -> dict[str, dict[str, Any]]:
    """Return, by id, what made each product's score; one further request for a page of hits.

    Each of `keyword`, `text` and `photo` that took part has its raw figure (`score` of BM25, `cosine` of a vector;
    None where the product has no such vector). Where the ranking is Kindred's own (`fused`) it also has its `part`
    of the fused score and its `share`; shares sum to 1. `words` are the product's words that matched.
    """
    if not ids:
        return {}
    core = lexical.clause(text, generation) if text else None
    answer = cluster.search(generation.index, _body(generation, ids, core, signals), search_pipeline="_none")
    found = {hit["_id"]: hit for hit in answer["hits"]["hits"]}
    return {one: _of_hit(found[one], generation, core, signals, fused) for one in ids if one in found}


def _body(generation: Generation, ids: Sequence[str], core: Clause | None, signals: Sequence[Signal]) -> dict[str, Any]:
    query: dict[str, Any] = {"filter": [{"ids": {"values": list(ids)}}]}
    body: dict[str, Any] = {
        "query": {"bool": query},
        "size": len(ids),
        # Without one of these names nothing of the source is needed; an empty list would mean all of it.
        "_source": [signal.field for signal in signals] or False,
    }
    if core is not None:
        query["should"] = [core]
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
    core: Clause | None,
    signals: Sequence[Signal],
    fused: bool,
) -> dict[str, Any]:
    explained: dict[str, Any] = {}
    parts: dict[str, float] = {}
    if core is not None:
        score = float(hit["_score"] or 0.0)
        explained["keyword"] = {"score": score}
        parts["keyword"] = score / (score + generation.fusion.keyword_half)
    for signal in signals:
        name = _NAMES[signal.field]
        vector = hit.get("_source", {}).get(signal.field)
        cosine = None if vector is None else _cosine(signal.vector, vector)
        explained[name] = {"cosine": cosine}
        parts[name] = signal.weight * (1.0 + (signal.neutral if cosine is None else cosine))
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
    words: dict[str, None] = {}
    for fragments in hit.get("highlight", {}).values():
        for fragment in fragments:
            for word in _MARKED.findall(fragment):
                words.setdefault(word.lower())
    return list(words)
