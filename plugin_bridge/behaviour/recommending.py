"""Recommendations over a live generation: the bridge scores, OpenSearch filters and finds what is new.

The model ranks what customers have bought; the k-NN field brings in products that pass the filters but were never
bought, by their predicted vector. Filters, stock, hiding rules and what the customer owns are clauses of one request.
Whatever fails or takes too long in the scoring is answered by what is popular, and the answer says so.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from encoders.store import ModelStore
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.mappings import BEHAVIOUR_VECTOR, INTERNAL_PREFIX
from plugin_bridge.behaviour.diary import Diary, history_of
from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.parts import MOST_HISTORY
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.behaviour.ranking import KINDS, Kind, as_history, diverse, first_places, in_order, scores_of, why
from plugin_bridge.behaviour.shelf import Shelf
from plugin_bridge.errors import RequestError
from plugin_bridge.registry import Known, Registry
from plugin_bridge.rewrite.fusion import nearest
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.ruling import Rules
from plugin_bridge.searching import filters as filtering
from plugin_bridge.searching.answers import Hit, SearchAnswer
from plugin_bridge.searching.obeying import effect_on
from plugin_bridge.searching.planning import check_page
from plugin_bridge.searching.searcher import since
from plugin_bridge.settings import Settings

log = logging.getLogger(__name__)

CANDIDATES = 300  # of the model, that OpenSearch filters ...
FIRST = 60  # ... so many of them first, and the others where too few pass: each one that passes costs 0.1 ms
SCORERS = 2  # threads
NEAREST = 100  # by vector, that pass the filters
_FIELDS_SECONDS = 30.0
_STOCK = ("stock", "quantity", "inventory")
_AVAILABLE = ("in_stock", "available")


@dataclass(frozen=True)
class Wish:
    """What is asked for: by a `history` of ids, oldest first, or by a `customer` of the diary, or by neither.

    `context` is where a customer without history is (a country as the orders name it). With `owned`, what was bought
    before comes back, too.
    """

    history: Sequence[str] | None = None
    customer: str | None = None
    kind: Kind = "next"
    size: int = 10
    filters: Mapping[str, Any] = field(default_factory=dict)
    diversity: float = 0.0
    owned: bool = False
    context: str | None = None
    explain: bool = False
    generation: str | None = None
    alias: str | None = None


@dataclass(frozen=True)
class Recommendations:
    """An answer as a search gives it, and what is to be said about the history."""

    answer: SearchAnswer
    notes: tuple[str, ...]
    used: int

    def to_json(self) -> dict[str, Any]:
        """Return the document: that of a search, `notes` and how much of the history was used."""
        return {**self.answer.to_json(), "notes": list(self.notes), "history_used": self.used}


@dataclass(frozen=True)
class _Asked:
    """A wish made ready: the history over the model's items, what is owned, what is to be said."""

    history: History | None
    owned: tuple[str, ...]
    notes: tuple[str, ...]
    now: float
    context: int


class Recommender:
    """Answers wishes over the generations of a registry. Thread-safe; models are opened when they are first used."""

    def __init__(
        self,
        registry: Registry,
        store: ModelStore,
        settings: Settings,
        rules_of: Callable[[str], Rules | None] = lambda alias: None,
    ) -> None:
        self._registry, self._settings, self._rules_of = registry, settings, rules_of
        self._cluster: Cluster = registry.cluster
        self._diary = Diary(settings.home)
        self.shelf = Shelf(store)
        self._fields: dict[str, tuple[float, dict[str, filtering.FilterField]]] = {}
        self._threads = ThreadPoolExecutor(SCORERS, thread_name_prefix="recommend")

    def recommend(self, wish: Wish) -> Recommendations:
        """Answer a wish.

        Raises:
            RequestError: the wish is wrong, or the generation has no model of behaviour (409).
            GenerationError: there is no such generation, or nothing is loaded.
            OpenSearchError: OpenSearch does not answer.
        """
        started = time.perf_counter()
        _check(wish, self._settings)
        known = self._choose(wish)
        model = self.shelf.model_of(known.generation)
        asked = self._asked(wish, model)
        scores, reason = self._scored(wish, model, asked)
        clauses = filtering.clauses(wish.filters, self._filterable(known.generation))
        hits, total = self._ranked(wish, known.generation, model, asked, scores, clauses)
        answer = SearchAnswer(
            query=wish.customer or ",".join(list(wish.history or ())[-3:]),
            mode=wish.kind,
            total=total,
            took_ms=since(started),
            degraded=reason is not None,
            hits=tuple(hits),
            generation=known.generation.name,
            reason=reason,
        )
        if wish.customer:  # an answer is logged and cached by others: no raw id in it
            answer = replace(answer, query="customer")
        return Recommendations(answer, asked.notes, 0 if asked.history is None else len(asked.history))

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.shelf.close()

    def _choose(self, wish: Wish) -> Known:
        alias = wish.alias or self._settings.alias
        if wish.generation is None:
            return self._registry.live(alias)
        return self._registry.named(alias, wish.generation)

    def _asked(self, wish: Wish, model: BehaviourModel) -> _Asked:
        """Return the history of a wish over the model's items, and what is to be said about it."""
        notes: list[str] = []
        now = model.parts.day
        contexts = model.parts.contexts
        context = contexts.index(wish.context) if wish.context in contexts else -1
        if wish.customer is not None:
            entry = self._diary.entry(pseudonyms(self._settings.home).of(wish.customer), MOST_HISTORY)
            if entry is None:
                notes.append("nothing is known of this customer: what is popular is shown")
                return _Asked(None, (), tuple(notes), now, context)
            history, unknown = history_of(entry, model.place)
            owned = tuple(dict.fromkeys(entry.items))
            if context < 0 and entry.context in contexts:
                context = contexts.index(entry.context)
            now = max(now, entry.times[-1])
        else:
            given = list(wish.history or ())
            if len(given) > MOST_HISTORY:
                notes.append(f"the history has {len(given):,} items; its latest {MOST_HISTORY:,} were used")
                given = given[-MOST_HISTORY:]
            places = [model.place[one] for one in given if one in model.place]
            unknown = len(given) - len(places)
            owned = tuple(dict.fromkeys(given))
            history = as_history(places, now) if places else None
        if unknown:
            notes.append(f"{unknown:,} items of the history are unknown to the model and were left out")
        return _Asked(history, owned, tuple(notes), now, context)

    def _scored(self, wish: Wish, model: BehaviourModel, asked: _Asked) -> tuple[np.ndarray, str | None]:
        """Return scores, and why they are only those of popularity where the model does not deliver in time."""
        if asked.history is None:
            return scores_of(model, wish.kind, None, asked.now, asked.context), None
        seconds = self._settings.search_deadline_ms / 1000
        try:
            coming = self._threads.submit(scores_of, model, wish.kind, asked.history, asked.now, asked.context)
            return coming.result(timeout=seconds), None
        except FutureTimeoutError:
            reason = f"scoring took longer than {self._settings.search_deadline_ms} ms"
        except Exception as error:
            log.exception("scoring failed, answering by what is popular")
            reason = f"scoring failed: {error}"
        return scores_of(model, wish.kind, None, asked.now, asked.context), reason

    def _ranked(
        self,
        wish: Wish,
        generation: Generation,
        model: BehaviourModel,
        asked: _Asked,
        scores: np.ndarray,
        clauses: list[Clause],
    ) -> tuple[list[Hit], int]:
        """Ask OpenSearch which candidates pass, rank them, and fetch those that are shown."""
        hidden = effect_on(None, clauses, self._rules_of(generation.alias)).as_filters()
        binding = [*clauses, *hidden, *self._in_stock(generation)]
        if asked.owned and not wish.owned:
            binding.append({"bool": {"must_not": [{"ids": {"values": list(asked.owned)}}]}})
        found = self._candidates(wish, generation, model, asked, scores, binding)
        order, values, vectors = in_order(found, model, scores, cold=wish.kind == "next")
        chosen = diverse(range(len(order)), values, vectors, wish.size, wish.diversity) if order else []
        ids = [order[place] for place in chosen]
        products = self._products(generation, ids)
        hits: list[Hit] = []
        for place in chosen:
            identity = order[place]
            if identity not in products:
                continue  # deleted a moment ago
            explained = self._explained(wish, generation, model, asked, identity) if wish.explain else {}
            hits.append(Hit(identity, float(values[place]), len(hits) + 1, products[identity], explained))
        return hits, len(order)

    def _candidates(
        self,
        wish: Wish,
        generation: Generation,
        model: BehaviourModel,
        asked: _Asked,
        scores: np.ndarray,
        binding: list[Clause],
    ) -> dict[str, float]:
        """Return the ids that pass, with how near each is to the customer (a cosine; -1 where it was not compared)."""
        barred = frozenset() if wish.owned else frozenset(asked.owned)
        likely = first_places(scores, CANDIDATES + len(barred))
        named = (model.parts.items[one] for one in likely if np.isfinite(scores[one]))
        ids = [one for one in named if one not in barred][:CANDIDATES]
        # The least alike may stand anywhere among them.
        count = CANDIDATES if wish.diversity > 0 else max(FIRST, 2 * wish.size)
        first, rest = ids[:count], ids[count:]
        near: list[Clause] = []
        if asked.history is not None:
            vector = model.parts.customer_vector(asked.history, asked.now)
            bound: Clause | None = {"bool": {"filter": binding}} if binding else None
            if np.any(vector):
                near = [nearest(BEHAVIOUR_VECTOR, vector, NEAREST, bound)]
        found = self._passing(generation, first, near, binding)
        if rest and sum(one in found for one in first) < wish.size:
            found = {**self._passing(generation, rest, [], binding), **found}
        return found

    def _passing(
        self, generation: Generation, ids: Sequence[str], near: list[Clause], binding: list[Clause]
    ) -> dict[str, float]:
        """Return which of these ids and of what is near pass, with how near each is (-1: not compared)."""
        either: list[Clause] = [{"constant_score": {"filter": {"ids": {"values": list(ids)}}, "boost": 1e-6}}, *near]
        body = {
            "query": {"bool": {"filter": binding, "should": either, "minimum_should_match": 1}},
            "size": len(ids) + NEAREST,
            "_source": False,
            "track_total_hits": False,
        }
        answer = self._cluster.search(generation.index, body, search_pipeline="_none")
        return {hit["_id"]: 2.0 * float(hit["_score"]) - 1.0 for hit in answer["hits"]["hits"]}

    def _products(self, generation: Generation, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        if not ids:
            return {}
        params = {"_source_excludes": f"{INTERNAL_PREFIX}*"}
        answer = self._cluster.request("POST", path(generation.index, "_mget"), {"ids": list(ids)}, params=params)
        return {one["_id"]: one["_source"] for one in answer["docs"] if one.get("found")}

    def _explained(
        self, wish: Wish, generation: Generation, model: BehaviourModel, asked: _Asked, identity: str
    ) -> dict[str, Any]:
        place = model.place.get(identity)
        if asked.history is None:
            return {"because": [], "text": "popular now"}
        if place is None or not model.parts.sold[place]:
            return {"because": [], "text": "new, and like what you bought", "predicted": True}
        reasons = why(model, wish.kind, asked.history, asked.now, place)
        if not reasons:
            bought = bool((asked.history.items == place).any())
            return {"because": [], "text": "you bought it before" if bought else "customers like you buy it"}
        because = [
            {"id": model.parts.items[one.item], "title": model.parts.titles[one.item], "share": round(one.share, 4)}
            for one in reasons
        ]
        named = " and ".join(str(one["title"] or one["id"]) for one in because)
        return {"because": because, "text": f"because you bought {named}"}

    def _in_stock(self, generation: Generation) -> list[Clause]:
        """Return the clauses that keep out what is sold out, as far as the catalogue tells."""
        fields = self._filterable(generation)
        barred: list[Clause] = [
            {"range": {fields[name].exact: {"lte": 0}}} for name in _STOCK if name in fields and fields[name].number
        ]
        barred += [
            {"terms": {fields[name].exact: ["false", "no", "0"]}}
            for name in _AVAILABLE
            if name in fields and not fields[name].number
        ]
        return [{"bool": {"must_not": barred}}] if barred else []

    def _filterable(self, generation: Generation) -> dict[str, filtering.FilterField]:
        read_at, fields = self._fields.get(generation.index, (0.0, {}))
        if not fields or time.monotonic() - read_at > _FIELDS_SECONDS:
            answer = self._cluster.request("GET", path(generation.index, "_mapping"))
            fields = filtering.filter_fields(next(iter(answer.values()))["mappings"].get("properties", {}))
            self._fields[generation.index] = (time.monotonic(), fields)
        return fields


def _check(wish: Wish, settings: Settings) -> None:
    """Raise RequestError where a wish is wrong."""
    if wish.kind not in KINDS:
        raise RequestError(f"kind {wish.kind!r} is unknown; kinds are {', '.join(KINDS)}", field="kind")
    if wish.history is not None and wish.customer is not None:
        raise RequestError("give a history or a customer, not both", field="customer")
    if not 0.0 <= wish.diversity <= 1.0:
        raise RequestError(f"diversity is 0 to 1, got {wish.diversity}", field="diversity")
    check_page(wish.size, 0, settings)
