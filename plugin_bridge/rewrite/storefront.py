"""Rewrites a storefront's request body; what it does not know passes unchanged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from plugin_bridge.rewrite import lexical
from plugin_bridge.rewrite.fusion import fuse, text_signal
from plugin_bridge.rewrite.reading import Reading, Unreadable, as_list, read_query
from plugin_bridge.rewrite.sizes import clause_count
from plugin_bridge.rewrite.source import without_internal

# Parts of a request that keep their meaning beside a rewritten query, each shown by a test on a real node.
KNOWN_PARTS = frozenset(
    {
        "query",
        "from",
        "size",
        "timeout",
        "post_filter",
        "aggs",
        "aggregations",
        "highlight",
        "collapse",
        "suggest",
    }
    | {
        "_source",
        "fields",
        "stored_fields",
        "docvalue_fields",
        "script_fields",
        "track_total_hits",
        "track_scores",
    }
    | {"pit", "version", "seq_no_primary_term", "explain", "profile", "stats", "ext", "sort"}
    | {"include_named_queries_score"}
)


# OpenSearch refuses a query of more than 1,024 clauses. One that stands close to that must not be pushed over it.
MOST_CLAUSES = 900


@dataclass(frozen=True)
class Rewritten:
    """A request body, why it is as it is (`rewritten`, or the reason it was left alone), and the shopper's text."""

    body: dict[str, Any]
    reason: str
    text: str | None = None


def rewrite(
    body: dict[str, Any],
    generation: Generation,
    encode: Callable[[str], np.ndarray],
    knows: Callable[[str], bool],
    *,
    named: bool = False,
) -> Rewritten:
    """Return `body` ranked by keywords and vectors together, or unchanged with the reason.

    Args:
        body: a search request; it is not modified.
        generation: the generation whose index the request is about to search.
        encode: gives the query vector, shape (dimension,), of a text. Whatever it raises is raised here.
        knows: whether the encoder knows a lower-case word.
        named: whether `matched_queries` shall tell which products the vector found.
    """
    try:
        _check_parts(body)
        reading = read_query(body.get("query") or {"match_all": {}})
        if clause_count(reading.core) > MOST_CLAUSES:
            raise Unreadable("too_long")
        floor = lexical.floor(reading.text, generation, knows)
        if floor is None:
            raise Unreadable("article_number")
    except Unreadable as verdict:
        return Rewritten(passthrough(body, generation), str(verdict))
    vector = encode(reading.text)
    return Rewritten(_fused(body, reading, vector, floor, generation, named=named), "rewritten", reading.text)


def passthrough(body: dict[str, Any], generation: Generation) -> dict[str, Any]:
    """Return `body` as it is, except that Kindred's own fields are kept out of the answer."""
    fields = (TEXT_VECTOR,) if generation.image is None else (TEXT_VECTOR, IMAGE_VECTOR)
    source = without_internal(body.get("_source"), fields)
    return body if source == body.get("_source") else {**body, "_source": source}


def _check_parts(body: Mapping[str, Any]) -> None:
    """Raise Unreadable where a part of the request forbids a rewrite."""
    switch = body.get("ext", {}).get("ml_inference", {})
    if isinstance(switch, Mapping) and switch.get("kindred") == "off":
        raise Unreadable("switched_off")
    for part in body:
        if part not in KNOWN_PARTS:
            raise Unreadable(f"part_{part}")
    if _highlights_plainly(body.get("highlight")) or _highlights_plainly(body.get("collapse")):
        raise Unreadable("plain_highlighter")
    if not all(_is_by_score(order) for order in as_list(body.get("sort"))):
        raise Unreadable("explicit_sort")


def _highlights_plainly(part: Any) -> bool:
    """Whether the plain highlighter is asked for somewhere in a part of a request.

    It fails on k-NN clauses, and on ranges even in OpenSearch alone as soon as there is a product to mark.
    """
    if isinstance(part, Mapping):
        return part.get("type") == "plain" or any(_highlights_plainly(inner) for inner in part.values())
    return isinstance(part, list) and any(_highlights_plainly(inner) for inner in part)


def _is_by_score(order: Any) -> bool:
    """Whether one element of `sort` asks for the order that a request without a sort has."""
    if isinstance(order, Mapping):
        if set(order) != {"_score"}:
            return False
        how = order["_score"]
        direction = how.get("order", "desc") if isinstance(how, Mapping) else how
        return str(direction).lower() == "desc"
    return order == "_score"


def _highlighting(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request that highlights what its own query highlights, not what was added to it."""
    if "highlight" not in body:
        return body
    return {**body, "highlight": {"highlight_query": body["query"], **body["highlight"]}}


def _fused(
    body: dict[str, Any], reading: Reading, vector: np.ndarray, floor: float, generation: Generation, *, named: bool
) -> dict[str, Any]:
    bonuses = list(lexical.bonuses(reading.text, generation).values())
    signals = [text_signal(generation, vector, floor)]
    query = fuse(reading.core, reading.boosts, reading.binding, signals, generation, bonuses=bonuses, named=named)
    return {**_highlighting(passthrough(body, generation)), "query": query}
