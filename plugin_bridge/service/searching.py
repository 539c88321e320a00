"""`POST /v1/search`: by the short way where a search needs no more than vectors at hand and one question to OpenSearch.

The short way stays on the event loop. Whatever it cannot do (pictures, native mode, explanations, failures) goes the
long way, through `Searcher` in a thread; both build their requests and read their answers with the same functions.
"""

import asyncio
import time
from dataclasses import replace

import orjson

from opensearch.searches import Searches
from plugin_bridge.registry import Known
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.searching.answers import SearchAnswer
from plugin_bridge.searching.obeying import obeying
from plugin_bridge.searching.planning import Plan, SearchRequest, VectorPartFailed, checked, keyword_plan
from plugin_bridge.searching.query_vectors import OverloadedError
from plugin_bridge.searching.searcher import read_answer, since
from plugin_bridge.service.context import Context
from plugin_bridge.service.encoding import LoopVectors
from plugin_bridge.service.failures import described
from plugin_bridge.service.schemas import SearchBody, validated
from plugin_bridge.service.wire import Disconnected, Receive, Scope, Send, answer, authorise, header, read_body

PATH = "/v1/search"


class SearchEndpoint:
    """Answers searches from an event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._searches = Searches(context.cluster)
        self._vectors = LoopVectors(context.vectors)

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
            with self._vectors.one_more():
                found = await self.answer(validated(SearchBody, body).request())
            status, content = 200, orjson.dumps(found.to_json())
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - each is answered, and logged where nobody foresaw it
            status, content = described(error, f"POST {PATH}")
        await answer(send, status, content)

    async def answer(self, request: SearchRequest) -> SearchAnswer:
        """Answer a search; raises what `Searcher.search` raises."""
        answer = await self._short(request)
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
        if request.picture is not None or request.like is not None or request.explain or request.mode == "native":
            return None
        request = checked(request, self._context.settings)
        known = self._known(request)
        if known is None or known.text is None:
            return None
        clauses = self._context.searcher.clauses_at_hand(known.generation, request.filters)
        if clauses is None:
            return None
        known = request.weights.of(known)
        clauses, effect = self._context.searcher.under_rules(request, known, clauses)
        plan = obeying(await self._plan(request, known, clauses), effect, clauses, named=False)
        if plan.ruled is not None and plan.ruled.probe is not None:
            return None
        found = await self._searches.search(known.generation.index, plan.body, search_pipeline="_none")
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

    async def _plan(self, request: SearchRequest, known: Known, clauses: list[Clause]) -> Plan:
        planner, encoder = self._context.searcher.planner, known.text
        assert encoder is not None
        deadline = self._context.settings.search_deadline_ms
        try:
            return await self._vectors.given(
                lambda vector_of: planner.plan(request, known, clauses, vector_of), encoder, deadline / 1000
            )
        except (VectorPartFailed, OverloadedError) as failure:
            reason = str(failure)
        except TimeoutError:
            reason = f"encoding took longer than {deadline} ms"
        return keyword_plan(request, known.generation, clauses, reason)
