"""Rewrites a storefront's request body; what it does not know passes unchanged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from plugin_bridge.rewrite import lexical
from plugin_bridge.rewrite.fusion import fuse, text_signal
from plugin_bridge.rewrite.reading import Clause, Reading, Unreadable, as_list, read_query
from plugin_bridge.rewrite.ruling import (
    MOST_CLAUSES,
    Ruled,
    Rules,
    effect_on,
    highlighting,
    is_by_score,
    under_rules,
    without,
)
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


@dataclass(frozen=True)
class Rewritten:
    """A request body, why it is as it is (`rewritten`, or the reason it was left alone), and the shopper's text.

    `ruled` is there where merchandising rules met the request, which is then not as it was even if left alone.
    """

    body: dict[str, Any]
    reason: str
    text: str | None = None
    ruled: Ruled | None = None


def rewrite(
    body: dict[str, Any],
    generation: Generation,
    encode: Callable[[str], np.ndarray],
    knows: Callable[[str], bool],
    *,
    named: bool = False,
    rules: Rules | None = None,
) -> Rewritten:
    """Return `body` ranked by keywords and vectors together, or unchanged with the reason, both under the rules.

    Args:
        body: a search request; it is not modified.
        generation: the generation whose index the request is about to search.
        encode: gives the query vector, shape (dimension,), of a text. Whatever it raises is raised here.
        knows: whether the encoder knows a lower-case word.
        named: whether `matched_queries` shall tell which products the vector found.
        rules: the merchandising rules of the shop, None where there are none.
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
        return left_alone(body, generation, str(verdict), rules)
    vector = encode(reading.text)
    if rules is None or _switched_off(body, "rules"):
        return Rewritten(_fused(body, reading, vector, floor, generation, named=named), "rewritten", reading.text)
    effect, binding = effect_on(body, rules, reading.text)
    hidden = effect.hiding()
    fused = _fused(body, reading, vector, floor, generation, named=named, hidden=hidden)
    ruled = under_rules(fused, effect, binding=binding, named=named)
    return Rewritten(ruled.body, "rewritten", reading.text, ruled if effect else None)


def left_alone(body: dict[str, Any], generation: Generation, reason: str, rules: Rules | None) -> Rewritten:
    """Return a request that is not ranked by vectors, because of `reason`, under the rules that can be obeyed."""
    plain = passthrough(body, generation)
    if rules is None or _switched_off(body) or _switched_off(body, "rules"):
        return Rewritten(plain, reason)
    effect, binding = effect_on(body, rules, _words_of(body))
    ruled = under_rules(plain, effect, binding=binding)
    return Rewritten(ruled.body, reason, ruled=ruled if effect else None)


def passthrough(body: dict[str, Any], generation: Generation) -> dict[str, Any]:
    """Return `body` as it is, except that Kindred's own fields are kept out of the answer."""
    fields = (TEXT_VECTOR,) if generation.image is None else (TEXT_VECTOR, IMAGE_VECTOR)
    source = without_internal(body.get("_source"), fields)
    return body if source == body.get("_source") else {**body, "_source": source}


def _switched_off(body: Mapping[str, Any], what: str = "kindred") -> bool:
    """Whether a request asks to go on without Kindred (or without its `rules`)."""
    ext = body.get("ext")
    switch = ext.get("ml_inference") if isinstance(ext, Mapping) else None
    return isinstance(switch, Mapping) and switch.get(what) == "off"


def _words_of(body: Mapping[str, Any]) -> str:
    """Return the shopper's words of a request, empty where they cannot be read."""
    try:
        return read_query(body.get("query") or {"match_all": {}}).text
    except Unreadable:
        return ""


def _check_parts(body: Mapping[str, Any]) -> None:
    """Raise Unreadable where a part of the request forbids a rewrite."""
    if _switched_off(body):
        raise Unreadable("switched_off")
    for part in body:
        if part not in KNOWN_PARTS:
            raise Unreadable(f"part_{part}")
    if _highlights_plainly(body.get("highlight")) or _highlights_plainly(body.get("collapse")):
        raise Unreadable("plain_highlighter")
    if not all(is_by_score(order) for order in as_list(body.get("sort"))):
        raise Unreadable("explicit_sort")


def _highlights_plainly(part: Any) -> bool:
    """Whether the plain highlighter is asked for somewhere in a part of a request.

    It fails on k-NN clauses, and on ranges even in OpenSearch alone as soon as there is a product to mark.
    """
    if isinstance(part, Mapping):
        return part.get("type") == "plain" or any(_highlights_plainly(inner) for inner in part.values())
    return isinstance(part, list) and any(_highlights_plainly(inner) for inner in part)


def _fused(
    body: dict[str, Any],
    reading: Reading,
    vector: np.ndarray,
    floor: float,
    generation: Generation,
    *,
    named: bool,
    hidden: Sequence[Clause] = (),
) -> dict[str, Any]:
    binding = without(reading.binding, hidden)
    bonuses = list(lexical.bonuses(reading.text, generation).values())
    signals = [text_signal(generation, vector, floor)]
    query = fuse(reading.core, reading.boosts, binding, signals, generation, bonuses=bonuses, named=named)
    return {**highlighting(passthrough(body, generation)), "query": query}
