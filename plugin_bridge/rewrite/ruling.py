"""What merchandising rules do to a request: hide, pin to a place, boost and bury. Pure functions.

Which rules meet a request is told by an `Effect`, made elsewhere (`plugin_bridge.rules`). A hidden product leaves the
query, and with it totals and aggregations. A pinned one is a candidate of its own with a score above all others, and
passes the request's filters, so that it stands once over all pages. A place further down cannot be said in scores
alone: `Ruled.probe` asks which products come first, and `Ruled.placed` names them all in their order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from plugin_bridge.rewrite.reading import (
    FILTER_TYPES,
    PLAIN_TYPES,
    PREFIX_TYPES,
    TEXT_TYPES,
    Clause,
    Unreadable,
    as_list,
    binding_of,
    clause_of,
)
from plugin_bridge.rewrite.sizes import clause_count

# Above whatever words, vectors and a shop's own boosts reach, and far enough apart for numbers of 24 bits.
TOP = 1e9
STEP = 1e3
LAST_PLACE = 50
RULE = "kindred_rule_"  # names the clauses of a rule in `matched_queries`
# OpenSearch refuses a query of more than 1,024 clauses. One that stands close to that must not be pushed over it.
MOST_CLAUSES = 900
CATEGORY_FIELDS = frozenset({"category", "category.raw", "category.keyword"})
_ALL: Clause = {"match_all": {}}
# What may be wrapped in another query, each shown by a test; `hybrid`, for one, may only stand at the top.
_WRAPPABLE = (
    FILTER_TYPES
    | TEXT_TYPES
    | PREFIX_TYPES
    | PLAIN_TYPES
    | {"function_score", "script_score", "boosting", "knn", "bool", "dis_max", "constant_score"}
)
# Parts of a request that put its products in an order of their own, or mean something only on the scale of words.
_OWN_ORDER = frozenset({"rescore", "min_score", "search_after", "slice", "indices_boost", "knn"})


@dataclass(frozen=True)
class Pin:
    """A product that shall stand at a place, counted from 1, because of a rule."""

    place: int
    product: str
    rule: int


@dataclass(frozen=True)
class Hidden:
    """Products that shall not come back: what `clause` matches, without those of `kept`."""

    clause: Clause
    rule: int
    kept: tuple[str, ...] = ()

    @property
    def query(self) -> Clause:
        """The clause that matches what is hidden."""
        if not self.kept:
            return self.clause
        return {"bool": {"filter": [self.clause], "must_not": [{"ids": {"values": list(self.kept)}}]}}


@dataclass(frozen=True)
class Weighed:
    """Products whose score is multiplied by `factor`."""

    clause: Clause
    factor: float
    rule: int


@dataclass(frozen=True)
class Effect:
    """What the rules that meet a request want of it. Pins stand in the order of their places, each place once."""

    pins: tuple[Pin, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    weighed: tuple[Weighed, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is wanted."""
        return bool(self.pins or self.hidden or self.weighed)

    def hiding(self) -> list[Clause]:
        """Return the clauses for a `must_not`."""
        return [one.query for one in self.hidden]

    def as_filters(self) -> list[Clause]:
        """Return what is hidden as clauses for a `filter`."""
        return [{"bool": {"must_not": self.hiding()}}] if self.hidden else []

    def only_hiding(self) -> "Effect":
        """Return what can be obeyed where the order is not by score."""
        return Effect(hidden=self.hidden)

    def without_hiding(self) -> "Effect":
        """Return the rest, where the hidden products are filtered out already."""
        return Effect(pins=self.pins, weighed=self.weighed)


NONE = Effect()


class Rules(Protocol):
    """Tells which rules meet a request."""

    def effect(self, text: str, categories: frozenset[str] = frozenset()) -> Effect:
        """Return what they want of a request for these words, filtered by these categories."""


@dataclass(frozen=True)
class Ruled:
    """A request under its rules. Without an answer to `probe`, pins stand on top in the order of their places."""

    body: dict[str, Any]
    effect: Effect = NONE
    probe: dict[str, Any] | None = None
    organic: Clause | None = None
    binding: Clause | None = None
    named: bool = False

    def placed(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the request with every pin at its place; `ids` are the first products that `probe` found."""
        assert self.organic is not None
        return {**self.body, "query": _query(self.organic, self.effect, places(self.effect.pins, ids), self)}


def places(pins: Sequence[Pin], ids: Sequence[str]) -> list[str]:
    """Return who stands where: pins at their places, all others in their order between them.

    `ids` are the first products under the rules, pinned ones among them; a pin that is not among them is not there.
    """
    there = set(ids)
    pinned = {pin.place: pin.product for pin in pins if pin.product in there}
    others = iter([one for one in ids if one not in pinned.values()])
    standing: list[str] = []
    for place in range(1, max(pinned, default=0) + 1):
        one = pinned.get(place) or next(others, None)
        if one is not None:
            standing.append(one)
    return standing


def under_rules(body: dict[str, Any], effect: Effect, *, binding: Clause | None = None, named: bool = False) -> Ruled:
    """Return a request under its rules.

    Args:
        body: a request that ranks by score; it is not modified.
        binding: the filter that a pinned product must pass.
        named: whether `matched_queries` shall tell which rules met a product.
    """
    if not effect:
        return Ruled(body)
    organic = body.get("query") or _ALL
    plain = Ruled(body, effect, organic=organic, binding=binding, named=named)
    query = _query(organic, effect, [pin.product for pin in effect.pins], plain)
    ruled = {**highlighting(body), "query": query}
    probe = _probe(ruled, effect.pins) if _has_gap(effect.pins) else None
    return Ruled(ruled, effect, probe, organic, binding, named)


def effect_on(body: Mapping[str, Any], rules: Rules, text: str) -> tuple[Effect, Clause | None]:
    """Return what the rules want of a storefront's request, as far as it can be had, and the filter of its pins.

    `text` is empty where the shopper's words could not be read.
    """
    query = body.get("query") or _ALL
    effect = rules.effect(text, categories_of(query))
    if not effect or not _wrappable(query):
        return NONE, None
    try:
        binding = binding_of(query, text)
    except Unreadable:
        return effect.only_hiding(), None
    large = clause_count(query) + clause_count(binding) + sum(map(len, (effect.pins, effect.weighed))) > MOST_CLAUSES
    return (effect.only_hiding() if large or has_own_order(body) else effect), binding


def without(binding: Clause | None, hidden: Sequence[Clause]) -> Clause | None:
    """Return a filter that lets through what `binding` does, without what is hidden."""
    if not hidden:
        return binding
    return {"bool": {"must_not": list(hidden), **({"filter": [binding]} if binding is not None else {})}}


def has_own_order(body: Mapping[str, Any]) -> bool:
    """Whether a request's products stand in another order than that of its query's scores."""
    return not _OWN_ORDER.isdisjoint(body) or not all(is_by_score(order) for order in as_list(body.get("sort")))


def highlighting(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request that highlights what its own query highlights, not what was added to it."""
    if "highlight" not in body or "highlight_query" in body["highlight"]:
        return body
    return {**body, "highlight": {"highlight_query": body.get("query") or _ALL, **body["highlight"]}}


def is_by_score(order: Any) -> bool:
    """Whether one element of `sort` asks for the order that a request without a sort has."""
    if isinstance(order, Mapping):
        if set(order) != {"_score"}:
            return False
        how = order["_score"]
        direction = how.get("order", "desc") if isinstance(how, Mapping) else how
        return str(direction).lower() == "desc"
    return order == "_score"


def categories_of(query: Any) -> frozenset[str]:
    """Return the categories that every product of a query must have, in lower case."""
    return frozenset(name.casefold() for name in _categories(query))


def rules_met(matched: Sequence[str]) -> list[int]:
    """Return the rules that met a product, by its `matched_queries`."""
    return sorted({int(name.removeprefix(RULE)) for name in matched if name.startswith(RULE)})


def _categories(query: Any) -> Iterator[str]:
    if isinstance(query, list):
        for inner in query:
            yield from _categories(inner)
    if not isinstance(query, Mapping):
        return
    for kind, body in query.items():
        if kind in ("bool", "constant_score", "function_score", "script_score") and isinstance(body, Mapping):
            for part in ("must", "filter", "query"):
                yield from _categories(body.get(part))
        elif kind in ("term", "terms") and isinstance(body, Mapping):
            for field in CATEGORY_FIELDS & body.keys():
                value = body[field]
                value = value.get("value") if isinstance(value, Mapping) else value
                # One of several categories is no category page.
                values = as_list(value)
                if len(values) == 1 and isinstance(values[0], str):
                    yield values[0]


def _wrappable(query: Any) -> bool:
    try:
        kind, body = clause_of(query)
    except Unreadable:
        return False
    return (kind in _WRAPPABLE or kind.startswith("geo_")) and isinstance(body, Mapping)


def _has_gap(pins: Sequence[Pin]) -> bool:
    return [pin.place for pin in pins] != list(range(1, len(pins) + 1))


def _probe(body: Mapping[str, Any], pins: Sequence[Pin]) -> dict[str, Any]:
    kept = {name: body[name] for name in ("query", "post_filter", "collapse", "timeout") if name in body}
    return {**kept, "size": pins[-1].place, "_source": False, "track_total_hits": False}


def _query(organic: Clause, effect: Effect, first: Sequence[str], ruled: Ruled) -> Clause:
    """Return the query under rules; `first` are the products that stand first, in their order."""
    query = organic
    if effect.weighed:
        functions = [
            {"filter": _called(one.clause, one.rule, ruled.named), "weight": one.factor} for one in effect.weighed
        ]
        shell = {"functions": functions, "score_mode": "multiply", "boost_mode": "multiply"}
        query = {"function_score": {**shell, "query": query}}
    if first:
        query = {"dis_max": {"queries": [query, _first(first, effect.pins, ruled)]}}
    if effect.hidden:
        query = {"bool": {"must": [query], "must_not": effect.hiding()}}
    return query


def _first(first: Sequence[str], pins: Sequence[Pin], ruled: Ruled) -> Clause:
    rules = {pin.product: pin.rule for pin in pins}
    limits: list[Clause] = [{"ids": {"values": list(first)}}]
    if ruled.binding is not None:
        limits.append(ruled.binding)
    functions = [
        {"filter": _called({"ids": {"values": [one]}}, rules.get(one), ruled.named), "weight": TOP - STEP * place}
        for place, one in enumerate(first)
    ]
    shell = {"functions": functions, "score_mode": "first", "boost_mode": "replace"}
    return {"function_score": {**shell, "query": {"bool": {"filter": limits}}}}


def _called(clause: Clause, rule: int | None, named: bool) -> Clause:
    """Return a clause whose name tells of its rule."""
    if not named or rule is None:
        return clause
    return {"bool": {"filter": [clause], "_name": f"{RULE}{rule}"}}
