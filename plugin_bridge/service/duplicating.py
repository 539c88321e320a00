"""`GET /v1/duplicates`: asked once it begins to look, asked again it tells how far it is, and then what it found."""

import threading
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.errors import RequestError
from plugin_bridge.jobs import Job, Jobs, JobState
from plugin_bridge.loading.publish import count
from plugin_bridge.searching.duplicates import ABOVE, Kind, check, find_duplicates
from plugin_bridge.service.context import Context
from plugin_bridge.service.reviewing import who

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
_KEPT = 8


class _Searches:
    """The last searches for duplicates, by what was asked of which index."""

    def __init__(self, cluster: Cluster, jobs: Jobs) -> None:
        self._cluster, self._jobs = cluster, jobs
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, float], int] = {}

    def ask(self, generation: Generation, kind: Kind, above: float, by: str, again: bool) -> JobState:
        """Return how the search stands, starting it where there is none yet."""
        check(generation, kind, above)
        key = (generation.index, kind, above)
        with self._lock:
            number = self._known.get(key)
            if number is not None:
                state = self._jobs.state(number)
                if state.state == "failed":
                    del self._known[key]  # told once; whoever asks again has it tried again
                if state.state == "running" or not again:
                    return state

            def work(job: Job) -> Any:
                stopped = job.stopped.is_set
                found = find_duplicates(self._cluster, generation, kind, above, progress=job.advance, stopped=stopped)
                return found.to_json()

            state = self._jobs.start("duplicates", by, work, count(self._cluster, generation.index))
            self._known[key] = state.id
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
            return state


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoint; it is for merchandisers."""
    searches = _Searches(context.cluster, context.desk.jobs)
    router = APIRouter(tags=["search"], dependencies=[Depends(need("merchandiser"))])

    @router.get("/v1/duplicates", summary="Groups of products with the same photo, or nearly; 202 until they are found")
    async def duplicates(
        request: Request,
        kind: Literal["photos", "texts"] = "photos",
        above: float = Query(ABOVE, ge=0.5, le=1),
        again: bool = False,
        alias: str | None = None,
    ) -> Response:
        def ask() -> JobState:
            generation = context.registry.live(alias or context.settings.alias).generation
            return searches.ask(generation, kind, above, who(request), again)

        state = await run_in_threadpool(ask)
        if state.state == "done":
            return _json({"state": "done", **state.result})
        if state.state == "failed":
            raise RequestError(f"the search for duplicates failed: {state.problem}", status=500)
        return _json(state.to_json(), 202)

    return router


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
