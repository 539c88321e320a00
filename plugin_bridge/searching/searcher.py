"""Search and similar items, in process: the same functions behind the service and the command line.

A search never fails because of vectors: where the encoder or the vector part of a request fails or takes too long,
the answer is the keyword answer, marked `degraded` with its reason.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opensearch.client import path
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError
from opensearch.generations import Generation
from opensearch.mappings import INTERNAL_PREFIX
from plugin_bridge.errors import RequestError
from plugin_bridge.registry import Known, Registry
from plugin_bridge.rewrite import bodies
from plugin_bridge.rewrite.fusion import CANDIDATE
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.ruling import NONE, Effect, Rules
from plugin_bridge.searching import facets as counting
from plugin_bridge.searching import filters as filtering
from plugin_bridge.searching.answers import Hit, SearchAnswer
from plugin_bridge.searching.explaining import explain
from plugin_bridge.searching.likeness import product_source, product_vectors
from plugin_bridge.searching.obeying import effect_on, obeying, with_rules
from plugin_bridge.searching.planning import (
    Mode,
    Plan,
    Planner,
    SearchRequest,
    VectorPartFailed,
    check_page,
    checked,
    keyword_plan,
    signals_of,
)
from plugin_bridge.searching.query_vectors import QueryVectors
from plugin_bridge.settings import Settings

log = logging.getLogger(__name__)

_FIELDS_SECONDS = 30.0


RulesOf = Callable[[str], Rules | None]
"""From an alias to its merchandising rules, None where it has none."""


class Searcher:
    """Answers searches over the generations of a registry. Thread-safe."""

    def __init__(
        self, registry: Registry, vectors: QueryVectors, settings: Settings, rules_of: RulesOf = lambda alias: None
    ) -> None:
        self._registry = registry
        self._rules_of = rules_of
        self._cluster = registry.cluster
        self.planner = Planner(registry, vectors, settings)
        self._settings = settings
        self._fields: dict[str, tuple[float, dict[str, filtering.FilterField]]] = {}

    def search(self, request: SearchRequest, rules: Rules | None = None) -> SearchAnswer:
        """Answer a search; `rules` are obeyed in the place of the shop's own.

        Raises:
            RequestError: the request is wrong; the message and `field` say where.
            PictureError: the picture cannot be read.
            GenerationError: there is no such generation, or nothing is loaded.
            ClusterUnreachableError, ClusterRefusedError: OpenSearch does not answer even by keywords.
        """
        started = time.perf_counter()
        request = checked(request, self._settings)
        try:
            answer = self._search(request, self._choose(request.generation, request.alias), rules)
        except ClusterRefusedError as error:
            if error.status != 404:
                raise
            # The generation was dropped since we last looked.
            self._registry.refresh()
            answer = self._search(request, self._choose(request.generation, request.alias), rules)
        return replace(answer, took_ms=since(started))

    def similar(
        self,
        product_id: str,
        *,
        size: int = 10,
        offset: int = 0,
        filters: Mapping[str, Any] | None = None,
        explain: bool = False,
        generation: str | None = None,
        alias: str | None = None,
        rules: bool = True,
    ) -> SearchAnswer:
        """Return the items most like a product by its own vectors, without itself; RequestError 404 if unknown.

        What a rule hides everywhere, or in a category that is filtered by, is left out.
        """
        started = time.perf_counter()
        check_page(size, offset, self._settings)
        known = self._choose(generation, alias)
        gen = known.generation
        text, image = product_vectors(self._cluster, gen, product_id)
        clauses = self._clauses(gen, filters or {})
        hidden = effect_on(None, clauses, self._rules_of(gen.alias) if rules else None).as_filters()
        body = bodies.similar_body(
            gen,
            product_id,
            text_vector=text,
            image_vector=image,
            filters=[*clauses, *hidden],
            size=size,
            offset=offset,
        )
        plan = Plan(body, "vector", signals=signals_of(gen, text, image))
        request = SearchRequest(text=None, size=size, offset=offset, explain=explain)
        answer = self._answer(request, gen, plan, NONE)
        return replace(answer, query=product_id, mode="similar", took_ms=since(started))

    def facets(
        self, request: SearchRequest, *, fields: Sequence[str] | None = None, values: int = 20
    ) -> dict[str, Any]:
        """Return the facets of what a search finds, and the names of all `fields` that have some.

        A native search is counted as a hybrid one: its own aggregations count its candidates only.
        """
        mode: Mode = "hybrid" if request.mode == "native" else request.mode
        request = checked(replace(request, mode=mode, size=0, offset=0, explain=False), self._settings)
        known = self._choose(request.generation, request.alias)
        self._clauses(known.generation, request.filters)
        filterable = self._filterable(known.generation)
        chosen = counting.chosen_fields(fields, filterable)
        # A field that is filtered is counted without its own filter: one question for each of them, one for the rest.
        rounds: list[tuple[dict[str, Any], list[filtering.FilterField]]] = [
            ({name: value for name, value in request.filters.items() if name != one.name}, [one])
            for one in chosen
            if one.name in request.filters
        ]
        rounds.append((dict(request.filters), [one for one in chosen if one.name not in request.filters]))
        found: dict[str, counting.Facet | None] = {}
        for filters, group in rounds:
            if not group:
                continue
            plan = self._plan(replace(request, filters=filters), known)
            body = plan.body | {"aggs": counting.aggregations(group, values)}
            answer = self._cluster.search(known.generation.index, body, search_pipeline="_none")["aggregations"]
            found |= {one.name: counting.read_facet(one, answer[one.name]) for one in group}
        facets = [found[one.name] for one in chosen]
        return {"facets": [one.to_json() for one in facets if one is not None], "fields": sorted(filterable)}

    def product(self, product_id: str, *, generation: str | None = None, alias: str | None = None) -> dict[str, Any]:
        """Return a product's fields, without Kindred's own; RequestError 404 where it does not exist."""
        known = self._choose(generation, alias)
        hidden = {"_source_excludes": f"{INTERNAL_PREFIX}*"}
        source = product_source(self._cluster, known.generation, product_id, hidden)
        return _product(source)

    def _plan(self, request: SearchRequest, known: Known) -> Plan:
        known = request.weights.of(known)
        clauses, effect = self.under_rules(request, known, self._clauses(known.generation, request.filters))
        try:
            plan = self.planner.plan(request, known, clauses)
        except VectorPartFailed as failure:
            plan = keyword_plan(request, known.generation, clauses, str(failure))
        return obeying(plan, effect, clauses, named=False)

    def under_rules(
        self, request: SearchRequest, known: Known, clauses: list[Clause], rules: Rules | None = None
    ) -> tuple[list[Clause], Effect]:
        """Return the filters of a search with what is hidden among them, and what rules want of it."""
        if not request.rules:
            return clauses, NONE
        chosen = self._rules_of(known.generation.alias) if rules is None else rules
        effect = effect_on(request.text, clauses, chosen)
        return [*clauses, *effect.as_filters()], effect

    def _choose(self, generation: str | None, alias: str | None) -> Known:
        alias = alias or self._settings.alias
        return self._registry.named(alias, generation) if generation else self._registry.live(alias)

    def _search(self, request: SearchRequest, known: Known, rules: Rules | None) -> SearchAnswer:
        known = request.weights.of(known)
        generation = known.generation
        clauses, effect = self.under_rules(request, known, self._clauses(generation, request.filters), rules)
        try:
            plan = self.planner.plan(request, known, clauses)
        except VectorPartFailed as failure:
            return self._by_keywords(request, generation, clauses, effect, str(failure))
        plan = obeying(plan, effect, clauses, named=request.explain)
        try:
            return self._answer(request, generation, plan, effect)
        except ClusterRefusedError as error:
            if not plan.replaceable or error.status == 404:
                raise
            log.warning("a vector search was refused, answering by keywords: %s", error)
            reason = f"OpenSearch refused the vector search: {error}"
            return self._by_keywords(request, generation, clauses, effect, reason)
        except ClusterUnreachableError as error:
            if not plan.replaceable:
                raise
            log.warning("a vector search was not answered, trying keywords: %s", error)
            return self._by_keywords(request, generation, clauses, effect, str(error))

    def _by_keywords(
        self, request: SearchRequest, generation: Generation, clauses: list[Clause], effect: Effect, reason: str
    ) -> SearchAnswer:
        if not request.text:
            raise RequestError(f"the search needs a vector and none can be had: {reason}", status=503)
        plan = obeying(keyword_plan(request, generation, clauses, reason), effect, clauses, named=request.explain)
        return self._answer(request, generation, plan, effect)

    def _answer(self, request: SearchRequest, generation: Generation, plan: Plan, effect: Effect) -> SearchAnswer:
        native = plan.mode == "native"
        body = plan.body
        if plan.ruled is not None and plan.ruled.probe is not None:
            probed = self._cluster.search(generation.index, plan.ruled.probe, search_pipeline="_none")
            body = plan.ruled.placed([hit["_id"] for hit in probed["hits"]["hits"]])
        # Native requests carry their pipeline in the body. The default one would send the rest to the bridge again.
        params: dict[str, Any] = {} if native else {"search_pipeline": "_none"}
        try:
            answer = self._cluster.search(generation.index, body, **params)
        except ClusterRefusedError as error:
            if native and ("unknown query [" in error.reason or "normalization-processor" in error.reason):
                raise RequestError(
                    "mode native needs the plugin opensearch-neural-search in OpenSearch, which is not installed",
                    status=501,
                    field="mode",
                ) from error
            raise
        whys: dict[str, dict[str, Any]] = {}
        if request.explain:
            ids = {hit["_id"]: CANDIDATE in hit.get("matched_queries", ()) for hit in answer["hits"]["hits"]}
            fused = bool(plan.signals) and not native
            whys = explain(self._cluster, generation, ids, words=plan.words, signals=plan.signals, fused=fused)
            whys = with_rules(whys, answer["hits"]["hits"], effect)
        return read_answer(answer, request, generation, plan, whys)

    def clauses_at_hand(self, generation: Generation, filters: Mapping[str, Any]) -> list[Clause] | None:
        """Return the clauses of filters where that takes no look at the cluster, else None."""
        if not filters:
            return []
        read_at, fields = self._fields.get(generation.index, (0.0, {}))
        # New attributes appear while products are updated: look again for a name that is not known.
        if time.monotonic() - read_at > _FIELDS_SECONDS or not set(filters) <= set(fields):
            return None
        return filtering.clauses(filters, fields)

    def _clauses(self, generation: Generation, filters: Mapping[str, Any]) -> list[Clause]:
        found = self.clauses_at_hand(generation, filters)
        return filtering.clauses(filters, self._read_fields(generation)) if found is None else found

    def _filterable(self, generation: Generation) -> dict[str, filtering.FilterField]:
        read_at, fields = self._fields.get(generation.index, (0.0, {}))
        recent = fields and time.monotonic() - read_at <= _FIELDS_SECONDS
        return fields if recent else self._read_fields(generation)

    def _read_fields(self, generation: Generation) -> dict[str, filtering.FilterField]:
        now = time.monotonic()
        answer = self._cluster.request("GET", path(generation.index, "_mapping"))
        mapping = next(iter(answer.values()))["mappings"]
        fields = filtering.filter_fields(mapping.get("properties", {}))
        self._fields[generation.index] = (now, fields)
        return fields


def read_answer(
    answer: Mapping[str, Any],
    request: SearchRequest,
    generation: Generation,
    plan: Plan,
    whys: Mapping[str, Mapping[str, Any]],
) -> SearchAnswer:
    """Return OpenSearch's answer to a plan as ours; `whys` are the explanations by id."""
    found = answer["hits"]
    hits = tuple(
        Hit(
            id=hit["_id"],
            score=float(hit["_score"] or 0.0),
            rank=request.offset + place,
            product=_product(hit.get("_source", {})),
            explain=whys.get(hit["_id"], {}),
        )
        for place, hit in enumerate(found["hits"], 1)
    )
    return SearchAnswer(
        query=request.text or request.like or "",
        mode=plan.mode,
        total=int(found["total"]["value"]),
        took_ms=0.0,
        degraded=plan.reason is not None,
        hits=hits,
        generation=generation.name,
        reason=plan.reason,
    )


def _product(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if not name.startswith(INTERNAL_PREFIX)}


def since(started: float) -> float:
    """Return the milliseconds since a moment of `time.perf_counter`."""
    return round((time.perf_counter() - started) * 1000, 2)
