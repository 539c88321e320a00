"""`GET /v1/map`: the catalogue as points on a plane; 202 with its progress until the map is made."""

import threading
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from opensearch.generations import Generation
from plugin_bridge.errors import RequestError
from plugin_bridge.jobs import Job
from plugin_bridge.loading.publish import count
from plugin_bridge.mapping import MapStore, MapWanted, make_map
from plugin_bridge.mapping.making import LEAST_SAMPLE, MOST_SAMPLE, SAMPLE, check
from plugin_bridge.service.context import Context
from plugin_bridge.service.reviewing import who

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
Key = tuple[str, MapWanted]


class Maps:
    """Maps by generation: one that is kept is answered at once, another is made by a job."""

    def __init__(self, context: Context) -> None:
        self._cluster, self._jobs = context.cluster, context.desk.jobs
        self._store = MapStore(context.settings.home)
        self._lock = threading.Lock()
        self._making: dict[Key, int] = {}
        self._unkept: dict[Key, dict[str, Any]] = {}  # the last map, where the disk could not take it

    def ask(self, generation: Generation, wanted: MapWanted, by: str, again: bool) -> tuple[int, dict[str, Any]]:
        """Return status and document: the map, or how far it is; a failed one is told once, then tried again."""
        check(generation, wanted)
        key = (generation.index, wanted)
        with self._lock:
            number = self._making.get(key)
            if number is not None:
                state = self._jobs.state(number)
                if state.state == "running":
                    return 202, state.to_json()
                del self._making[key]
                if state.state == "failed":
                    raise RequestError(f"the map could not be made: {state.problem}", status=500)
            kept = None
            if number is not None or not again:
                kept = self._store.read(generation, wanted) or self._unkept.get(key)
            if kept is not None:
                return 200, {"state": "done", **kept}

            def work(job: Job) -> Any:
                stopped = job.stopped.is_set
                made = make_map(self._cluster, generation, wanted, progress=job.advance, stopped=stopped).to_json()
                if not self._store.write(generation, wanted, made):
                    self._unkept = {key: made}
                return None

            total = min(wanted.sample, count(self._cluster, generation.index))
            name = f"map {generation.index} {wanted.method} {wanted.field} {wanted.sample}"
            state = self._jobs.start(name, by, work, total)
            self._making[key] = state.id
            return 202, state.to_json()


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoint; it is for merchandisers."""
    maps = Maps(context)
    router = APIRouter(tags=["search"], dependencies=[Depends(need("merchandiser"))])

    @router.get("/v1/map", summary="The catalogue as points on a plane; 202 until it is made")
    async def show_map(
        request: Request,
        sample: int = Query(SAMPLE, ge=LEAST_SAMPLE, le=MOST_SAMPLE),
        method: Literal["pca", "umap"] = "pca",
        field: Literal["text", "image"] = "text",
        again: bool = False,
        alias: str | None = None,
    ) -> Response:
        def ask() -> tuple[int, dict[str, Any]]:
            generation = context.registry.live(alias or context.settings.alias).generation
            return maps.ask(generation, MapWanted(sample, method, field), who(request), again)

        status, document = await run_in_threadpool(ask)
        return Response(orjson.dumps(document), status, media_type="application/json")

    return router
