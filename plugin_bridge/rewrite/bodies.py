"""The bridge's own requests: search by words, by picture, by both, and items like a product."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opensearch.generations import Generation
from opensearch.mappings import TEXT_VECTOR
from plugin_bridge.rewrite import lexical
from plugin_bridge.rewrite.fusion import fuse, image_signal, rounded, text_signal
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.storefront import passthrough, rewrite


def keyword_body(
    text: str | None, generation: Generation, *, filters: Sequence[Clause] = (), size: int = 10, offset: int = 0
) -> dict[str, Any]:
    """Return the request of `keyword` mode, the very one that a storefront would send."""
    plain = lexical.request(text, generation, filters=list(filters), size=size, offset=offset)
    return passthrough(plain, generation)


def hybrid_body(
    text: str,
    generation: Generation,
    encode: Callable[[str], np.ndarray],
    knows: Callable[[str], bool],
    *,
    filters: Sequence[Clause] = (),
    size: int = 10,
    offset: int = 0,
    named: bool = False,
) -> dict[str, Any]:
    """Return the request of `hybrid` mode: the storefront's request, rewritten as the storefront's would be.

    `named` makes `matched_queries` tell which products the vector found.
    """
    plain = lexical.request(text, generation, filters=list(filters), size=size, offset=offset)
    return rewrite(plain, generation, encode, knows, named=named).body


def vector_body(
    generation: Generation,
    *,
    text: str | None = None,
    text_vector: np.ndarray | None = None,
    image_vector: np.ndarray | None = None,
    floor: float | None = None,
    filters: Sequence[Clause] = (),
    without: Sequence[str] = (),
    size: int = 10,
    offset: int = 0,
    named: bool = False,
) -> dict[str, Any]:
    """Return a request ranked by vectors, and by `text` as keywords where it is given too.

    Args:
        text_vector: shape (text dimension,); image_vector: shape (image dimension,). At least one is needed.
        floor: the least cosine with the text vector; default: the one for texts that mean nothing.
        without: ids that must not come back.
    """
    signals = []
    if text_vector is not None:
        signals.append(text_signal(generation, text_vector, floor))
    if image_vector is not None:
        signals.append(image_signal(generation, image_vector))
    if not signals:
        raise ValueError("a search by vectors needs at least one vector")
    limits: dict[str, Any] = {"filter": list(filters)} if filters else {}
    if without:
        limits["must_not"] = [{"ids": {"values": list(without)}}]
    binding = {"bool": limits} if limits else None
    core = _with_limits(lexical.clause(text, generation), limits) if text else None
    bonuses = list(lexical.bonuses(text, generation).values()) if text else []
    query = fuse(core, (), binding, signals, generation, bonuses=bonuses, named=named)
    plain = {"query": query, "size": size, "from": offset, "track_total_hits": True}
    return passthrough(plain, generation)


def similar_body(
    generation: Generation,
    product_id: str,
    *,
    text_vector: np.ndarray | None,
    image_vector: np.ndarray | None,
    filters: Sequence[Clause] = (),
    size: int = 10,
    offset: int = 0,
) -> dict[str, Any]:
    """Return the request for items like a product, by its own vectors, without itself."""
    return vector_body(
        generation,
        text_vector=text_vector,
        image_vector=image_vector,
        floor=generation.word_floor,
        filters=filters,
        without=[product_id],
        size=size,
        offset=offset,
    )


def native_body(
    text: str,
    generation: Generation,
    *,
    model_id: str,
    filters: Sequence[Clause] = (),
    size: int = 10,
    offset: int = 0,
    keyword_weight: float = 0.5,
    technique: str = "min_max",
) -> dict[str, Any]:
    """Return OpenSearch's own `hybrid` query with `neural`, normalised by a pipeline inside the request.

    `model_id` names the embeddings model in OpenSearch; the two weights sum to 1.
    """
    neural: dict[str, Any] = {"query_text": text, "model_id": model_id, "k": generation.fusion.k}
    words = lexical.clause(text, generation)
    if filters:
        neural["filter"] = {"bool": {"filter": list(filters)}}
        words = {"bool": {"must": [words], "filter": list(filters)}}
    combination = {
        "technique": "arithmetic_mean",
        "parameters": {"weights": [keyword_weight, 1 - keyword_weight]},
    }
    processor = {"normalization": {"technique": technique}, "combination": combination}
    plain = {
        "query": {"hybrid": {"queries": [words, {"neural": {TEXT_VECTOR: neural}}]}},
        "search_pipeline": {"phase_results_processors": [{"normalization-processor": processor}]},
        "size": size,
        "from": offset,
        "track_total_hits": True,
    }
    return passthrough(plain, generation)


def exact_body(generation: Generation, text_vector: np.ndarray, *, size: int = 10) -> dict[str, Any]:
    """Return a request that compares every product with the vector, without an index: the truth for recall."""
    source = f"1.0 + cosineSimilarity(params.q, doc['{TEXT_VECTOR}'])"
    script = {"source": source, "params": {"q": rounded(text_vector)}}
    query = {"script_score": {"query": {"exists": {"field": TEXT_VECTOR}}, "script": script}}
    return passthrough({"query": query, "size": size}, generation)


def _with_limits(clause: Clause, limits: dict[str, Any]) -> Clause:
    return {"bool": {"must": [clause], **limits}} if limits else clause
