"""Reads a storefront's query: where the shopper's text stands, and what binds products that only a vector finds.

The shopper's text is taken only from scoring position. Where several texts are found, the shopper's is the longest
one among the required clauses (`must`, or a query's top), else the longest at all; clauses with another text keep
binding. A clause of a kind not named here makes the whole request pass unchanged: better plain keywords than a guess.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Clause = dict[str, Any]

TEXT_TYPES = frozenset(
    {"match", "multi_match", "combined_fields", "match_phrase", "query_string", "simple_query_string"}
)
PREFIX_TYPES = frozenset({"prefix", "match_phrase_prefix", "match_bool_prefix", "wildcard", "regexp"})
PREFIX_MATCHES = frozenset({"phrase_prefix", "bool_prefix"})
# Scoring clauses without text: they add to the keyword score and, in `must`, bind vector candidates.
PLAIN_TYPES = frozenset(
    {"term", "terms", "range", "exists", "ids", "match_all", "rank_feature", "distance_feature"}
    | {"geo_distance", "geo_bounding_box"}
)
# What may stand in `filter` and `must_not`, where the clause is copied into the k-NN filter.
FILTER_TYPES = (
    PLAIN_TYPES | TEXT_TYPES | PREFIX_TYPES | {"fuzzy", "nested", "terms_set", "bool", "constant_score", "dis_max"}
) - {"rank_feature", "distance_feature"}
# A boost that adds to BM25 cannot keep its meaning on another scale.
KEPT_BOOST_MODES = frozenset({"multiply", "replace"})

_QUERY_STRING_OPERATOR = re.compile(r'[=|><!(){}\[\]^"~*?:\\/]|&&|(?:^|\s)[+\-]|\b(?:AND|OR|NOT|TO)\b')
_SIMPLE_OPERATOR = re.compile(r'[|"*()~\\]|(?:^|\s)[+\-]')
_WORD = re.compile(r"\w")


class Unreadable(Exception):  # noqa: N818 - a verdict about a request, not a failure
    """The request passes unchanged; the message is the reason that metrics count."""


@dataclass(frozen=True)
class Reading:
    """What a query says.

    `core` is the keyword clause, verbatim; `boosts` are the function_score shells around it, outermost first, without
    their query; `binding` is the filter that vector candidates must pass (None: everything passes).
    """

    text: str
    core: Clause
    boosts: tuple[Clause, ...]
    binding: Clause | None


@dataclass(frozen=True)
class _Text:
    text: str
    required: bool


def read_query(query: Clause) -> Reading:
    """Return what `query` says.

    Raises:
        Unreadable: the query holds no shopper's text, or a clause that is not known.
    """
    boosts, core = _peel(query)
    texts = list(_texts(core, required=True))
    if not texts:
        raise Unreadable("no_text")
    required = [found.text for found in texts if found.required]
    text = max(required or [found.text for found in texts], key=len)
    if not _WORD.search(text):
        raise Unreadable("no_words")
    return Reading(text=text, core=core, boosts=boosts, binding=_bind(core, text))


def binding_of(query: Clause, text: str) -> Clause | None:
    """Return the filter that products must pass which this query's words need not meet; None: everything passes.

    `text` is the shopper's, empty where there is none. Raises Unreadable where some clause is not known.
    """
    return _bind(_peel(query)[1], text)


def clause_of(query: Any) -> tuple[str, Any]:
    """Return the one type and body of a query clause.

    Raises:
        Unreadable: it is no clause at all; OpenSearch shall say so itself.
    """
    if not isinstance(query, Mapping) or len(query) != 1:
        raise Unreadable("malformed")
    return next(iter(query.items()))


def as_list(value: Any) -> list[Any]:
    """Return the clauses of a bool's part, which may be one clause or a list of them."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _peel(query: Clause) -> tuple[tuple[Clause, ...], Clause]:
    """Take function_score shells off, also where a bool holds one as its only scoring clause."""
    kind, body = clause_of(query)
    if kind == "function_score" and isinstance(body, Mapping):
        if "min_score" in body:
            raise Unreadable("min_score")
        if str(body.get("boost_mode", "multiply")).lower() not in KEPT_BOOST_MODES:
            raise Unreadable("additive_boost")
        shell = {key: value for key, value in body.items() if key != "query"}
        inner_shells, core = _peel(body.get("query") or {"match_all": {}})
        return (shell, *inner_shells), core
    if kind == "bool" and isinstance(body, Mapping) and not as_list(body.get("should")):
        must = as_list(body.get("must"))
        if len(must) == 1:
            inner_shells, inner = _peel(must[0])
            if inner_shells:
                return inner_shells, {"bool": {**body, "must": [inner]}}
    return (), query


def _texts(query: Clause, *, required: bool) -> Iterator[_Text]:
    """Yield every shopper's text in scoring position."""
    kind, body = clause_of(query)
    if kind in PREFIX_TYPES:
        raise Unreadable("prefix")
    if kind in TEXT_TYPES:
        text = _text_of(kind, body)
        if text is not None:
            yield _Text(text, required)
    elif kind == "bool":
        yield from _texts_of_bool(body, required)
    elif kind == "dis_max":
        for inner in as_list(body.get("queries")):
            yield from _texts(inner, required=required)
    elif kind == "constant_score":
        yield from _texts(body.get("filter"), required=required)
    elif kind == "function_score":
        if "min_score" in body:
            raise Unreadable("min_score")
        yield from _texts(body.get("query") or {"match_all": {}}, required=required)
    elif kind not in PLAIN_TYPES:
        raise Unreadable("unknown_clause")


def _texts_of_bool(body: Any, required: bool) -> Iterator[_Text]:
    if not isinstance(body, Mapping):
        raise Unreadable("malformed")
    must = as_list(body.get("must"))
    for inner in must:
        yield from _texts(inner, required=required)
    for inner in as_list(body.get("should")):
        yield from _texts(inner, required=required and not must)


def _text_of(kind: str, body: Any) -> str | None:
    """Return the text of a text clause, or None where it holds a number or a truth value.

    Raises:
        Unreadable: it completes prefixes, or the text uses the operators of a query language.
    """
    if not isinstance(body, Mapping):
        raise Unreadable("malformed")
    if kind in {"match", "match_phrase"}:
        value = next(iter(body.values()), None) if len(body) == 1 else None
        text = value.get("query") if isinstance(value, Mapping) else value
        return text if isinstance(text, str) else None
    if str(body.get("type", "")).lower() in PREFIX_MATCHES:
        raise Unreadable("prefix")
    text = body.get("query")
    if not isinstance(text, str):
        return None
    operators = {"query_string": _QUERY_STRING_OPERATOR, "simple_query_string": _SIMPLE_OPERATOR}.get(kind)
    if operators and operators.search(text):
        raise Unreadable("operators")
    return text


_ALL: Clause = {"match_all": {}}


def _bind(query: Clause, text: str) -> Clause | None:
    """Return the filter that is `query` with the shopper's text answered by every product; None: no condition."""
    kind, body = clause_of(query)
    if kind == "match_all":
        return None
    if kind in TEXT_TYPES:
        return None if _text_of(kind, body) == text else bare(query)
    if kind == "bool":
        return _bind_bool(body, text)
    if kind == "dis_max":
        parts = [_bind(inner, text) for inner in as_list(body.get("queries"))]
        return None if None in parts else {"bool": {"should": parts, "minimum_should_match": 1}}
    if kind == "constant_score":
        return _bind(body["filter"], text)
    if kind == "function_score":
        return _bind(body.get("query") or _ALL, text)
    return bare(query)


def _bind_bool(body: Mapping[str, Any], text: str) -> Clause | None:
    must = as_list(body.get("must"))
    filters = [bare(_known_filter(inner)) for inner in as_list(body.get("filter"))]
    must_not = [bare(_known_filter(inner)) for inner in as_list(body.get("must_not"))]
    bound: dict[str, Any] = {}
    required = [part for part in (_bind(inner, text) for inner in must) if part is not None] + filters
    if required:
        bound["filter"] = required
    if must_not:
        bound["must_not"] = must_not
    should = [_bind(inner, text) for inner in as_list(body.get("should"))]
    least = body.get("minimum_should_match")
    if least is None:
        least = 0 if must or filters else 1
    free = sum(part is None for part in should)
    if should and not (str(least).isdigit() and int(least) <= free):
        bound["should"] = [_ALL if part is None else part for part in should]
        bound["minimum_should_match"] = least
    return {"bool": bound} if bound else None


def _known_filter(query: Clause) -> Clause:
    """Return `query` where every clause in it may stand in a k-NN filter.

    Raises:
        Unreadable: some clause in it is of another kind.
    """
    kind, body = clause_of(query)
    if kind.startswith("geo_"):
        return query
    if kind not in FILTER_TYPES:
        raise Unreadable("unknown_filter")
    if kind == "bool":
        for part in ("must", "filter", "should", "must_not"):
            for inner in as_list(body.get(part)):
                _known_filter(inner)
    elif kind == "dis_max":
        for inner in as_list(body.get("queries")):
            _known_filter(inner)
    elif kind == "constant_score":
        _known_filter(body.get("filter"))
    elif kind == "nested":
        _known_filter(body.get("query"))
    return query


def bare(query: Any) -> Any:
    """Return a copy of a clause without names and inner hits, which must not stand in a request twice."""
    if isinstance(query, Mapping):
        return {key: bare(value) for key, value in query.items() if key not in {"_name", "inner_hits"}}
    if isinstance(query, list):
        return [bare(value) for value in query]
    return query
