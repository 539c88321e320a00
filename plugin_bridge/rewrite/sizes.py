"""How strong and how large a keyword clause is, read from its words and boosts."""

from collections.abc import Mapping
from typing import Any

from plugin_bridge.rewrite.lexical import word_count
from plugin_bridge.rewrite.reading import TEXT_TYPES, Clause, as_list, clause_of

UNNAMED_FIELDS = 25  # what a query string without fields is taken to search
_ALL: Clause = {"match_all": {}}


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
        return boost * keyword_mass(body.get("query") or _ALL)
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


def _field_weight(field: str) -> float:
    _, _, weight = str(field).partition("^")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 1.0
