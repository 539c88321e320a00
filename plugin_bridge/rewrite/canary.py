"""A request that a candidate ranks, run on the live index: only the clause that finds by vector is another one.

A rewrite cannot send a request to another index, and the live one has no vectors of the candidate's encoder. But the
candidate's index holds the same products. So its k-NN is asked first, and what it found takes the k-NN clause's place:
the same products, with the scores that the clause would give them. Filters, facets, pages and highlights stay the
live index's own. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from opensearch.mappings import TEXT_VECTOR
from plugin_bridge.rewrite.reading import Unreadable, read_query


def key_of(body: Mapping[str, Any]) -> str | None:
    """Return what decides which requests belong together: the storefront's session, else the shopper's words.

    The session is named in `ext.ml_inference.session`. None where there is neither: such a request is no search.
    """
    ext = body.get("ext")
    given = ext.get("ml_inference") if isinstance(ext, Mapping) else None
    session = given.get("session") if isinstance(given, Mapping) else None
    if session is not None:
        return str(session)
    try:
        return read_query(body.get("query") or {"match_all": {}}).text or None
    except Unreadable:
        return None


def neighbours_body(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the request that finds what a rewritten request's k-NN clause finds, None where it has no such clause."""
    clause = _knn(body.get("query"))
    if clause is None:
        return None
    return {"size": int(clause["knn"][TEXT_VECTOR]["k"]), "_source": False, "query": clause}


def with_neighbours(body: Mapping[str, Any], hits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a rewritten request whose k-NN clause is replaced by these hits, each with its score."""
    found = [{"constant_score": {"filter": {"ids": {"values": [hit["_id"]]}}, "boost": hit["_score"]}} for hit in hits]
    clause = {"bool": {"should": found, "minimum_should_match": 1}} if found else {"match_none": {}}
    return {name: _replaced(part, clause) if name == "query" else part for name, part in body.items()}


def _is_knn(part: Any) -> bool:
    return isinstance(part, Mapping) and set(part) == {"knn"} and TEXT_VECTOR in part["knn"]


def _knn(part: Any) -> Mapping[str, Any] | None:
    if _is_knn(part):
        return part
    inner = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
    return next((found for one in inner if (found := _knn(one)) is not None), None)


def _replaced(part: Any, clause: Mapping[str, Any]) -> Any:
    if _is_knn(part):
        return clause
    if isinstance(part, Mapping):
        return {name: _replaced(inner, clause) for name, inner in part.items()}
    return [_replaced(inner, clause) for inner in part] if isinstance(part, list) else part
