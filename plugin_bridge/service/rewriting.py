"""The endpoint that OpenSearch calls for each of a storefront's requests: `/v1/generations/{index}/rewrite`.

It stands in every shopper's way, so it goes around the web framework: bytes in, bytes out. Whatever happens, it
either answers with a body that OpenSearch accepts, or with an error that makes OpenSearch go on by keywords.
"""

import asyncio
import json
import logging
import time
from dataclasses import replace
from typing import Any

import orjson

from encoders.text import TextEncoder
from opensearch.dropin import PROBE
from opensearch.generations import Generation
from opensearch.searches import Searches
from plugin_bridge.behaviour.personal import personalised
from plugin_bridge.errors import RequestError
from plugin_bridge.registry import Known
from plugin_bridge.releases.canary import chosen
from plugin_bridge.rewrite import Rewritten, canary, left_alone, rewrite
from plugin_bridge.searching.query_vectors import OverloadedError
from plugin_bridge.service.context import Context
from plugin_bridge.service.encoding import LoopVectors
from plugin_bridge.service.wire import (
    Disconnected,
    Receive,
    Scope,
    Send,
    answer,
    authorise,
    check_length,
    error_body,
    read_body,
)

log = logging.getLogger(__name__)

PREFIX = "/v1/generations/"
SUFFIX = "/rewrite"
_BEAT_SECONDS = 0.1
_FROZEN_SECONDS = 0.5
_RECENT_SECONDS = 3.0
_MOST_RECENT = 500
_NEWS_SECONDS = 0.02  # how long news that the caller hung up may take to come in after a standstill


class RewriteEndpoint:
    """The ASGI application of the rewrite."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._settings = context.settings
        self._counted: dict[tuple[str, str], Any] = {}
        self._pulse = _Pulse()
        self._first = _Recent()
        self._vectors = LoopVectors(context.vectors)
        self._searches = Searches(context.cluster, seconds=context.settings.deadline_ms / 1000)

    @staticmethod
    def index_of(scope: Scope) -> str | None:
        """Return the index that a request's path names, or None where the path is another endpoint's."""
        path: str = scope["path"]
        if scope["method"] == "POST" and path.startswith(PREFIX) and path.endswith(SUFFIX):
            return path[len(PREFIX) : -len(SUFFIX)]
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        index = self.index_of(scope) or ""
        try:
            if self._settings.auth:
                authorise(scope, self._context.tokens, "storefront")
            check_length(scope, self._settings.max_body_bytes)
            content = await read_body(receive, self._settings.max_body_bytes)
            body, fingerprint = _parts(content)
            if PROBE in body:
                await answer(send, 200, _enveloped(body))
                return
            known = self._known(index, fingerprint)
            with self._vectors.one_more():
                rewritten = await self._by_canary(body, known, started) or await self._rewrite(
                    body, known.generation, known.text, started
                )
            if rewritten.ruled is not None and rewritten.ruled.probe is not None:
                rewritten = await self._placed(rewritten, known)
            rewritten = personalised(rewritten, body, known.generation, self._context.recommender)
        except RequestError as refusal:
            self._count(index, f"refused_{refusal.status}")
            await answer(send, refusal.status, error_body(str(refusal), refusal.field))
            return
        except Disconnected:
            return
        self._count(index, rewritten.reason)
        self._context.metrics.rewrite_seconds.observe(time.perf_counter() - started)
        if self._pulse.was_frozen():
            await asyncio.sleep(_NEWS_SECONDS)
        if not _is_gone(receive):
            self._context.ledger.tally(index).add()
        await answer(send, 200, _enveloped(rewritten.body))

    def _known(self, index: str, fingerprint: Any) -> Known:
        """Return the generation; raises RequestError where it is unknown or made by another encoder."""
        known = self._context.registry.snapshot.by_index.get(index)
        if known is None:
            self._context.refresher.nudge()
            raise RequestError(f"no generation {index!r} is known here", status=404)
        if fingerprint != known.generation.text.fingerprint:
            raise RequestError(
                f"{index} was made with {known.generation.text.fingerprint}, the request says {fingerprint}",
                status=409,
                field="fingerprint",
            )
        if known.problem is not None:
            raise RequestError(known.problem, status=409)
        return known

    async def _by_canary(self, body: dict[str, Any], known: Known, started: float) -> Rewritten | None:
        """Return a request that the canary ranks; None where it is not its turn, or does not answer in time."""
        share = self._context.canaries.of(known.generation.alias)
        if share is None or not known.live:
            return None
        candidate = self._context.registry.snapshot.by_index.get(share.target)
        key = canary.key_of(body)
        if candidate is None or candidate.live or candidate.text is None or key is None:
            return None
        if not chosen(key, share.share):
            return None
        # The candidate's encoder and floors, on the live generation's index.
        as_live = replace(candidate.generation, index=known.generation.index, image=known.generation.image)
        rewritten = await self._rewrite(body, as_live, candidate.text, started)
        wanted = canary.neighbours_body(rewritten.body)
        if rewritten.reason != "rewritten" or wanted is None:
            return None
        found = await self._searches.search(share.target, wanted, search_pipeline="_none")
        if found is None:
            self._count(known.generation.index, "canary_failed")
            return None
        hits, ruled = found["hits"]["hits"], rewritten.ruled
        if ruled is not None:
            probe = None if ruled.probe is None else canary.with_neighbours(ruled.probe, hits)
            organic = canary.with_neighbours({"query": ruled.organic}, hits)["query"]
            ruled = replace(ruled, body=canary.with_neighbours(ruled.body, hits), probe=probe, organic=organic)
        return replace(rewritten, body=canary.with_neighbours(rewritten.body, hits), reason="canary", ruled=ruled)

    async def _rewrite(
        self, body: dict[str, Any], generation: Generation, encoder: TextEncoder | None, started: float
    ) -> Rewritten:
        rules = self._context.rules.book(generation.alias)
        assert encoder is not None  # a generation without an encoder has a problem
        knows, left = encoder.knows, self._settings.deadline_ms / 1000 - (time.perf_counter() - started)
        try:
            return await self._vectors.given(
                lambda vector_of: rewrite(body, generation, vector_of, knows, rules=rules), encoder, left
            )
        except TimeoutError:
            reason = "deadline"
        except OverloadedError:
            reason = "overloaded"
        except Exception:
            log.exception("a rewrite for %s failed, its request goes on by keywords", generation.index)
            reason = "failed"
        return left_alone(body, generation, reason, rules)

    async def _placed(self, rewritten: Rewritten, known: Known) -> Rewritten:
        """Return a request with its pins at their places; without an answer in time they stand on top."""
        ruled, index = rewritten.ruled, known.generation.index
        assert ruled is not None and ruled.probe is not None
        asked = (index, _dumps(ruled.probe))  # the same for every page of a search
        first = self._first.get(asked)
        if first is None:
            found = await self._searches.search(index, ruled.probe, search_pipeline="_none")
            if found is None:
                log.warning("pins for %s stand on top: OpenSearch did not say in time what comes first", index)
                return rewritten
            first = self._first.keep(asked, [hit["_id"] for hit in found["hits"]["hits"]])
        return replace(rewritten, body=ruled.placed(first))

    def close(self) -> None:
        """Close the connections to OpenSearch."""
        self._searches.close()

    def _count(self, index: str, reason: str) -> None:
        counter = self._counted.get((index, reason))
        if counter is None:
            # Only generations that exist get a label: a caller must not be able to fill the memory with names.
            label = index if index in self._context.registry.snapshot.by_index else "unknown"
            counter = self._context.metrics.rewrites.labels(label, reason)
            if label == index:
                self._counted[(index, reason)] = counter
        counter.inc()


class _Recent:
    """Which products came first for a question of the last seconds; an index is not younger than that either."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bytes], tuple[float, list[str]]] = {}

    def get(self, asked: tuple[str, bytes]) -> list[str] | None:
        """Return the products, None where nobody asked lately."""
        at, first = self._kept.get(asked, (0.0, None))
        return first if time.monotonic() - at < _RECENT_SECONDS else None

    def keep(self, asked: tuple[str, bytes], first: list[str]) -> list[str]:
        """Keep an answer, and return it."""
        if len(self._kept) >= _MOST_RECENT:
            self._kept.clear()
        self._kept[asked] = (time.monotonic(), first)
        return first


class _Pulse:
    """Notices that the process stood still (SIGSTOP, a suspended machine) for about as long as OpenSearch waits.

    Requests that then lie in the sockets were given up long ago, and the news of that comes only after they are read.
    """

    def __init__(self) -> None:
        self._last = 0.0
        self._until = 0.0

    def was_frozen(self) -> bool:
        """Whether the process stood still a moment ago; the first call starts the pulse."""
        if not self._last:
            self._beat()
        return time.monotonic() < self._until

    def _beat(self) -> None:
        now = time.monotonic()
        if self._last and now - self._last > _FROZEN_SECONDS:
            self._until = now + _FROZEN_SECONDS
        self._last = now
        asyncio.get_running_loop().call_later(_BEAT_SECONDS, self._beat)


def _parts(content: bytes) -> tuple[dict[str, Any], Any]:
    try:
        document = _loads(content)
        body, fingerprint = document["body"], document["fingerprint"]
    except (ValueError, KeyError, TypeError) as error:
        raise RequestError('send {"body": {...}, "fingerprint": "..."} as JSON', status=400) from error
    if not isinstance(body, dict):
        raise RequestError("body is a search request, an object", status=400, field="body")
    return body, fingerprint


def _loads(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return json.loads(content)  # half of a surrogate pair: valid for OpenSearch, not for orjson


def _enveloped(body: dict[str, Any]) -> bytes:
    """Return the answer that ml-commons reads: the request as a text inside JSON.

    As an object it would be parsed four times on its way into the search, with all numbers of its vectors; a text is
    passed on as it is. That saves a seventh of a storefront's request (docs/decisions/an-answer-is-a-text.md).
    """
    # The pipeline fills in `${...}` once more; written so, a shopper's own is none.
    return _dumps({"dsl": _dumps(body).replace(b"${", b"\\u0024{").decode()})


def _dumps(document: Any) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode()


def _is_gone(receive: Receive) -> bool:
    """Whether the caller has hung up, as OpenSearch does after its timeout; it then went on by keywords.

    One step of the coroutine, without a task around it: it ends at once if there is news, else it is put away.
    """
    step: Any = receive()
    try:
        step.send(None)
    except StopIteration as news:
        return bool(news.value["type"] == "http.disconnect")
    step.close()
    return False
