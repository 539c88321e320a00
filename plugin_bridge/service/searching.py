"""`POST /v1/search`: by the short way where a search needs no more than vectors at hand and one question to OpenSearch.

The short way stays on the event loop. Whatever it cannot do (pictures, native mode, explanations, failures) goes the
long way, through `Searcher` in a thread; both build their requests and read their answers with the same functions.
While a vector is being made for a search that comes alone, OpenSearch already searches by its words.
"""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import numpy as np
import orjson

from opensearch.searches import Searches
from plugin_bridge.registry import Known
from plugin_bridge.rewrite.halves import Halves
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.searching.answers import SearchAnswer
from plugin_bridge.searching.planning import Plan, SearchRequest, VectorPartFailed, checked, keyword_plan
from plugin_bridge.searching.query_vectors import OverloadedError
from plugin_bridge.searching.searcher import read_answer, since
from plugin_bridge.service.context import Context
from plugin_bridge.service.failures import described
from plugin_bridge.service.schemas import SearchBody, validated
from plugin_bridge.service.wire import Disconnected, Receive, Scope, Send, answer, authorise, header, read_body

log = logging.getLogger(__name__)

PATH = "/v1/search"


class _NotAtHand(Exception):  # noqa: N818 - a signal inside this module
    """The vector of this text has to be made first."""


class SearchEndpoint:
    """Answers searches from an event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._searches = Searches(context.cluster)
        self._underway = 0

    @staticmethod
    def takes(scope: Scope) -> bool:
        """Whether a request is a search in JSON; a form with a picture takes the way of the other endpoints."""
        if scope["path"] != PATH or scope["method"] != "POST":
            return False
        return not (header(scope, b"content-type") or b"").startswith(b"multipart/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if self._context.settings.auth:
                authorise(scope, self._context.tokens, "storefront")
            body = await read_body(receive, self._context.settings.max_search_bytes)
            found = await self.answer(validated(SearchBody, body).request())
            status, content = 200, orjson.dumps(found.to_json())
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - each is answered, and logged where nobody foresaw it
            status, content = described(error, f"POST {PATH}")
        await answer(send, status, content)

    async def answer(self, request: SearchRequest) -> SearchAnswer:
        """Answer a search; raises what `Searcher.search` raises."""
        self._underway += 1
        try:
            answer = await self._short(request)
        finally:
            self._underway -= 1
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._context.threads, self._context.searcher.search, request)
        if answer.degraded:
            self._context.metrics.degraded.inc()
        return answer

    def close(self) -> None:
        """Close the connections to OpenSearch."""
        self._searches.close()

    async def _short(self, request: SearchRequest) -> SearchAnswer | None:
        started = time.perf_counter()
        if request.picture is not None or request.explain or request.mode == "native":
            return None
        request = checked(request, self._context.settings)
        known = self._known(request)
        if known is None or known.text is None:
            return None
        clauses = self._context.searcher.clauses_at_hand(known.generation, request.filters)
        if clauses is None:
            return None
        plan, found = await self._found(request, known, clauses)
        if found is None:
            return None
        return replace(read_answer(found, request, known.generation, plan, {}), took_ms=since(started))

    def _known(self, request: SearchRequest) -> Known | None:
        """Return the generation to search, None where the cluster has to be asked which one that is."""
        of_alias = self._context.registry.snapshot.of(request.alias or self._context.settings.alias)
        if request.generation is None:
            chosen = [known for known in of_alias if known.live]
        else:
            chosen = [known for known in of_alias if request.generation == known.generation.name]
        return chosen[0] if len(chosen) == 1 else None

    async def _found(
        self, request: SearchRequest, known: Known, clauses: list[Clause]
    ) -> tuple[Plan, dict[str, Any] | None]:
        """Return what was sent, and OpenSearch's answer (None where it is none)."""
        planner, vectors, encoder = self._context.searcher.planner, self._context.vectors, known.text
        assert encoder is not None
        wanted: list[str] = []

        def at_hand(text: str) -> np.ndarray:
            vector = vectors.at_hand(encoder, text)
            if vector is None:
                wanted.append(text)
                raise _NotAtHand
            return vector

        try:
            try:
                plan = planner.plan(request, known, clauses, at_hand)
            except _NotAtHand:
                parts = planner.halves(request, known, clauses) if self._underway == 1 else None
                if parts is not None:
                    return Plan({}, "hybrid", request.text), await self._in_halves(parts, encoder, wanted[0])
                vector = await self._encoded(encoder, wanted[0])
                plan = planner.plan(request, known, clauses, lambda _: vector)
        except VectorPartFailed as failure:
            plan = keyword_plan(request, known.generation, clauses, str(failure))
        return plan, await self._searches.search(known.generation.index, plan.body, search_pipeline="_none")

    async def _in_halves(self, parts: Halves, encoder: Any, text: str) -> dict[str, Any] | None:
        """Search by words while the vector is made; pays where a core is idle meanwhile."""
        index = parts.generation.index
        by_words = asyncio.ensure_future(self._searches.search(index, parts.by_words(), search_pipeline="_none"))
        try:
            vector = await self._encoded(encoder, text)
            near = await self._searches.search(index, parts.near(vector), search_pipeline="_none")
            first = await by_words
        finally:
            by_words.cancel()
        return None if near is None or first is None else parts.joined(first, near)

    async def _encoded(self, encoder: Any, text: str) -> np.ndarray:
        deadline = self._context.settings.search_deadline_ms
        try:
            coming = asyncio.wrap_future(self._context.vectors.encode(encoder, text))
        except OverloadedError as error:
            raise VectorPartFailed(str(error)) from error
        done, _ = await asyncio.wait((coming,), timeout=deadline / 1000)
        if not done:
            coming.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise VectorPartFailed(f"encoding took longer than {deadline} ms")
        failure = coming.exception()
        if failure is not None:
            log.error("encoding failed, answering by keywords", exc_info=failure)
            raise VectorPartFailed(f"encoding failed: {failure}") from failure
        return coming.result()
