"""`GET /v1/categories`: the category tree, counted at most once a minute for each generation."""

import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from opensearch.generations import Generation
from plugin_bridge.searching.categories import category_tree
from plugin_bridge.service.context import Context

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
FRESH_SECONDS = 60.0
_KEPT = 4


class _Trees:
    """The last trees, by index."""

    def __init__(self, context: Context) -> None:
        self._cluster = context.cluster
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    def tree(self, generation: Generation, again: bool) -> list[dict[str, Any]]:
        """Return a tree; whoever asks while it is counted waits for it."""
        with self._lock:
            counted, found = self._known.get(generation.index, (float("-inf"), []))
            if again or time.monotonic() - counted > FRESH_SECONDS:
                found = category_tree(self._cluster, generation)
                self._known[generation.index] = (time.monotonic(), found)
                while len(self._known) > _KEPT:
                    del self._known[next(iter(self._known))]
            return found


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoint; it is for merchandisers."""
    trees = _Trees(context)
    router = APIRouter(tags=["search"], dependencies=[Depends(need("merchandiser"))])

    @router.get("/v1/categories", summary="The category tree, with how many products are under each path")
    async def categories(again: bool = False, alias: str | None = None) -> Response:
        def find() -> dict[str, Any]:
            generation = context.registry.live(alias or context.settings.alias).generation
            return {"generation": generation.name, "categories": trees.tree(generation, again)}

        return Response(orjson.dumps(await run_in_threadpool(find)), media_type="application/json")

    return router
