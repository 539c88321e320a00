"""The clauses that rank by keywords and vectors together.

Candidates are one `bool` of the keyword clause and a k-NN clause; their order is then made by a script that adds the
saturated keyword score b/(b+c) and w(1+cosine) of each vector. All that needs vectors stands behind a filter on the
generation's own index: sent to another index (an alias switched in between), the request is exactly the keyword query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.generations import Fusion, Generation
from opensearch.mappings import TEXT_VECTOR, TIE
from plugin_bridge.rewrite.lexical import word_count
from plugin_bridge.rewrite.reading import TEXT_TYPES, Clause, as_list, bare, clause_of

# What remains of the first stage's score after the rescore: enough to keep the order of products that the rescore
# does not reach, too little to disturb the fused order. 0 would make them all tie.
FIRST_STAGE_WEIGHT = 1e-9
# Equal products rank the same on every replica and every page; far below any difference that a shopper could see.
TIE_WEIGHT = 1e-4
# Keeps k-NN scores out of the keyword score that a script is about to read. Not 0: the floor is cut on these scores.
NO_BOOST = 1e-6
UNNAMED_FIELDS = 25  # what a query string without fields is taken to search
DIGITS = 6
ALL: Clause = {"match_all": {}}


@dataclass(frozen=True)
class Signal:
    """A query vector, shape (dimension,), against one vector field.

    `neutral` is the cosine that a product without this vector is given, and `floor` the least cosine with which a
    product may come in by this vector alone.
    """

    field: str
    vector: np.ndarray
    weight: float
    floor: float
    neutral: float = 0.0


def text_signal(generation: Generation, vector: np.ndarray, floor: float | None = None) -> Signal:
    """Return the signal of a text vector; a product without one is taken to be as near as nonsense is."""
    least = generation.floor if floor is None else floor
    return Signal(TEXT_VECTOR, vector, generation.fusion.text_weight, least, neutral=generation.floor)


def fuse(
    core: Clause | None,
    boosts: Sequence[Clause],
    binding: Clause | None,
    signals: Sequence[Signal],
    generation: Generation,
    *,
    bonuses: Sequence[Clause] = (),
    new_products: bool = True,
) -> tuple[Clause, dict[str, Any]]:
    """Return the query and the rescore of a fused request.

    Args:
        core: the keyword clause, verbatim; None where there are no words.
        boosts: function_score shells, outermost first, that multiply after fusion.
        binding: the filter that vector candidates must pass.
        signals: at least one.
        bonuses: clauses whose scores are added to the fused score.
        new_products: whether products that only a vector finds may come in.
    """
    fusion = generation.fusion
    found = [core] if core is not None else []
    if new_products or core is None:
        lift, shells = fusion.candidate_boost, _shell_boost(boosts)
        found += [_candidates(signal, binding, fusion.k, generation.index, lift, shells) for signal in signals]
    query = found[0] if len(found) == 1 else {"bool": {"should": found, "minimum_should_match": 1}}
    scored = _with_bonuses(_script_score(_all_scored_by(core), core, signals, fusion), bonuses)
    rescore = {
        "window_size": fusion.window,
        "query": {
            "rescore_query": _in_index(_boosted(scored, boosts), generation.index),
            "query_weight": FIRST_STAGE_WEIGHT,
            "rescore_query_weight": 1.0,
            "score_mode": "total",
        },
    }
    return _boosted(query, boosts), rescore


def fuse_in_one(
    core: Clause,
    boosts: Sequence[Clause],
    binding: Clause | None,
    signals: Sequence[Signal],
    generation: Generation,
    *,
    bonuses: Sequence[Clause] = (),
    new_products: bool = True,
) -> Clause:
    """Return the same ranking as one query, for requests that may not hold a rescore (`collapse`).

    Every candidate is scored by the script, so this is slower where many products match the words.
    """
    fusion = generation.fusion
    found = [core]
    if new_products:
        found += [_candidates(signal, binding, fusion.k, generation.index, NO_BOOST) for signal in signals]
    candidates = {"bool": {"should": found, "minimum_should_match": 1}}
    scored = _with_bonuses(_script_score(candidates, core, signals, fusion), bonuses)
    here = {"term": {"_index": generation.index}}
    elsewhere = {"bool": {"must_not": [here], "must": [bare(core)]}}
    either = {"bool": {"should": [_in_index(scored, generation.index), elsewhere], "minimum_should_match": 1}}
    return _boosted(either, boosts)


def keyword_mass(query: Clause) -> float:
    """Return how many times the score of one unboosted field a keyword clause can reach.

    BM25 scores scale with the boosts of a clause; dividing by this keeps the balance between keywords and vectors
    the same whether a shop writes title^2 or title^20.
    """
    kind, body = clause_of(query)
    boost = float(body.get("boost", 1.0)) if isinstance(body, Mapping) else 1.0
    if kind in {"match", "match_phrase"}:
        inner = next(iter(body.values()), None) if isinstance(body, Mapping) else None
        return float(inner.get("boost", 1.0)) if isinstance(inner, Mapping) else 1.0
    if kind in TEXT_TYPES:
        weights = [_field_weight(field) for field in as_list(body.get("fields"))] or [1.0]
        return boost * (sum(weights) if body.get("type") == "most_fields" else max(weights))
    if kind == "bool":
        parts = [*as_list(body.get("must")), *as_list(body.get("should"))]
        return boost * sum(keyword_mass(part) for part in parts)
    if kind == "dis_max":
        return boost * max((keyword_mass(part) for part in as_list(body.get("queries"))), default=0.0)
    if kind == "function_score":
        return boost * keyword_mass(body.get("query") or ALL)
    return boost if kind == "constant_score" else 0.0


def clause_count(query: Any) -> int:
    """Return about how many terms OpenSearch makes of a clause: a word and its pair, in each field."""
    if isinstance(query, list):
        return sum(clause_count(inner) for inner in query)
    if not isinstance(query, Mapping):
        return 0
    count = 0
    for kind, body in query.items():
        if kind in TEXT_TYPES and isinstance(body, Mapping):
            count += 2 * sum(map(word_count, _texts_in(kind, body))) * _field_count(kind, body)
        elif kind == "terms" or not isinstance(body, Mapping | list):
            count += 1
        else:
            count += clause_count(body)
    return count


def _texts_in(kind: str, body: Mapping[str, Any]) -> list[str]:
    values = [body.get("query")] if kind not in {"match", "match_phrase"} else list(body.values())
    texts = [value.get("query") if isinstance(value, Mapping) else value for value in values]
    return [text for text in texts if isinstance(text, str)]


def _field_count(kind: str, body: Mapping[str, Any]) -> int:
    if kind in {"match", "match_phrase"} or "default_field" in body:
        return 1
    return len(as_list(body.get("fields"))) or UNNAMED_FIELDS


def keyword_half(core: Clause | None, fusion: Fusion) -> float:
    """Return the keyword score of a clause that counts half."""
    return fusion.keyword_half * ((keyword_mass(core) if core is not None else 0.0) or 1.0)


def rounded(vector: np.ndarray) -> list[float]:
    """Return a vector as numbers short enough that a request stays small; the cosine changes by less than 1e-5."""
    # float64 first: a rounded float32 would be written with all the digits of its nearest double.
    return np.round(vector.astype(np.float64), DIGITS).tolist()


def _candidates(
    signal: Signal, binding: Clause | None, k: int, index: str, boost: float, shells: float = 1.0
) -> Clause:
    """Return the k-NN clause of a signal, cut at its floor, its scores times `boost`.

    `shells` is the boost of everything around the clause: function_score compares its least score after all boosts.
    """
    knn: dict[str, Any] = {"vector": rounded(signal.vector), "k": k}
    if binding is not None:
        knn["filter"] = binding
    least = boost * shells * (1.0 + signal.floor) / 2.0
    return _in_index(
        {"function_score": {"query": {"knn": {signal.field: knn}}, "min_score": least, "boost": boost}}, index
    )


def _all_scored_by(core: Clause | None) -> Clause:
    """Return a query that matches every product and scores it by the keyword clause, 0 where that does not match."""
    return {"bool": {"filter": [ALL], "should": [bare(core)]}} if core is not None else {"bool": {"filter": [ALL]}}


def _script_score(query: Clause, core: Clause | None, signals: Sequence[Signal], fusion: Fusion) -> Clause:
    params: dict[str, Any] = {"half": keyword_half(core, fusion), "tie": TIE_WEIGHT}
    for place, signal in enumerate(signals):
        params |= {
            f"q{place}": rounded(signal.vector),
            f"w{place}": signal.weight,
            f"n{place}": signal.neutral,
        }
    script = {"source": _source([signal.field for signal in signals]), "params": params}
    return {"script_score": {"query": query, "script": script}}


def _with_bonuses(scored: Clause, bonuses: Sequence[Clause]) -> Clause:
    return {"bool": {"must": [scored], "should": list(bonuses)}} if bonuses else scored


def _source(fields: Sequence[str]) -> str:
    """Return the script; it depends on the fields alone, so that OpenSearch compiles it once."""
    lines = ["double s = _score / (_score + params.half);"]
    for place, field in enumerate(fields):
        # One product without a vector must not fail the whole search.
        cosine = f"doc['{field}'].size() == 0 ? params.n{place} : cosineSimilarity(params.q{place}, doc['{field}'])"
        lines.append(f"s += params.w{place} * (1.0 + ({cosine}));")
    lines.append(f"if (doc['{TIE}'].size() != 0) {{ s += params.tie * doc['{TIE}'].value; }}")
    lines.append("return s < 0 ? 0 : s;")
    return " ".join(lines)


def _boosted(query: Clause, boosts: Sequence[Clause]) -> Clause:
    for shell in reversed(boosts):
        query = {"function_score": {**shell, "query": query}}
    return query


def _shell_boost(boosts: Sequence[Clause]) -> float:
    product = 1.0
    for shell in boosts:
        product *= float(shell.get("boost", 1.0))
    return product


def _in_index(query: Clause, index: str) -> Clause:
    return {"bool": {"filter": [{"term": {"_index": index}}], "must": [query]}}


def _field_weight(field: str) -> float:
    _, _, weight = str(field).partition("^")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 1.0
